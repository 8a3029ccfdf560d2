"""Raw columns beside the features that are made of them, and how their rows fall into parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.examples import Floats
from openbml_tabular.report.inputs import Evaluated, ReportColumn, Rows, Values

Name = tuple[str, str]

MISSING: Name = ("missing", "缺失")
_MOST_CHARACTERS = 100
_BINS, _CATEGORIES = 5, 30


@dataclass(frozen=True)
class Parts:
    """Rows of a column by their value.

    Attributes:
        numbers: each row's part, -1 for none, shape (n,).
        names: of the parts, in English and Chinese.
    """

    numbers: Rows
    names: Sequence[Name]


@dataclass(frozen=True)
class ColumnView:
    """Attributes:
    places: of its features in the matrix.
    values: as they were given, n of them.
    x: the matrix, shape (n, features).
    number_place: of its first feature that is a number.
    """

    column: ReportColumn
    places: Rows
    values: pa.ChunkedArray
    x: Floats
    number_place: int | None

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def is_ordered(self) -> bool:
        has_order = _is_number(self.values.type) or _is_time(self.values.type)
        return self.column.kind in ("number", "date") and (has_order or self.number_place is not None)

    @cached_property
    def keys(self) -> Values:
        """Numbers that order the rows, not finite where the value is missing; of an ordered column only.

        Features may be engineered: the values themselves go first where they have an order.
        """
        if _is_number(self.values.type):
            return _floats(self.values.cast(pa.float64()))
        if _is_time(self.values.type):
            return _floats(
                self.values.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64(), safe=False)
            )
        return self.x[:, self.number_place].astype(np.float64)

    @cached_property
    def coded(self) -> tuple[Rows, list[Any]]:
        """Return each row's value as a number, most frequent first, -1 for a missing one; and the values."""
        array = self.values.combine_chunks()
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        values = encoded.dictionary.to_pylist()
        counts = np.bincount(codes[codes >= 0], minlength=len(values))
        counts[[_is_missing(value) for value in values]] = 0
        order = np.argsort(-counts, kind="stable")[: int((counts > 0).sum())]
        rank = np.full(len(values) + 1, -1, dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[codes], [values[place] for place in order.tolist()]

    @cached_property
    def parts(self) -> Parts:
        """Return five bins of a number's or date's quantiles, or the 30 most frequent values; and the rows
        without a value."""
        return self._bins() if self.is_ordered else self._categories()

    def text(self, row: int) -> str:
        return shown(self.values[row].as_py())

    def _categories(self) -> Parts:
        codes, values = self.coded
        named = [(shown(value), shown(value)) for value in values[:_CATEGORIES]]
        numbers = np.where(codes < len(named), codes, -1)
        missing = codes == -1
        return Parts(np.where(missing, len(named), numbers), [*named, MISSING])

    def _bins(self) -> Parts:
        keys = self.keys
        known = np.flatnonzero(np.isfinite(keys))
        edges = bin_edges(keys[known], _BINS)
        numbers = np.full(len(keys), len(edges) + 1, dtype=np.int64)
        numbers[known] = np.searchsorted(edges, keys[known], side="left")
        names = [self._range(np.flatnonzero(numbers == place)) for place in range(len(edges) + 1)]
        return Parts(numbers, [*names, MISSING])

    def _range(self, rows: Rows) -> Name:
        if not len(rows):
            return "", ""
        keys = self.keys[rows]
        low, high = self.text(int(rows[keys.argmin()])), self.text(int(rows[keys.argmax()]))
        return (low, low) if low == high else (f"{low} to {high}", f"{low} 至 {high}")


def column_views(
    evaluated: Evaluated, columns: Sequence[ReportColumn], features: Sequence[Feature]
) -> list[ColumnView]:
    """Return the columns that models see and the table has."""
    places: dict[str, list[int]] = {}
    for place, feature in enumerate(features):
        places.setdefault(feature.column, []).append(place)
    held = set(evaluated.table.column_names)
    return [
        ColumnView(
            column,
            np.array(places[column.name]),
            evaluated.table[column.name],
            evaluated.x,
            _first_number(features, places[column.name]),
        )
        for column in columns
        if column.name in places and column.name in held
    ]


def bin_edges(values: Values, bins: int) -> Values:
    """Return inner edges of at most so many bins of about equally many values; a bin takes its upper edge.
    Few distinct values are bins of their own."""
    distinct = np.unique(values)
    if len(distinct) <= bins:
        return distinct[:-1]
    edges: Values = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="lower"))
    inner: Values = edges[edges < distinct[-1]]
    return inner


def shown(value: Any) -> str:
    """Return a value as people read it, at most 100 characters."""
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _is_time(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _floats(values: pa.ChunkedArray) -> Values:
    """Return values with NaN for nulls."""
    found: Values = values.to_numpy().astype(np.float64)
    return found


def _first_number(features: Sequence[Feature], places: Sequence[int]) -> int | None:
    return next((place for place in places if features[place].kind is FeatureKind.NUMBER), None)


def _is_missing(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())
