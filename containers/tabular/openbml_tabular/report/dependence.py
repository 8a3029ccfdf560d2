"""Partial dependence: the mean answer when a column has one value in all rows.

A column's value is set by copying all its features from a row that has it, so that whatever the features are
made of stays consistent.

Source: Friedman 2001, Greedy function approximation, Annals of Statistics 29, section 8.2.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from openbml_tabular.report.column_views import ColumnView, shown
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.importance import Measured
from openbml_tabular.report.inputs import Rows

_COLUMNS, _POINTS = 12, 12
_MOST_ROWS, _FEWEST_ROWS = 500, 20
_FEWEST_OF_A_KIND, _SMALLEST_SHARE = 3, 0.01


def partial_dependence(
    measured: Measured, views: Sequence[ColumnView], deadline: Deadline
) -> list[dict[str, Any]]:
    """Return the curves of the first columns that have values in an order or in kinds, at most twelve.

    Args:
        views: the most important first. Texts have no curve.
    """
    shown_views = [view for view in views if view.column.kind in ("number", "category", "date")][:_COLUMNS]
    affordable = measured.rate * deadline.left_s / max(1, len(shown_views) * _POINTS * 2)
    few = measured.rows(int(min(_MOST_ROWS, max(_FEWEST_ROWS, affordable))))
    curves = []
    for view in shown_views:
        if deadline.passed:
            break
        curve = _curve(few, view, measured)
        if curve is not None:
            curves.append(curve)
    return curves


def _curve(few: Measured, view: ColumnView, measured: Measured) -> dict[str, Any] | None:
    models, counts = _models(view)
    if len(models) < 2:
        return None
    x = np.tile(few.x, (len(models), 1))
    set_to = measured.x[np.ix_(models, view.places)]
    x[:, view.places] = np.repeat(set_to, len(few.x), axis=0)
    answers = np.asarray(few.predict(x), dtype=np.float64)
    average = answers.reshape(len(models), len(few.x), -1).mean(axis=1)
    values = [view.values[row].as_py() for row in models.tolist()]
    return {
        "column": view.name,
        "kind": view.column.kind,
        "values": [value if _is_plain(value) else shown(value) for value in values],
        "average": average.tolist(),
        "counts": counts,
    }


def _models(view: ColumnView) -> tuple[Rows, list[int]]:
    """Return rows that have the column's values on the curve, and how many rows are like each."""
    return _of_order(view) if view.is_ordered else _of_kinds(view)


def _of_order(view: ColumnView) -> tuple[Rows, list[int]]:
    """Rows at even steps of the quantiles; each counts the rows that are nearest to it.

    Where most rows have one value, the steps left over go to quantiles of the other distinct values.
    """
    known = np.flatnonzero(np.isfinite(view.keys))
    if not len(known):
        return known, []
    order = known[np.argsort(view.keys[known], kind="stable")]
    distinct, firsts = np.unique(view.keys[order], return_index=True)
    chosen = np.unique(np.searchsorted(distinct, view.keys[order[_steps(len(order), _POINTS)]]))
    others = np.setdiff1d(np.arange(len(distinct)), chosen)
    if len(others):
        left = _POINTS - len(chosen)
        chosen = np.union1d(chosen, others[_steps(len(others), left)])
    middles = (distinct[chosen][1:] + distinct[chosen][:-1]) / 2
    counts = np.bincount(np.searchsorted(middles, view.keys[known]), minlength=len(chosen))
    return order[firsts[chosen]], counts.tolist()


def _steps(length: int, most: int) -> Rows:
    """Return at most so many places of a sequence, from its first to its last."""
    return np.unique(np.linspace(0, length - 1, min(most, length)).round().astype(np.int64))


def _of_kinds(view: ColumnView) -> tuple[Rows, list[int]]:
    """A row of each of the most frequent kinds that are more than a few rows."""
    codes, _ = view.coded
    counts = np.bincount(codes[codes >= 0])[:_POINTS]
    counts = counts[counts >= max(_FEWEST_OF_A_KIND, _SMALLEST_SHARE * len(codes))]
    found, firsts = np.unique(codes, return_index=True)
    start = int(np.searchsorted(found, 0))
    return firsts[start : start + len(counts)], counts.tolist()


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
