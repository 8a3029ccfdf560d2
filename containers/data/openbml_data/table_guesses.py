"""Types of columns, guessed over all rows: what `type_of_text` says, mostly without asking it."""

from typing import Any

import pyarrow.compute as pc

from openbml_formats.tables.column_types import (
    BIGINT,
    DATE,
    DOUBLE,
    STRING,
    TIMESTAMP,
    UUID,
    ColumnType,
    widest_type,
)
from openbml_formats.tables.values import type_of_text

# Days that every month has.
_DAY = r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
# Spellings that leave no doubt; `type_of_text` decides on all others. Leading zeros make a code, thus a text.
_CERTAIN = {
    BIGINT: r"^(?:0|-?[1-9][0-9]{0,17})$",
    DOUBLE: r"^-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][+-]?[0-9]{1,2})?$",
    DATE: f"^{_DAY}$",
    TIMESTAMP: rf"^{_DAY}[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{{1,6}})?)?$",
    UUID: r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
}
_FEW = 1_000


class TypeGuess:
    """The type of one column as far as it has been seen; text ends the search."""

    def __init__(self) -> None:
        self._found: ColumnType | None = None

    @property
    def type(self) -> ColumnType:
        return self._found or STRING

    def add(self, texts: Any) -> None:
        if self._found == STRING:
            return
        rest = texts.drop_null()
        certain = sorted(_CERTAIN, key=lambda column_type: column_type != self._found)
        for column_type in certain:
            if not len(rest):
                return
            rest = self._without(rest, column_type)
            if self._found == STRING:
                return
        self._ask(rest)

    def _without(self, texts: Any, column_type: ColumnType) -> Any:
        """Take note of the texts that are certainly of the type and return the others."""
        follows = pc.match_substring_regex(texts, _CERTAIN[column_type])
        if pc.any(follows).as_py():
            self._merge(column_type)
            return texts.filter(pc.invert(follows))
        return texts

    def _ask(self, texts: Any) -> None:
        different = pc.unique(texts)
        for start in range(0, len(different), _FEW):
            for text in different[start : start + _FEW].to_pylist():
                column_type = type_of_text(text)
                if column_type is not None:
                    self._merge(column_type)
                if self._found == STRING:
                    return

    def _merge(self, column_type: ColumnType) -> None:
        self._found = column_type if self._found is None else widest_type(self._found, column_type)
