"""Semantic segmentation: not in the manual; an answer per label that occurs, with the mask of all its pixels.

The fields are those of instance segmentation without `location` (docs/reference/prediction-vision.md).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from openbml_kit.faults import PlatformFault
from openbml_kit.letterbox import Letterbox, letterboxed
from openbml_kit.run_lengths import encode_mask
from openbml_serving.requests import check_text, read_share
from openbml_serving.sessions import Arrays
from openbml_serving.tasks.image_models import ImageModel

# Class 0 of a map is the background; label number i is class i + 1.
_BEFORE_LABELS = 1


class SemanticSegmentation:
    def __init__(self, model: ImageModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "image")
        threshold = read_share(document, "threshold", default=self._model.threshold)
        view, place = letterboxed(self._model.picture(document), self._model.size)
        outputs = self._model.outputs_of(view, alone=alone)
        results = [row for row in self._labels_in(outputs, place) if row["score"] > threshold]
        return {"results": sorted(results, key=lambda row: -row["score"])}

    def warm_up(self) -> None:
        size = self._model.size
        shape = self._model.warm_up()["class_scores"].shape
        if shape != (1, len(self._model.labels) + _BEFORE_LABELS, size, size):
            raise PlatformFault(
                f"the model gives scores of shape {shape} for {len(self._model.labels)} labels and the "
                f"background, {size} pixels wide and high"
            )

    def _labels_in(self, outputs: Arrays, place: Letterbox) -> Iterator[dict[str, Any]]:
        """Yield each label that some pixel has; its score is the mean of its pixels' scores."""
        classes, scores = place.scores_to_image(outputs["class_scores"][0])
        present = np.bincount(classes.ravel(), minlength=len(self._model.labels) + _BEFORE_LABELS)
        for number, label in enumerate(self._model.labels, start=_BEFORE_LABELS):
            if present[number]:
                mask = classes == number
                score = float(scores[mask].mean(dtype=np.float64))
                yield {"name": label, "score": score, "mask": encode_mask(mask)}


def load(model: ImageModel) -> SemanticSegmentation:
    """Return the handler.

    Raises:
        PlatformFault: the model is of another task.
    """
    model.require("class_scores")
    return SemanticSegmentation(model)
