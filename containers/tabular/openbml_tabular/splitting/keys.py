"""What a split of rows must respect: classes, groups, time."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.settings import TabularSettings
from openbml_formats.tables.column_counts import DATE_TYPES
from openbml_formats.tables.column_kinds import ColumnKind, found_kind
from openbml_kit.faults import UserFault
from openbml_kit.tables.column_maps import DateColumn, NumberColumn
from openbml_kit.tables.date_parts import DatePart
from openbml_kit.tables.raw_values import WrongTypeError
from openbml_tabular.examples import Rows
from openbml_tabular.features.arrow_counts import arrow_counts, distinct_values, is_numeric
from openbml_tabular.problem import Problem

_BINS = 10
_ROWS_OF_A_BIN = 10


@dataclass(frozen=True)
class SplitKeys:
    """Attributes:
    strata: shape (n,): numbers 0, 1, … of classes or of intervals of the target; each is shared out evenly.
    groups: shape (n,): numbers 0, 1, …; rows of one group stay together. None: each row is one.
    times: shape (n,); evaluation lies after training. None: time does not matter.
    """

    strata: Rows
    groups: Rows | None = None
    times: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.strata)

    @property
    def is_ordered(self) -> bool:
        return self.times is not None

    def take(self, rows: Rows) -> "SplitKeys":
        return replace(
            self,
            strata=self.strata[rows],
            groups=None if self.groups is None else self.groups[rows],
            times=None if self.times is None else self.times[rows],
        )


def split_keys(
    table: pa.Table, settings: TabularSettings, problem: Problem, rows: Rows, y: npt.NDArray[Any]
) -> SplitKeys:
    """Return the keys of some rows of a table.

    Args:
        rows: shape (n,): those with a target. y: their targets.

    Raises:
        UserFault: the table lacks the group or the time column, or this holds neither times nor numbers.
    """
    for setting, name in (("group_column", settings.group_column), ("time_column", settings.time_column)):
        if name is not None and name not in table.column_names:
            raise UserFault(f"{setting}: the table has no column {name!r}; import it with the column")
    return SplitKeys(
        strata=np.asarray(y, np.int64) if problem.is_classification else binned(y),
        groups=_groups(table, settings.group_column, rows) if settings.group_column else None,
        times=_times(table, settings.time_column)[rows] if settings.time_column else None,
    )


def binned(y: npt.NDArray[np.float64]) -> Rows:
    """Return the numbers of intervals with about equally many targets each: ten, fewer for few rows."""
    bins = max(1, min(_BINS, len(y) // _ROWS_OF_A_BIN))
    edges = np.unique(np.quantile(y, np.linspace(0, 1, bins + 1)[1:-1])) if len(y) else np.zeros(0)
    return np.searchsorted(edges, y, side="right").astype(np.int64)


def _groups(table: pa.Table, name: str, rows: Rows) -> Rows:
    """Return each row's group; rows without a value are groups of their own."""
    codes = distinct_values(table.column(name)).codes[rows].astype(np.int64)
    alone = codes < 0
    codes[alone] = codes.max(initial=0) + 1 + np.arange(alone.sum())
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def _times(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    """Return each row's time; a missing one comes before all others."""
    column = table.column(name)
    distinct = distinct_values(column)
    counts = arrow_counts(name, column)
    found = found_kind(counts)
    if found.kind is ColumnKind.DATE or counts.type.name in DATE_TYPES:
        read: Any = DateColumn(name=name, parts=(DatePart.DAYS,), day_first=found.day_first).seconds
    elif is_numeric(column.type) or found.kind is ColumnKind.NUMBER:
        read = NumberColumn(name=name, mark=found.mark).number_reader()
    else:
        shown = ", ".join(repr(value) for value in distinct.values[:3].to_pylist())
        raise UserFault(
            f"time_column: {name!r} holds neither times nor numbers, but {shown}; name another column"
        )
    times = np.array([_time(read, value) for value in [*distinct.values.to_pylist(), None]])
    return times[distinct.codes]


def _time(read: Any, value: Any) -> float:
    try:
        time = None if value is None else read(value)
    except WrongTypeError:
        time = None
    return -np.inf if time is None or np.isnan(time) else float(time)
