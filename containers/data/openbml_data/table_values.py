"""Texts to values a column at a time: what `cell_value` says of each cell, mostly without asking it.

Arrow reads cells that follow a type's usual spelling; `cell_value` is asked of the others, each text once.
"""

from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from openbml_formats.tables.column_types import INTEGER_BITS, ColumnType, TypeName
from openbml_formats.tables.values import CELL_CHARACTERS, LARGEST_FLOAT, CellError, cell_value

_PLAIN_TYPES = {
    TypeName.SMALLINT: pa.int16(),
    TypeName.INT: pa.int32(),
    TypeName.BIGINT: pa.int64(),
    TypeName.FLOAT: pa.float32(),
    TypeName.DOUBLE: pa.float64(),
    TypeName.DATE: pa.date32(),
    TypeName.TIMESTAMP: pa.timestamp("us"),  # UTC, as `cell_value` has it
    TypeName.UUID: pa.string(),
    TypeName.STRING: pa.string(),
}
_DAY = r"[1-9][0-9]{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?"
# Usual spellings: Arrow reads all that follow them as `cell_value` does.
_USUAL = {
    TypeName.SMALLINT: r"^-?[0-9]{1,18}$",
    TypeName.INT: r"^-?[0-9]{1,18}$",
    TypeName.BIGINT: r"^-?[0-9]{1,18}$",
    TypeName.FLOAT: r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$",
    TypeName.DOUBLE: r"^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$",
    TypeName.DATE: f"^{_DAY}$",
    TypeName.TIMESTAMP: f"^{_DAY}[T ]{_CLOCK}$",
    TypeName.UUID: r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
}
_NO_TEXT = pa.scalar(None, pa.string())


class Column(NamedTuple):
    """Values of one column of a batch; `bad` tells by row what could not be taken as it was."""

    values: Any
    bad: dict[int, CellError]


def arrow_type(column_type: ColumnType) -> Any:
    """Return how values of the type are kept in Parquet."""
    if column_type.name is TypeName.DECIMAL:
        return pa.decimal128(column_type.precision, column_type.scale)
    return _PLAIN_TYPES[column_type.name]


def usual_spelling(column_type: ColumnType) -> str | None:
    """Return the pattern of cells that need no second look; None where there is none."""
    if column_type.name is TypeName.DECIMAL:
        precision, scale = column_type.precision or 0, column_type.scale or 0
        if precision == scale:
            return None
        return rf"^-?[0-9]{{1,{precision - scale}}}" + (rf"(?:\.[0-9]{{1,{scale}}})?$" if scale else "$")
    return _USUAL[column_type.name]


def column_values(cells: Any, column_type: ColumnType) -> Column:
    """Return what a column's cells say; None and a reason where one says nothing that its type can hold.

    Texts that are too long come cut, as their rows may stay. Cells that have a type already, as Parquet's
    have, are read as they would be written.
    """
    if column_type.name is not TypeName.STRING and cells.type == arrow_type(column_type) != pa.string():
        return Column(cells, {})
    texts = cells if cells.type == pa.string() else pc.cast(cells, pa.string())
    if column_type.name is TypeName.STRING:
        return _checked_texts(texts)
    values = _read_by_arrow(texts, column_type)
    open_cells = pc.and_(pc.is_valid(texts), pc.is_null(values))
    if not pc.any(open_cells).as_py():
        return Column(values, {})
    return _read_each(texts, values, open_cells, column_type)


def _checked_texts(texts: Any) -> Column:
    longest = pc.max(pc.binary_length(texts)).as_py() or 0
    if longest <= CELL_CHARACTERS:
        return Column(texts, {})
    too_long = pc.greater(pc.utf8_length(texts), CELL_CHARACTERS)
    bad = {place: _too_long(texts[place].as_py()) for place in _places(too_long)}
    return Column(pc.utf8_slice_codeunits(texts, 0, CELL_CHARACTERS) if bad else texts, bad)


def _too_long(text: str) -> CellError:
    return CellError("cell_too_long", f"has {len(text)} characters, at most {CELL_CHARACTERS} are allowed")


def _places(mask: Any) -> list[int]:
    places: list[int] = pc.indices_nonzero(mask).to_pylist()
    return places


def _read_by_arrow(texts: Any, column_type: ColumnType) -> Any:
    """Return the values of usually spelled cells, null for all others."""
    wanted = arrow_type(column_type)
    pattern = usual_spelling(column_type)
    if pattern is None:
        return pa.nulls(len(texts), wanted)
    usual = _matching(texts, pattern)
    if column_type.name is TypeName.UUID:
        return usual
    if column_type.name in INTEGER_BITS:
        return _in_range(pc.cast(usual, pa.int64()), wanted, INTEGER_BITS[column_type.name])
    if column_type.name in (TypeName.FLOAT, TypeName.DOUBLE):
        return _finite(pc.cast(usual, pa.float64()), wanted)
    try:
        return pc.cast(usual, wanted)
    except pa.ArrowInvalid:  # a 30 February, for one
        return pa.nulls(len(texts), wanted)


def _matching(texts: Any, pattern: str) -> Any:
    follows = pc.match_substring_regex(texts, pattern)
    return texts if pc.all(follows).as_py() in (True, None) else pc.if_else(follows, texts, _NO_TEXT)


def _in_range(values: Any, wanted: Any, bits: int) -> Any:
    if bits == 64:
        return values
    limit = 1 << (bits - 1)
    inside = pc.and_(pc.greater_equal(values, -limit), pc.less(values, limit))
    return pc.cast(pc.if_else(inside, values, pa.scalar(None, pa.int64())), wanted)


def _finite(values: Any, wanted: Any) -> Any:
    limit = LARGEST_FLOAT if wanted == pa.float32() else float("inf")
    size = pc.abs(values)
    inside = pc.less_equal(size, limit) if wanted == pa.float32() else pc.less(size, limit)
    if pc.all(inside).as_py() is False:
        values = pc.if_else(inside, values, pa.scalar(None, pa.float64()))
    return values if wanted == pa.float64() else pc.cast(values, wanted, safe=False)


def _read_each(texts: Any, values: Any, open_cells: Any, column_type: ColumnType) -> Column:
    """Ask `cell_value` for every different text that is still open."""
    encoded = pc.dictionary_encode(pc.if_else(open_cells, texts, _NO_TEXT))
    errors: dict[int, CellError] = {}
    read: list[Any] = []
    for number, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            read.append(cell_value(text, column_type))
        except CellError as error:
            errors[number] = error
            read.append(None)
    answers = pa.array(read, arrow_type(column_type))
    merged = pc.coalesce(values, answers.take(encoded.indices))
    return Column(merged, _bad_places(encoded.indices, errors))


def _bad_places(indices: Any, errors: dict[int, CellError]) -> dict[int, CellError]:
    if not errors:
        return {}
    bad = pc.is_in(indices, value_set=pa.array(list(errors), indices.type))
    places = _places(bad)
    return dict(zip(places, (errors[indices[place].as_py()] for place in places), strict=True))
