"""Text classification, single label: spec 08 section 5.1."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from openbml_serving.requests import check_text, read_positive_integer, read_text
from openbml_serving.tasks.class_scores import named_scores
from openbml_serving.tasks.text_models import TextModel


class TextClassification:
    def __init__(self, model: TextModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "text")
        manifest = self._model.manifest
        top_num = read_positive_integer(document, "top_num", default=manifest.top_num_default)
        scores = self._model.scores(read_text(document, "text"), alone=alone)
        best = np.argsort(-scores, kind="stable")[:top_num]
        return {"results": named_scores(manifest.labels, scores, best)}

    def warm_up(self) -> None:
        self._model.warm_up()


def load(folder: Path, *, cores: int) -> TextClassification:
    """Return the handler. Raises PlatformFault."""
    return TextClassification(TextModel(folder, cores=cores))
