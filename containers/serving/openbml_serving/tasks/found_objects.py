"""Objects that a graph finds, as detection and instance segmentation answer them (spec 03 section 10.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.faults import PlatformFault
from openbml_kit.picture_views import PictureView, picture_views
from openbml_kit.tiling import merged
from openbml_serving.requests import check_text, read_share
from openbml_serving.sessions import Arrays
from openbml_serving.tasks.image_models import ImageModel

# Decimals of a coordinate, in pixels of the picture.
_DECIMALS = 2


@dataclass(frozen=True)
class Sight:
    """Where the graph has an object: its place among the outputs of one view of the picture."""

    view: PictureView
    outputs: Arrays
    index: int


@dataclass(frozen=True)
class FoundObject:
    """One object: its fields of the answer, and where they come from."""

    fields: dict[str, Any]
    sight: Sight


@dataclass(frozen=True)
class _Candidates:
    """Objects above the threshold; boxes (k, 4) in pixels of the picture, scores (k,), classes (k,)."""

    sights: list[Sight]
    boxes: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]


def found_objects(model: ImageModel, document: Mapping[str, Any], *, alone: bool) -> list[FoundObject]:
    """Return the request's objects above the threshold, the most certain first.

    Raises:
        RequestError: the request is wrong.
    """
    check_text(document, "image")
    threshold = read_share(document, "threshold", default=model.threshold)
    picture = model.picture(document)
    looked_at = picture_views(picture.width, picture.height, tile=model.tile, size=model.size)
    seen = [
        _above(threshold, view, model.outputs_of(view.pixels(picture), alone=alone)) for view in looked_at
    ]
    found = _joined(seen)
    if len(looked_at) == 1:
        order = np.argsort(-found.scores, kind="stable")
    else:
        order = merged(found.boxes, found.scores, found.classes)
    return [
        FoundObject(
            {
                "name": model.labels[int(found.classes[place])],
                "score": float(found.scores[place]),
                "location": _location(found.boxes[place]),
            },
            found.sights[place],
        )
        for place in order.tolist()
    ]


def require_objects(model: ImageModel) -> None:
    """Compute once and check the answer's shapes.

    Raises:
        PlatformFault: boxes, scores and classes do not belong together, or a class has no label.
    """
    outputs = model.warm_up()
    count = len(outputs["scores"])
    if outputs["boxes"].shape != (count, 4) or len(outputs["classes"]) != count:
        shapes = {name: array.shape for name, array in outputs.items()}
        raise PlatformFault(f"the model's objects do not belong together: {shapes}")
    if count and not 0 <= outputs["classes"].min() <= outputs["classes"].max() < len(model.labels):
        raise PlatformFault(f"the model finds classes that are none of its {len(model.labels)} labels")


def _above(threshold: float, view: PictureView, outputs: Arrays) -> _Candidates:
    boxes, shown = view.in_picture(outputs["boxes"].reshape(-1, 4).astype(np.float32))
    scores = outputs["scores"].astype(np.float64)[shown]
    certain = np.flatnonzero(scores > threshold)
    return _Candidates(
        [Sight(view, outputs, index) for index in shown[certain].tolist()],
        boxes[certain],
        scores[certain],
        outputs["classes"][shown][certain].astype(np.int64),
    )


def _joined(seen: list[_Candidates]) -> _Candidates:
    return _Candidates(
        [sight for each in seen for sight in each.sights],
        np.concatenate([each.boxes for each in seen]),
        np.concatenate([each.scores for each in seen]),
        np.concatenate([each.classes for each in seen]),
    )


def _location(box: npt.NDArray[np.float64]) -> dict[str, float]:
    left, top, right, bottom = (round(float(value), _DECIMALS) for value in box)
    return {
        "left": left,
        "top": top,
        "width": round(right - left, _DECIMALS),
        "height": round(bottom - top, _DECIMALS),
    }
