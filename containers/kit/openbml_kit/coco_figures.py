"""COCO's figures of found objects, by its own tools (pycocotools), and which found object is which true one.

Source: the COCO detection challenge's evaluation (Lin et al. 2014, arXiv 1405.0312; cocodataset.org,
detection evaluation): average precision over 101 recall points, thresholds of overlap 0.50 to 0.95 in steps
of 0.05, areas of 32 and 96 pixels squared between small, medium and large.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from openbml_kit.evaluated_objects import EvaluatedImage, FoundObjects, IouType, TrueObjects
from openbml_kit.object_matches import Matched

Figures = npt.NDArray[np.float64]

MOST_FOUND = 100
_MOST_FOUND = (1, 10, MOST_FOUND)
_AREAS = ("all", "small", "medium", "large")
_IOU_50, _IOU_75 = 0, 5  # places of the thresholds 0.50 and 0.75


@dataclass(frozen=True)
class CocoFigures:
    """What COCO's evaluation tells.

    Attributes:
        overall: `map`, `map50`, `map75`, `map_small`, `map_medium`, `map_large`, `ar_1`, `ar_10`, `ar_100`;
        None
            where no annotated object is of that size.
        ap, ap50: shape `(labels,)`; NaN for a label without an annotated object.
        precision: at IoU 0.5 over 101 recall points from 0 to 1, shape `(labels, 101)`; NaN likewise.
        matched: of each image, at IoU 0.5.
    """

    overall: dict[str, float | None]
    ap: Figures
    ap50: Figures
    precision: Figures
    matched: Sequence[Matched]


def coco_figures(images: Sequence[EvaluatedImage], *, label_count: int, iou_type: IouType) -> CocoFigures:
    """Evaluate; of each image and label the 100 most certain objects count."""
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints as it goes
        evaluation = COCOeval(
            _truth(images, label_count, iou_type), _findings(images, label_count, iou_type), iou_type
        )
        evaluation.params.maxDets = list(_MOST_FOUND)
        evaluation.evaluate()
        evaluation.accumulate()
    # Shapes (thresholds, 101, labels, areas, limits) and (thresholds, labels, areas, limits); -1: nothing
    # to find.
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    absent = precision[_IOU_50, 0, :, 0, -1] < 0
    overall = {
        "map": _mean(precision[..., 0, -1]),
        "map50": _mean(precision[_IOU_50, ..., 0, -1]),
        "map75": _mean(precision[_IOU_75, ..., 0, -1]),
        **{
            f"map_{area}": _mean(precision[..., place, -1])
            for place, area in enumerate(_AREAS)
            if area != "all"
        },
        **{f"ar_{most}": _mean(recall[..., 0, place]) for place, most in enumerate(_MOST_FOUND)},
    }
    at_50 = precision[_IOU_50, :, :, 0, -1].T
    return CocoFigures(
        overall=overall,
        ap=np.where(absent, np.nan, precision[..., 0, -1].mean(axis=(0, 1))),
        ap50=np.where(absent, np.nan, at_50.mean(axis=1)),
        precision=np.where(absent[:, None], np.nan, at_50),
        matched=_matched(images, evaluation),
    )


def overlaps(true: TrueObjects, found: FoundObjects, image: EvaluatedImage, *, iou_type: IouType) -> Figures:
    """Return the overlap (IoU) of each found object with each true one, shape `(found, true)`."""
    if not len(found.classes) or not len(true.classes):
        return np.zeros((len(found.classes), len(true.classes)))
    crowd = true.is_crowd.astype(np.uint8).tolist()
    if iou_type == "bbox":
        return np.asarray(coco_masks.iou(_corner_and_size(found.boxes), _corner_and_size(true.boxes), crowd))
    return np.asarray(coco_masks.iou(_lengths(found.masks, image), _lengths(true.masks, image), crowd))


def _mean(values: Figures) -> float | None:
    told = values[values > -1]
    return round(float(told.mean()), 9) if told.size else None


def _truth(images: Sequence[EvaluatedImage], label_count: int, iou_type: IouType) -> COCO:
    rows = []
    for number, image in enumerate(images, start=1):
        for place, row in enumerate(_rows(number, image, image.true, iou_type)):
            rows.append({**row, "id": len(rows) + 1, "iscrowd": int(image.true.is_crowd[place])})
    return _indexed(images, label_count, rows)


def _findings(images: Sequence[EvaluatedImage], label_count: int, iou_type: IouType) -> COCO:
    rows = []
    for number, image in enumerate(images, start=1):
        for place, row in enumerate(_rows(number, image, image.found, iou_type)):
            rows.append({**row, "id": len(rows) + 1, "score": float(image.found.scores[place])})
    return _indexed(images, label_count, rows)


def _indexed(images: Sequence[EvaluatedImage], label_count: int, rows: list[dict[str, object]]) -> COCO:
    coco = COCO()
    coco.dataset = {
        "images": [
            {"id": number, "width": image.width, "height": image.height}
            for number, image in enumerate(images, start=1)
        ],
        "categories": [{"id": number, "name": str(number)} for number in range(1, label_count + 1)],
        "annotations": rows,
    }
    coco.createIndex()
    return coco


def _rows(
    number: int, image: EvaluatedImage, objects: TrueObjects | FoundObjects, iou_type: IouType
) -> list[dict[str, object]]:
    if not len(objects.classes):
        return []
    boxes = _corner_and_size(objects.boxes)
    lengths = _lengths(objects.masks, image) if iou_type == "segm" else []
    areas = coco_masks.area(lengths) if lengths else boxes[:, 2] * boxes[:, 3]
    return [
        {
            "image_id": number,
            "category_id": int(objects.classes[place]) + 1,
            "bbox": boxes[place].tolist(),
            "area": float(areas[place]),
            **({"segmentation": lengths[place]} if lengths else {}),
        }
        for place in range(len(objects.classes))
    ]


def _corner_and_size(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return x, y, width, height, as COCO writes boxes."""
    whole = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    return np.concatenate((whole[:, :2], whole[:, 2:] - whole[:, :2]), axis=1)


def _lengths(masks: Sequence[str], image: EvaluatedImage) -> list[dict[str, object]]:
    return [{"size": [image.height, image.width], "counts": text} for text in masks]


def _matched(images: Sequence[EvaluatedImage], evaluation: COCOeval) -> list[Matched]:
    """Return COCO's own pairs at IoU 0.5; its ids count objects from 1 over all images."""
    first_true = np.cumsum([1, *(len(image.true.classes) for image in images)])
    first_found = np.cumsum([1, *(len(image.found.classes) for image in images)])
    matched = [Matched.nothing(len(image.found.classes)) for image in images]
    for row in evaluation.evalImgs:
        if row is None or row["aRng"] != evaluation.params.areaRng[0]:
            continue
        place = row["image_id"] - 1
        found = np.asarray(row["dtIds"], dtype=np.int64) - first_found[place]
        partner = row["dtMatches"][_IOU_50].astype(np.int64)
        matched[place].true_of_found[found] = np.where(partner > 0, partner - first_true[place], -1)
        matched[place].counts[found] = ~row["dtIgnore"][_IOU_50].astype(np.bool_)
    return matched
