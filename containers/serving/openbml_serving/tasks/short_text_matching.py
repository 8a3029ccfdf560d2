"""Short-text matching: spec 08 section 5.3. The score stands at the top level."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openbml_serving.requests import check_text, read_text
from openbml_serving.tasks.text_models import TextModel


class ShortTextMatching:
    def __init__(self, model: TextModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "text_a")
        check_text(document, "text_b")
        pair = read_text(document, "text_a"), read_text(document, "text_b")
        return {"score": float(self._model.scores(*pair, alone=alone)[0])}

    def warm_up(self) -> None:
        self._model.warm_up()


def load(folder: Path, *, cores: int) -> ShortTextMatching:
    """Return the handler. Raises PlatformFault."""
    return ShortTextMatching(TextModel(folder, cores=cores))
