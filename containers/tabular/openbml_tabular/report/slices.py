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
import numpy.typing as npt

from openbml_tabular.report.column_views import MISSING, ColumnView, Name, Parts
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.inputs import Rows, Values

Flags = npt.NDArray[np.bool_]

_MOST_TOLD = 20
_PAIRED_COLUMNS = 6
_FEWEST_ROWS, _SMALLEST_SHARE = 20, 0.005
_SIGNIFICANT = 0.05
# What is significant in many rows may still be too small to matter: points of accuracy, share of a loss.
_LEAST_POINTS, _LEAST_SHARE = 0.02, 0.1
# A pair is told where it is worse than the rest of both of its sides by this factor.
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
    name: Name
    rows: int
    mean: float
    p_value: float


def weak_slices(errors: Errors, views: Sequence[ColumnView], deadline: Deadline) -> list[dict[str, Any]]:
    """Return at most twenty parts in which the model is significantly worse, the worst first.

    Args:
        views: the most important first; pairs are looked at among the first six.
    """
    if not len(errors.values) or errors.values.min() == errors.values.max():
        return []
    tests, tested = _Tests(errors), list[_Tested]()
    looked_at = [view for view in views if view.column.kind != "text"]
    for view in looked_at:
        if not deadline.passed:
            tested += tests.single(view)
    for one, other in combinations(looked_at[:_PAIRED_COLUMNS], 2):
        if not deadline.passed:
            tested += tests.pair(one, other)
    worse = [row for row in _significant(tested, tests.made) if errors.matters(row.mean)]
    overall = float(errors.values.mean())
    worse.sort(key=lambda row: ((overall - row.mean) * sqrt(row.rows), row.columns))
    return [_told(row, errors) for row in worse[:_MOST_TOLD]]


class _Tests:
    """Compares parts with other rows; `made` counts all comparisons, told or not."""

    def __init__(self, errors: Errors) -> None:
        self._errors, self._values = errors, errors.values
        self._fewest = max(_FEWEST_ROWS, int(_SMALLEST_SHARE * len(errors.values)))
        groups = errors.groups
        self._groups = None if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
        self.made = 0

    def single(self, view: ColumnView) -> list[_Tested]:
        """Compare each part of a column with all other rows."""
        parts = view.parts
        found = []
        for place in self._large(parts, len(self._values)):
            inside = parts.numbers == place
            found.append(self._tested((view.name,), parts.names[place], inside, [~inside]))
        return found

    def pair(self, one: ColumnView, other: ColumnView) -> list[_Tested]:
        """Compare parts of two columns with the rest of either side: what a side is like is told already."""
        first, second = one.parts, other.parts
        width = len(second.names)
        both = np.where(
            (first.numbers >= 0) & (second.numbers >= 0), first.numbers * width + second.numbers, -1
        )
        found = []
        for place in self._large(Parts(both, [MISSING] * (len(first.names) * width)), len(self._values)):
            left, right = divmod(place, width)
            inside = both == place
            sides = [(first.numbers == left) & ~inside, (second.numbers == right) & ~inside]
            name = _crossed(first.names[left], second.names[right])
            if self._says_more(inside, sides):
                found.append(self._tested((one.name, other.name), name, inside, sides))
        return found

    def _large(self, parts: Parts, rows: int) -> list[int]:
        counts = np.bincount(parts.numbers[parts.numbers >= 0], minlength=len(parts.names))
        large = np.flatnonzero((counts >= self._fewest) & (rows - counts >= self._fewest)).tolist()
        self.made += len(large)
        return large

    def _says_more(self, inside: Flags, sides: Sequence[Flags]) -> bool:
        if any(side.sum() < self._fewest for side in sides):
            return False
        mean = float(self._values[inside].mean())
        return all(mean > _WORSE_THAN_SIDES * float(self._values[side].mean()) for side in sides)

    def _tested(
        self, columns: tuple[str, ...], name: Name, inside: Flags, against: Sequence[Flags]
    ) -> _Tested:
        """Return a part; it counts as different where it is so from each of the others."""
        mean, rows = float(self._values[inside].mean()), int(inside.sum())
        chance = max(self._p_value(inside, rest) for rest in against)
        return _Tested(columns, name, rows, mean, chance)

    def _p_value(self, inside: Flags, rest: Flags) -> float:
        """Return the chance of so large a difference of two means, by the normal distribution.

        Errors that are alike within groups count as such. A share of 0 or 1 among few rows is no certainty:
        it counts as if two rows more had been seen, one right and one wrong (Agresti and Caffo 2000, American
        Statistician 54).
        """
        values, counts = self._values, (int(inside.sum()), int(rest.sum()))
        means = float(values[inside].mean()), float(values[rest].mean())
        influence = np.where(inside, (values - means[0]) / counts[0], 0.0)
        influence -= np.where(rest, (values - means[1]) / counts[1], 0.0)
        if self._groups is not None:
            influence = np.bincount(self._groups, influence)
        variance = float(influence @ influence)
        if self._errors.is_share:
            variance = max(variance, sum(map(_smoothed, means, counts)))
        return erfc(abs(means[0] - means[1]) / sqrt(2 * variance)) if variance > 0 else 1.0


def _crossed(one: Name, other: Name) -> Name:
    return f"{one[0]} × {other[0]}", f"{one[1]} × {other[1]}"


def _smoothed(share: float, rows: int) -> float:
    likely = (share * rows + 1) / (rows + 2)
    return likely * (1 - likely) / (rows + 2)


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
