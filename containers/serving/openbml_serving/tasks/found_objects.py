"""Objects that a graph finds, as detection and instance segmentation answer them (spec 03 section 10.5)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.faults import PlatformFault
from openbml_kit.letterbox import Letterbox
from openbml_serving.requests import check_text, read_share
from openbml_serving.sessions import Arrays
from openbml_serving.tasks.image_models import ImageModel

# Decimals of a coordinate, in pixels of the picture.
_DECIMALS = 2


@dataclass(frozen=True)
class FoundObject:
    """One object: its fields of the answer, and where the graph has it.

    Attributes:
        index: place among the graph's objects.
        square_box: x1, y1, x2, y2 in pixels of the square.
    """

    fields: dict[str, Any]
    index: int
    square_box: tuple[float, float, float, float]


def found_objects(
    model: ImageModel, document: Mapping[str, Any], *, alone: bool
) -> tuple[list[FoundObject], Arrays, Letterbox]:
    """Return the request's objects above the threshold, the most certain first.

    Raises:
        RequestError: the request is wrong.
    """
    check_text(document, "image")
    threshold = read_share(document, "threshold", default=model.threshold)
    view, place = model.letterboxed(document)
    outputs = model.outputs_of(view, alone=alone)
    return list(_above(outputs, threshold, place, model.labels)), outputs, place


def _above(outputs: Arrays, threshold: float, place: Letterbox, labels: list[str]) -> Iterator[FoundObject]:
    scores = outputs["scores"]
    square = outputs["boxes"].reshape(-1, 4).astype(np.float32)
    boxes = place.to_image(square)
    order = np.argsort(-scores, kind="stable")
    for index in order[scores[order] > threshold].tolist():
        location = _location(boxes[index])
        if location["width"] > 0 and location["height"] > 0:  # one beside the picture has no size in it
            name = labels[int(outputs["classes"][index])]
            fields = {"name": name, "score": float(scores[index]), "location": location}
            x1, y1, x2, y2 = (float(value) for value in square[index])
            yield FoundObject(fields, index, (x1, y1, x2, y2))


def _location(box: npt.NDArray[np.float32]) -> dict[str, float]:
    left, top, right, bottom = (round(float(value), _DECIMALS) for value in box)
    return {
        "left": left,
        "top": top,
        "width": round(right - left, _DECIMALS),
        "height": round(bottom - top, _DECIMALS),
    }


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
