"""What the page of a running job shows of an image with objects."""

from collections.abc import Sequence
from typing import Any

from openbml_kit.evaluated_objects import EvaluatedImage

# Least score and most objects of a live prediction: a progress record has at most 16,384 characters.
_SCORE = 0.25
_OBJECTS = 12


def live_prediction(image: EvaluatedImage, labels: Sequence[str]) -> dict[str, Any]:
    """Return the row of `VisionTask.predicted`: true and found boxes in pixels of the original image."""
    true, found = image.true, image.found
    places = (-found.scores).argsort(kind="stable")[:_OBJECTS].tolist()
    return {
        "sample_id": image.sample.sample_id,
        "name": image.sample.name,
        "true": [
            {"label": labels[int(class_index)], "box": _rounded(box)}
            for class_index, box in zip(true.classes, true.boxes, strict=True)
        ][:_OBJECTS],
        "predicted": [
            {
                "label": labels[int(found.classes[place])],
                "score": round(float(found.scores[place]), 4),
                "box": _rounded(found.boxes[place]),
            }
            for place in places
            if found.scores[place] >= _SCORE
        ],
    }


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(float(value), 1) for value in box]
