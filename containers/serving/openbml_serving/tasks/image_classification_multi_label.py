"""Image classification, multi label: spec 03 section 10.4. The answer holds what is above the threshold."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from openbml_serving.requests import check_text, read_share
from openbml_serving.tasks.class_scores import named_scores, require_a_score_for_each_label
from openbml_serving.tasks.image_models import ImageModel


class MultiLabelClassification:
    def __init__(self, model: ImageModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "image")
        threshold = read_share(document, "threshold", default=self._model.threshold)
        view = self._model.central_square(document)
        scores = self._model.outputs_of(view, alone=alone)["scores"][0]
        order = np.argsort(-scores, kind="stable")
        return {"results": named_scores(self._model.labels, scores, order[scores[order] > threshold])}

    def warm_up(self) -> None:
        require_a_score_for_each_label(self._model)


def load(model: ImageModel) -> MultiLabelClassification:
    """Return the handler.

    Raises:
        PlatformFault: the model is of another task.
    """
    model.require("scores")
    return MultiLabelClassification(model)
