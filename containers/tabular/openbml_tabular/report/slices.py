"""Parts of the rows in which the model fails more than elsewhere.

Each part, a value or a range of one column or of two, is compared with all other rows; what is told is
unlikely to be chance after correction for how many were looked at. That a part is worse does not say why.

Sources: Chung et al. 2019, Slice Finder, arXiv 1807.06068 (slices by effect and significance); Holm 1979,
Scandinavian Journal of Statistics 6 (correction); Liang and Zeger 1986, Biometrika 73 (errors within groups).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt
from typing import Any

import numpy as np

from openbml_tabular.report.column_views import ColumnView, Name, Parts
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.inputs import Rows, Values

_MOST_TOLD = 20
_PAIRED_COLUMNS, _MOST_CELLS = 6, 900
_FEWEST_ROWS, _SMALLEST_SHARE = 20, 0.005
_SIGNIFICANT = 0.05
# What is significant in many rows may still be too small to matter: points of accuracy, share of a loss.
_LEAST_POINTS, _LEAST_SHARE = 0.02, 0.1
# A pair is told where it is worse than both of its sides by this factor.
_WORSE_THAN_SIDES = 1.25


@dataclass(frozen=True)
class Errors:
    """What is wrong with each row.

    Attributes:
        values: 0 or 1 of a classification, else absolute errors or losses; shape (n,).
        metric: accuracy (1 - the mean), mae or pinball (the mean).
        groups: whose rows are alike, shape (n,), or None.
    """

    values: Values
    metric: str
    groups: Rows | None

    @property
    def is_share(self) -> bool:
        return self.metric == "accuracy"

    def matters(self, mean_error: float) -> bool:
        """Tell whether a part's mean is so much above that of all rows that one should care."""
        overall = float(self.values.mean())
        return mean_error - overall >= (_LEAST_POINTS if self.is_share else _LEAST_SHARE * overall)

    def score(self, mean_error: float) -> float:
        return 1 - mean_error if self.is_share else mean_error


@dataclass(frozen=True)
class _Tested:
    columns: tuple[str, ...]
    part: int
    name: Name
    rows: int
    mean: float
    worse_by: float
    p_value: float


def weak_slices(errors: Errors, views: Sequence[ColumnView], deadline: Deadline) -> list[dict[str, Any]]:
    """Return at most twenty parts in which the model is significantly worse, the worst first.

    Args:
        views: the most important first; pairs are looked at among the first six.
    """
    if not len(errors.values) or errors.values.min() == errors.values.max():
        return []
    tests = _Tests(errors)
    singles: dict[str, list[_Tested]] = {}
    for view in views:
        if deadline.passed:
            break
        if view.column.kind != "text":
            singles[view.name] = tests.of((view.name,), view.parts)
    tested = [row for rows in singles.values() for row in rows]
    paired = [view for view in views if view.name in singles][:_PAIRED_COLUMNS]
    for one, other in combinations(paired, 2):
        if deadline.passed:
            break
        width = len(other.parts.names)
        tested += _worse_than_sides(tests.pair(one, other), singles[one.name], singles[other.name], width)
    worse = [row for row in _significant(tested, tests.made) if errors.matters(row.mean)]
    worse.sort(key=lambda row: (-row.worse_by * sqrt(row.rows), row.columns))
    return [_told(row, errors) for row in worse[:_MOST_TOLD]]


class _Tests:
    """Compares parts with the rest; `made` counts all comparisons, told or not."""

    def __init__(self, errors: Errors) -> None:
        values = errors.values
        self._errors, self._values = errors, values
        self._total, self._n = float(values.sum()), len(values)
        self._fewest = max(_FEWEST_ROWS, int(_SMALLEST_SHARE * self._n))
        groups = errors.groups
        self._groups = None if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
        self.made = 0

    def of(self, columns: tuple[str, ...], parts: Parts) -> list[_Tested]:
        count = len(parts.names)
        inside = parts.numbers >= 0
        numbers, values = parts.numbers[inside], self._values[inside]
        rows = np.bincount(numbers, minlength=count)
        means = np.bincount(numbers, values, count) / np.maximum(rows, 1)
        large = np.flatnonzero((rows >= self._fewest) & (self._n - rows >= self._fewest))
        self.made += len(large)
        return [self._tested(columns, parts, int(place), rows, means) for place in large]

    def pair(self, one: ColumnView, other: ColumnView) -> list[_Tested]:
        first, second = one.parts, other.parts
        width = len(second.names)
        if len(first.names) * width > _MOST_CELLS * 2:
            return []
        both = np.where(
            (first.numbers >= 0) & (second.numbers >= 0), first.numbers * width + second.numbers, -1
        )
        names = [
            (f"{en} × {more_en}", f"{zh} × {more_zh}")
            for en, zh in first.names
            for more_en, more_zh in second.names
        ]
        return self.of((one.name, other.name), Parts(both, names))

    def _tested(
        self, columns: tuple[str, ...], parts: Parts, place: int, rows: Rows, means: Values
    ) -> _Tested:
        inside, mean = int(rows[place]), float(means[place])
        rest = (self._total - mean * inside) / (self._n - inside)
        error = self._standard_error(parts.numbers == place, mean, rest)
        p_value = erfc(abs(mean - rest) / error / sqrt(2)) if error > 0 else 1.0
        return _Tested(columns, place, parts.names[place], inside, mean, mean - rest, p_value)

    def _standard_error(self, inside: np.ndarray[Any, Any], mean: float, rest: float) -> float:
        """Return that of the difference of the two means, robust to errors that are alike within groups.

        A share of 0 or 1 among few rows is no certainty: it counts as if two rows more had been seen, one
        right and one wrong (Agresti and Caffo 2000, American Statistician 54).
        """
        count = int(inside.sum())
        influence = np.where(inside, (self._values - mean) / count, (rest - self._values) / (self._n - count))
        if self._groups is not None:
            influence = np.bincount(self._groups, influence)
        seen = float(influence @ influence)
        if self._errors.is_share:
            seen = max(seen, _smoothed(mean, count) + _smoothed(rest, self._n - count))
        return sqrt(seen)


def _smoothed(share: float, rows: int) -> float:
    likely = (share * rows + 1) / (rows + 2)
    return likely * (1 - likely) / (rows + 2)


def _worse_than_sides(
    pairs: Sequence[_Tested], one: Sequence[_Tested], other: Sequence[_Tested], width: int
) -> list[_Tested]:
    """Return the pairs that say more than their sides; a pair's part is the one's times width and the
    other's."""
    of_one = {row.part: row.worse_by for row in one}
    of_other = {row.part: row.worse_by for row in other}

    def sides(row: _Tested) -> float:
        first, second = divmod(row.part, width)
        return max(0.0, of_one.get(first, 0.0), of_other.get(second, 0.0))

    return [row for row in pairs if row.worse_by > _WORSE_THAN_SIDES * sides(row)]


def _significant(tested: Sequence[_Tested], made: int) -> list[_Tested]:
    """Return the rows whose chance of one false find among all comparisons is below 5 % (Holm)."""
    kept = []
    for place, row in enumerate(sorted(tested, key=lambda row: row.p_value)):
        if row.p_value > _SIGNIFICANT / max(1, made - place):
            break
        kept.append(row)
    return kept


def _told(row: _Tested, errors: Errors) -> dict[str, Any]:
    overall = float(errors.values.mean())
    score, whole = errors.score(row.mean), errors.score(overall)
    return {
        "column": " × ".join(row.columns),
        "columns": list(row.columns),
        "value_en": row.name[0],
        "value_zh": row.name[1],
        "metric": errors.metric,
        "rows": row.rows,
        "score": score,
        "overall": whole,
        "difference": score - whole,
        "p_value": row.p_value,
    }
