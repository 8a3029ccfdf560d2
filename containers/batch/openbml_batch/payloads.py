"""How a file or a row becomes a request: the required field of the task's prediction API says it."""

import base64
from collections.abc import Sequence
from enum import StrEnum

from openbml_batch.items import Document, refused
from openbml_catalog.prediction_apis import PredictionApi

# Spec 08 section 4.3: "4M", counted in characters of Base64 or in bytes of text.
_MOST_CHARACTERS = 4_194_304


class Kind(StrEnum):
    BINARY = "binary"  # Base64 in a field
    TEXT = "text"
    ROWS = "rows"  # a table's, many in one request
    NONE = "none"  # the API has no such field: only whole request bodies fit


_KINDS = {"image": Kind.BINARY, "sound": Kind.BINARY, "text": Kind.TEXT, "data": Kind.ROWS}


class Payload:
    """What an API's requests carry.

    Args:
        undecodable: the error of a text that is not UTF-8.
    """

    def __init__(self, api: PredictionApi | None, *, undecodable: str = "invalid_argument") -> None:
        required = [field.name for field in api.request if field.required] if api else []
        self.required: Sequence[str] = required
        self.field = next((name for name in required if name in _KINDS), "")
        self.kind = _KINDS.get(self.field, Kind.NONE)
        self._undecodable = undecodable

    @property
    def takes_files(self) -> bool:
        return self.kind in (Kind.BINARY, Kind.TEXT) and len(self.required) == 1

    @property
    def most_bytes(self) -> int:
        """Of a file's content; a larger one is answered with the API's own error, unread."""
        return _MOST_CHARACTERS if self.kind is Kind.TEXT else _MOST_CHARACTERS // 4 * 3

    def check_size(self, size: int) -> None:
        """Raises ItemError."""
        if size > self.most_bytes:
            raise refused("size_invalid", f"{size} bytes, at most {self.most_bytes} are answered")

    def document(self, content: bytes) -> Document:
        """Return the request of a file. Raises ItemError."""
        if self.kind is Kind.BINARY:
            return {self.field: base64.b64encode(content).decode()}
        try:
            return {self.field: content.decode("utf-8-sig")}
        except UnicodeDecodeError as error:
            raise refused(self._undecodable) from error
