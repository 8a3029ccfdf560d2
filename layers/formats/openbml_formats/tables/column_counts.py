"""A column as counts of its values: what profiles and target analysis work on, whoever did the counting."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from openbml_formats.tables.column_types import ColumnType, TypeName
from openbml_formats.tables.values import CellValue

MOST_VALUES = 100_000
NUMBER_TYPES = frozenset(
    {TypeName.SMALLINT, TypeName.INT, TypeName.BIGINT, TypeName.FLOAT, TypeName.DOUBLE, TypeName.DECIMAL}
)
DATE_TYPES = frozenset({TypeName.DATE, TypeName.TIMESTAMP})


@dataclass(frozen=True)
class ColumnCounts:
    """Attributes:
    rows: of the table, those without a value in this column, too.
    missing: rows that have none; an empty text and a number that is none (NaN) count as such.
    infinite: rows with an infinite number; they are not among the values.
    distinct: how many different values there are.
    values: different values by falling count; with more than `MOST_VALUES` of them, some of them.
    counts: of the values.
    extremes: the smallest and the largest value, where whoever counted knows them.
    fingerprint: of all values in the order of rows; equal columns have equal ones. Empty: not taken.
    """

    name: str
    type: ColumnType
    rows: int
    missing: int
    distinct: int
    values: Sequence[CellValue]
    counts: Sequence[int]
    infinite: int = 0
    extremes: tuple[CellValue, CellValue] | None = None
    fingerprint: str = field(default="", compare=False)

    @property
    def present(self) -> int:
        return self.rows - self.missing

    @property
    def missing_share(self) -> float:
        return self.missing / self.rows if self.rows else 0.0

    @property
    def is_complete(self) -> bool:
        """Whether all different values are there."""
        return len(self.values) == self.distinct

    @property
    def texts(self) -> Sequence[str]:
        """The values of a text column; none of a column of another type."""
        if self.type.name in NUMBER_TYPES | DATE_TYPES:
            return []
        return [value for value in self.values if isinstance(value, str)]


def column_counts(name: str, column_type: ColumnType, values: Iterable[CellValue]) -> ColumnCounts:
    """Return the counts of a column's values, in the order of rows."""
    counted: Counter[CellValue] = Counter()
    rows = missing = infinite = 0
    digest = hashlib.blake2b(digest_size=16)
    for value in values:
        rows += 1
        digest.update(f"{value!r}\0".encode())
        if _is_missing(value):
            missing += 1
        elif isinstance(value, float) and math.isinf(value):
            infinite += 1
        else:
            counted[value] += 1
    kept = counted.most_common(MOST_VALUES)
    return ColumnCounts(
        name=name,
        type=column_type,
        rows=rows,
        missing=missing,
        distinct=len(counted),
        values=[value for value, _ in kept],
        counts=[count for _, count in kept],
        infinite=infinite,
        fingerprint=digest.hexdigest(),
    )


def _is_missing(value: CellValue) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def shown(value: CellValue) -> str:
    """Return a value as a person reads it, at most 100 characters."""
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"[:100]
    return value.isoformat() if isinstance(value, date) else str(value)[:100]
