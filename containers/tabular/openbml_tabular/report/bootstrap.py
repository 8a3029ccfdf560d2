"""Intervals of figures by resampling the evaluated rows, or whole groups of them.

Source: Efron and Tibshirani 1993, An introduction to the bootstrap, section 13.3 (percentile intervals);
whole clusters: Davison and Hinkley 1997, Bootstrap methods and their application, section 3.8.
"""

from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np

from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.figures import values_of
from openbml_tabular.report.inputs import Rows, Values
from openbml_tabular.report.weighted import Figures

Interval = tuple[float, float]
FiguresAt = Callable[[Rows], Figures]

CONFIDENCE = 0.95
_MOST_RESAMPLES, _FEWEST_RESAMPLES = 1000, 100
# Of one batch: little memory, and the deadline is looked at often.
_BATCH, _MOST_NUMBERS = 50, 1 << 21
# Fewer rows, or groups, say nothing of how figures would vary; more need not all be drawn to know it.
_FEWEST_UNITS, _MOST_UNITS = 5, 10_000
_KNOWN_SHARE = 0.9


def intervals(
    figures_at: FiguresAt,
    *,
    rows: int,
    groups: Rows | None,
    weights: Values | None,
    seed: int,
    deadline: Deadline,
) -> Mapping[str, Interval]:
    """Return the 95 % interval of each figure that has one.

    A figure is left out where there are fewer than 5 rows (groups), where it has no meaning in more than a
    tenth of the resamples, or where the time allows fewer than 100.

    Of more than 10,000 rows (groups) so many are resampled, and what figures vary shrinks by the root of the
    share (Bickel, Götze and van Zwet 1997, Resampling fewer than n observations, Statistica Sinica 7).

    Args:
        figures_at: makes the figures of some of the rows.
        groups: numbers of the rows' groups, shape (rows,).
        weights: of the rows, shape (rows,).
    """
    units = _units(rows, groups)
    count = int(units.max(initial=-1)) + 1
    if count < _FEWEST_UNITS:
        return {}
    random = np.random.default_rng(seed)
    if count <= _MOST_UNITS:
        found = _resampled(figures_at(np.arange(rows)), units, weights, random, deadline)
        return {name: ends for name, values in found.items() if (ends := _interval(values))}
    kept = np.isin(units, random.choice(count, _MOST_UNITS, replace=False))
    chosen = np.flatnonzero(kept)
    figures, of_chosen = figures_at(chosen), None if weights is None else weights[chosen]
    drawn = _resampled(figures, _units(len(chosen), units[chosen]), of_chosen, random, deadline)
    whole = values_of(figures_at(np.arange(rows)), np.ones(rows) if weights is None else weights)
    part = values_of(figures, np.ones(len(chosen)) if of_chosen is None else of_chosen)
    shrunk = sqrt(_MOST_UNITS / count)
    return {
        name: _around(whole[name], part[name], ends, shrunk)
        for name, values in drawn.items()
        if (ends := _interval(values))
    }


def _resampled(
    figures: Figures,
    units: Rows,
    weights: Values | None,
    random: np.random.Generator,
    deadline: Deadline,
) -> Mapping[str, Values]:
    """Return each figure of each resample; nothing where the time was too short."""
    drawn: dict[str, list[Values]] = {name: [] for name in figures}
    batch = max(1, min(_BATCH, _MOST_NUMBERS // len(units)))
    made = 0
    while made < _MOST_RESAMPLES and not deadline.passed:
        counts = _counts(units, min(batch, _MOST_RESAMPLES - made), random, weights)
        for name, figure in figures.items():
            drawn[name].append(figure(counts))
        made += len(counts)
    return {name: np.concatenate(parts) for name, parts in drawn.items()} if made >= _FEWEST_RESAMPLES else {}


def _around(whole: float, part: float, ends: Interval, shrunk: float) -> Interval:
    """Return the interval of a part of the rows, moved and narrowed to that of all; it leaves no bound that
    the part kept, such as an accuracy's of 1."""
    low, high = (whole + shrunk * (end - part) for end in ends)
    return max(low, min(ends[0], whole)), min(high, max(ends[1], whole))


def _units(rows: int, groups: Rows | None) -> Rows:
    """Return for each row the number of what is drawn with it."""
    if groups is None:
        return np.arange(rows)
    return np.unique(groups, return_inverse=True)[1].ravel()


def _counts(units: Rows, times: int, random: np.random.Generator, weights: Values | None) -> Values:
    """Return how much each row counts in each resample, shape (times, rows)."""
    count = int(units.max()) + 1
    chosen = random.integers(0, count, size=(times, count)) + count * np.arange(times)[:, None]
    drawn = np.bincount(chosen.ravel(), minlength=times * count).reshape(times, count)
    of_rows = drawn[:, units].astype(np.float64)
    return of_rows if weights is None else of_rows * weights


def _interval(values: Values) -> Interval | None:
    known = values[np.isfinite(values)]
    if len(known) < _KNOWN_SHARE * len(values):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)
