"""Entity extraction: spec 08 section 5.5. The first 512 characters are read; offsets count characters."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_serving.replies import RequestError
from openbml_serving.requests import check_text, read_text
from openbml_serving.tasks.text_models import TextModel

READ_CHARACTERS = 512
MOST_CHARACTERS = 4096

Tagged = tuple[int, int, str]


class EntityExtraction:
    def __init__(self, model: TextModel) -> None:
        self._model = model

    def answer(self, document: Mapping[str, Any], *, alone: bool) -> Mapping[str, Any]:
        check_text(document, "text")
        text = read_text(document, "text")
        if len(text) > MOST_CHARACTERS:
            raise RequestError("size_invalid")
        content = text[:READ_CHARACTERS]
        found = entities(self._model.tags(content, alone=alone))
        results = [{"span": content[start:end], "offset": start, "tag": tag} for start, end, tag in found]
        return {"content": content, "results": results}

    def warm_up(self) -> None:
        self._model.warm_up()


def load(folder: Path, *, cores: int) -> EntityExtraction:
    """Return the handler. Raises PlatformFault."""
    return EntityExtraction(TextModel(folder, cores=cores))


def entities(tagged: Sequence[Tagged]) -> Iterator[Tagged]:
    """Yield start, end and class of each entity of BIO or BIOES tags.

    An inside tag without its beginning, or of another class, begins an entity of its own.
    """
    open_entity: Tagged | None = None
    for start, end, tag in tagged:
        part, _, name = tag.partition("-")
        goes_on = open_entity is not None and part in ("I", "E") and open_entity[2] == name
        if goes_on and open_entity is not None:
            open_entity = (open_entity[0], end, name)
        else:
            if open_entity is not None:
                yield open_entity
            open_entity = (start, end, name) if name else None
        if open_entity is not None and part in ("E", "S"):
            yield open_entity
            open_entity = None
    if open_entity is not None:
        yield open_entity
