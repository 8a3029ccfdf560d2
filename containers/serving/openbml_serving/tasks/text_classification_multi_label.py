"""Text classification, multi label: spec 08 section 5.2. Any number is a threshold; 6 leaves nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from openbml_serving.requests import check_text, read_number, read_text
from openbml_serving.tasks.class_scores import named_scores
from openbml_serving.tasks.text_models import TextModel


class MultiLabelTextClassification:
    def __init__(self, model: TextModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "text")
        manifest = self._model.manifest
        threshold = read_number(document, "threshold", default=manifest.recommended_threshold)
        scores = self._model.scores(read_text(document, "text"), alone=alone)
        order = np.argsort(-scores, kind="stable")
        return {"results": named_scores(manifest.labels, scores, order[scores[order] >= threshold])}

    def warm_up(self) -> None:
        self._model.warm_up()


def load(folder: Path, *, cores: int) -> MultiLabelTextClassification:
    """Return the handler. Raises PlatformFault."""
    return MultiLabelTextClassification(TextModel(folder, cores=cores))
