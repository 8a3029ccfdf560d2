"""Image classification, single label: spec 03 section 10.3, spec 08 sections 4.2-4.3 and 9.2."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from openbml_serving.requests import check_text, read_positive_integer
from openbml_serving.tasks.class_scores import named_scores, require_a_score_for_each_label
from openbml_serving.tasks.image_models import ImageModel


class ImageClassification:
    def __init__(self, model: ImageModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "image")
        top_num = read_positive_integer(document, "top_num", default=self._model.top_num)
        view = self._model.central_square(document)
        scores = self._model.outputs_of(view, alone=alone)["scores"][0]
        best = np.argsort(-scores, kind="stable")[:top_num]
        return {"results": named_scores(self._model.labels, scores, best)}

    def warm_up(self) -> None:
        require_a_score_for_each_label(self._model)


def load(model: ImageModel) -> ImageClassification:
    """Return the handler.

    Raises:
        PlatformFault: the model is of another task.
    """
    model.require("scores")
    return ImageClassification(model)
