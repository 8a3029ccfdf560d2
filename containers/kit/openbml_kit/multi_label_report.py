"""The task's part of `report.json` (`openbml.report/1`) of an image classification with several labels an
image.

Sections and formulas: `docs/reference/reports.md` (spec 03 section 2.14).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from openbml_kit import classification_metrics as figures
from openbml_kit import hints
from openbml_kit.classification_metrics import ClassFigures, Flags, Scores
from openbml_kit.hints import UNITS_OF_IMAGES, Hint
from openbml_kit.label_errors import suspected_flags
from openbml_kit.report_basis import WRONG_EXAMPLES, Basis, EvaluatedSample, cautions, conclusion


@dataclass(frozen=True)
class MultiLabelEvaluation:
    """Scores of each label on its own, shape `(n, labels)`, 0 to 1; `true` says which labels an image has."""

    samples: Sequence[EvaluatedSample]
    scores: Scores
    true: Flags


def multi_label_figures(scores: Scores, true: Flags, *, threshold: float = 0.5) -> dict[str, float]:
    """Return the overall figures; all but `map` are of labels whose score is greater than the threshold."""
    accepted = scores > threshold
    hits, found, actual = int((accepted & true).sum()), int(accepted.sum()), int(true.sum())
    classes = figures.figures_above(threshold, scores, true)
    present = true.any(axis=0)
    return {
        "map": figures.mean_of(figures.average_precision(scores, true), present),
        "micro_f1": 2 * hits / (found + actual) if found + actual else 0.0,
        "micro_precision": hits / found if found else 0.0,
        "micro_recall": hits / actual if actual else 0.0,
        "macro_f1": figures.mean_of(classes.f1, present),
        "macro_precision": figures.mean_of(classes.precision, present),
        "macro_recall": figures.mean_of(classes.recall, present),
        "exact_match": float((accepted == true).all(axis=1).mean()) if len(true) else 0.0,
    }


def multi_label_report(
    evaluation: MultiLabelEvaluation,
    *,
    labels: Sequence[str],
    basis: Basis,
    training_counts: Sequence[int],
) -> dict[str, Any]:
    """Return the task's part of the report.

    Args:
        training_counts: training images of each label.
    """
    scores, true = evaluation.scores, evaluation.true
    curve = figures.threshold_curve(scores, true)
    threshold = figures.recommended_threshold(curve)
    overall = multi_label_figures(scores, true, threshold=threshold)
    accepted = scores > threshold
    classes = figures.figures_above(threshold, scores, true)
    wrong = (accepted != true).any(axis=1)
    warned = cautions(basis, training_counts, labels)
    return {
        "labels": list(labels),
        "basis": asdict(basis),
        "cautions": warned,
        "conclusion": _conclusion(overall, int((~wrong).sum()), basis, threshold, cautioned=bool(warned)),
        "overall": overall,
        "topk": {str(k): _top_k(scores, true, k) for k in range(1, 6)},
        "per_class": _per_class(evaluation, labels, classes, accepted, training_counts),
        "threshold_curve": [asdict(point) for point in curve],
        "recommended_threshold": threshold,
        "wrong_count": int(wrong.sum()),
        "wrong_examples": _wrong_examples(evaluation, accepted, labels),
        "hints": _hints(evaluation, accepted, classes, labels, training_counts),
    }


def _top_k(scores: Scores, true: Flags, k: int) -> float:
    """Return the share of images with a label of which one is among the k most confident."""
    labelled = true.any(axis=1)
    if not labelled.any():
        return 0.0
    best = np.argsort(-scores[labelled], axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(true[labelled], best, axis=1).any(axis=1).mean())


def _per_class(
    evaluation: MultiLabelEvaluation,
    labels: Sequence[str],
    classes: ClassFigures,
    accepted: Flags,
    training_counts: Sequence[int],
) -> list[dict[str, Any]]:
    scores, true = evaluation.scores, evaluation.true
    precision = figures.average_precision(scores, true)
    best = _best_thresholds(scores, true)
    return [
        {
            "label": label,
            "ap": None if np.isnan(precision[place]) else float(precision[place]),
            "threshold": best[place],
            "precision": float(classes.precision[place]),
            "recall": float(classes.recall[place]),
            "f1": float(classes.f1[place]),
            "support": int(classes.support[place]),
            "right": int((accepted & true)[:, place].sum()),
            "false_positives": int((accepted & ~true)[:, place].sum()),
            "missed": int((~accepted & true)[:, place].sum()),
            "training_count": training_counts[place],
        }
        for place, label in enumerate(labels)
    ]


def _best_thresholds(scores: Scores, true: Flags) -> list[float]:
    """Return for each label the threshold of its own highest F1; of equal ones that nearest to 0.5."""
    rows = [figures.figures_above(threshold, scores, true).f1 for threshold in figures.TESTED_THRESHOLDS]
    tested = np.array(figures.TESTED_THRESHOLDS)
    found = []
    for values in np.stack(rows).T:
        equal = tested[values == values.max()]
        found.append(float(equal[np.abs(equal - 0.5).argmin()]))
    return found


def _wrong_examples(
    evaluation: MultiLabelEvaluation, accepted: Flags, labels: Sequence[str]
) -> list[dict[str, Any]]:
    """Return images with a wrong or missed label, the most confident mistakes first."""
    scores, true = evaluation.scores, evaluation.true
    # How far on the wrong side a score is: a false label's score, what a missed one lacks.
    mistake = np.where(accepted & ~true, scores, np.where(~accepted & true, 1.0 - scores, 0.0))
    rows = np.flatnonzero((accepted != true).any(axis=1))
    rows = rows[np.argsort(-mistake[rows].max(axis=1, initial=0.0), kind="stable")][:WRONG_EXAMPLES]

    def listed(row: int, chosen: Flags) -> list[dict[str, Any]]:
        places = np.flatnonzero(chosen)
        places = places[np.argsort(-scores[row, places], kind="stable")]
        return [{"label": labels[place], "score": float(scores[row, place])} for place in places.tolist()]

    return [
        {
            "sample_id": evaluation.samples[row].sample_id,
            "name": evaluation.samples[row].name,
            "true": [labels[place] for place in np.flatnonzero(true[row]).tolist()],
            "predicted": [labels[place] for place in np.flatnonzero(accepted[row]).tolist()],
            "false_positives": listed(row, accepted[row] & ~true[row]),
            "missed": listed(row, ~accepted[row] & true[row]),
            "right": listed(row, accepted[row] & true[row]),
        }
        for row in rows.tolist()
    ]


def _hints(
    evaluation: MultiLabelEvaluation,
    accepted: Flags,
    classes: ClassFigures,
    labels: Sequence[str],
    training_counts: Sequence[int],
) -> list[Hint]:
    samples, true = evaluation.samples, evaluation.true
    missed, false = ~accepted & true, accepted & ~true
    # An image that misses one label and has another in its stead takes the one for the other.
    confusion = missed.astype(np.int64).T @ false.astype(np.int64) + np.diag((accepted & true).sum(axis=0))
    suspected = suspected_flags(evaluation.scores, true)

    def confused(one: int, other: int) -> list[EvaluatedSample]:
        return [samples[row] for row in np.flatnonzero(missed[:, one] & false[:, other]).tolist()]

    def mistakes(label: int) -> list[EvaluatedSample]:
        return [samples[row] for row in np.flatnonzero((accepted != true)[:, label]).tolist()]

    return [
        *hints.suspected_errors(
            list(dict.fromkeys(samples[row] for row, _ in suspected)),
            sorted({labels[label] for _, label in suspected}),
        ),
        *hints.confused_labels(confusion, labels, confused, unit_en="images", unit_zh="张图片"),
        *hints.labels_in_need(
            classes.f1,
            training_counts,
            classes.support.tolist(),
            labels,
            mistakes,
            figure_name="F1",
            **UNITS_OF_IMAGES,
        ),
        *hints.imbalance(training_counts, labels, **UNITS_OF_IMAGES),
    ]


def _conclusion(
    overall: dict[str, float], right: int, basis: Basis, threshold: float, *, cautioned: bool
) -> dict[str, str]:
    evaluated, (held_en, held_zh) = basis.evaluated_count, basis.names
    return conclusion(
        overall["map"],
        f"mean average precision {overall['map']:.1%}; {right} of {evaluated} {held_en} have exactly "
        "their labels "
        f"at threshold {threshold:g}",
        f"平均精度均值（mAP）为{overall['map']:.1%}，阈值{threshold:g}下{evaluated}张{held_zh}中"
        f"{right}张的标签完全正确",
        cautioned=cautioned,
    )
