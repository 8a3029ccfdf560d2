"""Sequence labelling: spec 08 section 5.4. One label for each of at most 512 words between spaces."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openbml_serving.replies import RequestError
from openbml_serving.requests import check_text, read_text
from openbml_serving.tasks.text_models import TextModel

MOST_WORDS = 512


class SequenceLabelling:
    def __init__(self, model: TextModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "text")
        words = read_text(document, "text").split()
        if not words:
            raise RequestError("parameter_missing")
        if len(words) > MOST_WORDS:
            raise RequestError("size_invalid")
        return {"raw_text": words, "label": self._model.word_tags(words, alone=alone)}

    def warm_up(self) -> None:
        self._model.warm_up()


def load(folder: Path, *, cores: int) -> SequenceLabelling:
    """Return the handler. Raises PlatformFault."""
    return SequenceLabelling(TextModel(folder, cores=cores))
