"""Counts of a table's columns, taken by Arrow: the job's way to profiles and target analysis."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from openbml_formats.tables.column_counts import MOST_VALUES, ColumnCounts
from openbml_formats.tables.column_types import (
    BIGINT,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    ColumnType,
    decimal,
)
from openbml_tabular.examples import Rows

_MISSING = -1
_FINGERPRINTED = 1000


class Distinct(NamedTuple):
    """A column as its different values and, for each row, which one it has.

    Attributes:
        values: without null.
        codes: shape (rows,), int32; -1 where the row has none.
    """

    values: pa.Array
    codes: npt.NDArray[np.int32]

    def of_rows(self, rows: Rows) -> "Distinct":
        """Return the values that some rows have."""
        codes = self.codes[rows]
        seen = np.bincount(codes + 1, minlength=len(self.values) + 1)[1:] > 0
        places = np.append(np.cumsum(seen) - 1, _MISSING).astype(np.int32)
        return Distinct(self.values.filter(pa.array(seen)), places[codes])


def column_type(arrow_type: pa.DataType) -> ColumnType:
    """Return the column type of an Arrow type; truth values and what is none of ours are text."""
    if pa.types.is_dictionary(arrow_type):
        return column_type(arrow_type.value_type)
    if pa.types.is_decimal(arrow_type):
        return decimal(arrow_type.precision, max(arrow_type.scale, 0))
    if pa.types.is_integer(arrow_type):
        return SMALLINT if arrow_type.bit_width <= 16 else INT if arrow_type.bit_width == 32 else BIGINT
    if pa.types.is_floating(arrow_type):
        return DOUBLE if arrow_type.bit_width == 64 else FLOAT
    if pa.types.is_timestamp(arrow_type):
        return TIMESTAMP
    return DATE if pa.types.is_date(arrow_type) else STRING


def distinct_values(column: pa.ChunkedArray) -> Distinct:
    """Return a column's different values, in the order in which they first come."""
    if pa.types.is_boolean(column.type) or pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = encoded.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # a column without rows
        return Distinct(pa.array([], column.type), np.zeros(0, np.int32))
    codes = pc.fill_null(whole.indices, _MISSING).to_numpy(zero_copy_only=False)
    return Distinct(whole.dictionary, codes.astype(np.int32, copy=False))


def arrow_counts(name: str, column: pa.ChunkedArray, rows: Rows | None = None) -> ColumnCounts:
    """Return the counts of one column.

    Args:
        rows: the rows that count; None: all.
    """
    if is_numeric(column.type):
        return _counts_of_numbers(name, column, rows)
    found = distinct_values(column)
    return counts_of_distinct(name, column_type(column.type), found if rows is None else found.of_rows(rows))


def is_numeric(arrow_type: pa.DataType) -> bool:
    """Tell whether numpy has the type's numbers as they are."""
    return pa.types.is_integer(arrow_type) or pa.types.is_floating(arrow_type)


def counts_of_distinct(name: str, of_type: ColumnType, found: Distinct) -> ColumnCounts:
    """Return the counts of a column of texts, dates or decimals whose different values are known."""
    counts = np.bincount(found.codes + 1, minlength=len(found.values) + 1)[1:]
    usable = _usable(found.values, counts)
    kept = usable[np.argsort(-counts[usable], kind="stable")[:MOST_VALUES]]
    return ColumnCounts(
        name=name,
        type=of_type,
        rows=len(found.codes),
        missing=len(found.codes) - int(counts[usable].sum()),
        distinct=len(usable),
        values=found.values.take(pa.array(kept)).to_pylist(),
        counts=counts[kept].tolist(),
        extremes=_extremes(found.values, usable),
        fingerprint=_fingerprint(found),
    )


def _counts_of_numbers(name: str, column: pa.ChunkedArray, rows: Rows | None) -> ColumnCounts:
    """Sorting numbers is faster than looking each up."""
    there = column.is_valid().to_numpy()
    numbers = pc.fill_null(column, 0).to_numpy()
    if rows is not None:
        there, numbers = there[rows], numbers[rows]
    finite = there & np.isfinite(numbers)
    values, counts = np.unique(numbers[finite], return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    digest = hashlib.blake2b(str(column.type).encode(), digest_size=16)
    digest.update(numbers.view(np.uint8).data)
    digest.update(there.view(np.uint8).data)
    return ColumnCounts(
        name=name,
        type=column_type(column.type),
        rows=len(numbers),
        missing=int((~there | np.isnan(numbers)).sum()),
        distinct=len(values),
        values=values[kept].tolist(),
        counts=counts[kept].tolist(),
        infinite=int((there & np.isinf(numbers)).sum()),
        extremes=(values[0].item(), values[-1].item()) if len(values) else None,
        fingerprint=digest.hexdigest(),
    )


def table_counts(table: pa.Table) -> Sequence[ColumnCounts]:
    """Return the counts of all columns."""
    return [arrow_counts(name, table.column(name)) for name in table.column_names]


def _usable(values: pa.Array, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the places of values that come at all and are no blank texts."""
    comes = counts > 0
    if column_type(values.type) == STRING:
        blank = pc.equal(pc.utf8_trim_whitespace(values), "").to_numpy(zero_copy_only=False)
        comes &= ~blank.astype(bool)
    return np.flatnonzero(comes)


def _extremes(values: pa.Array, usable: npt.NDArray[np.int64]) -> tuple[Any, Any] | None:
    if column_type(values.type) == STRING or not len(usable):
        return None
    found = pc.min_max(values.take(pa.array(usable)))
    return found["min"].as_py(), found["max"].as_py()


def _fingerprint(found: Distinct) -> str:
    """Return a digest of which rows have equal values, and of the first and the last of these."""
    digest = hashlib.blake2b(str(found.values.type).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(found.codes).view(np.uint8).data)
    for part in (found.values[:_FINGERPRINTED], found.values[-_FINGERPRINTED:]):
        digest.update(repr(part.to_pylist()).encode())
    return digest.hexdigest()
