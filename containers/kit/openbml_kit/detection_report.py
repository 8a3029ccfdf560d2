"""The task's part of `report.json` (`openbml.report/1`) of object detection and instance segmentation.

Sections and formulas: `docs/reference/reports.md` (spec 03 section 2.14).
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from openbml_kit.classification_metrics import recommended_threshold
from openbml_kit.coco_figures import CocoFigures, coco_figures, overlaps
from openbml_kit.evaluated_objects import EvaluatedImage, IouType
from openbml_kit.object_hints import object_hints
from openbml_kit.object_matches import (
    Judged,
    LabelFigures,
    confusion_counts,
    figures_at,
    judged,
    threshold_curve,
)
from openbml_kit.report_basis import Basis, cautions, conclusion
from openbml_kit.wrong_objects import wrong_count, wrong_examples

BACKGROUND = "background"


def detection_figures(
    images: Sequence[EvaluatedImage], *, label_count: int, iou_type: IouType
) -> dict[str, float]:
    """Return COCO's figures for the end of an epoch: `map50`, `map` …; 0 where there is nothing to find."""
    overall = coco_figures(images, label_count=label_count, iou_type=iou_type).overall
    return {name: value or 0.0 for name, value in overall.items()}


def detection_report(
    images: Sequence[EvaluatedImage],
    *,
    labels: Sequence[str],
    iou_type: IouType,
    basis: Basis,
    training_counts: Sequence[int],
) -> dict[str, Any]:
    """Return the task's part of the report.

    Args:
        iou_type: `bbox` of object detection, `segm` of instance segmentation.
        training_counts: training objects of each label.
    """
    coco = coco_figures(images, label_count=len(labels), iou_type=iou_type)
    curve = threshold_curve(images, coco.matched, len(labels))
    threshold = recommended_threshold(curve)
    figures = figures_at(threshold, images, coco.matched, len(labels))
    judgements = [
        judged(threshold, image, pairs, overlaps(image.true, image.found, image, iou_type=iou_type))
        for image, pairs in zip(images, coco.matched, strict=True)
    ]
    best = next(point for point in curve if point.threshold == threshold)
    counts = confusion_counts(images, judgements, len(labels))
    warned = cautions(basis, training_counts, labels, counted="objects")
    return {
        "labels": list(labels),
        "basis": asdict(basis),
        "cautions": warned,
        "conclusion": _conclusion(coco, judgements, figures, basis, threshold, cautioned=bool(warned)),
        "overall": {**coco.overall, "precision": best.precision, "recall": best.recall, "f1": best.f1},
        "per_class": _per_class(labels, coco, figures, training_counts),
        "pr_curves": _pr_curves(labels, coco),
        "threshold_curve": [asdict(point) for point in curve],
        "recommended_threshold": threshold,
        "confusion_matrix": {"labels": [*labels, BACKGROUND], "counts": counts.tolist()},
        "wrong_count": wrong_count(judgements),
        "wrong_examples": wrong_examples(images, judgements, labels),
        "hints": object_hints(
            images,
            judgements,
            labels=labels,
            confusion=counts,
            f1=figures.f1,
            training_counts=training_counts,
        ),
    }


def _per_class(
    labels: Sequence[str], coco: CocoFigures, figures: LabelFigures, training_counts: Sequence[int]
) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "ap50": _told(coco.ap50[index]),
            "ap": _told(coco.ap[index]),
            "precision": float(figures.precision[index]),
            "recall": float(figures.recall[index]),
            "f1": float(figures.f1[index]),
            "support": int(figures.support[index]),
            "training_count": training_counts[index],
        }
        for index, label in enumerate(labels)
    ]


def _pr_curves(labels: Sequence[str], coco: CocoFigures) -> list[dict[str, Any]]:
    """Return precision over recall at IoU 0.5; labels without a true object are left out."""
    recall = [round(step / 100, 2) for step in range(101)]
    return [
        {"label": label, "recall": recall, "precision": coco.precision[index].round(4).tolist()}
        for index, label in enumerate(labels)
        if not np.isnan(coco.ap50[index])
    ]


def _told(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _conclusion(
    coco: CocoFigures,
    judgements: Sequence[Judged],
    figures: LabelFigures,
    basis: Basis,
    threshold: float,
    *,
    cautioned: bool,
) -> dict[str, str]:
    right, total = sum(len(row.right) for row in judgements), int(figures.support.sum())
    map50, (held_en, held_zh) = coco.overall["map50"] or 0.0, basis.names
    return conclusion(
        map50,
        f"{right} of {total} objects on {basis.evaluated_count} {held_en} are found at threshold "
        f"{threshold:g}, "
        f"mAP50 {map50:.1%}",
        f"{basis.evaluated_count}张{held_zh}的{total}个目标中，阈值{threshold:g}下识别出{right}个，"
        f"mAP50为{map50:.1%}",
        cautioned=cautioned,
    )
