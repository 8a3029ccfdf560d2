"""Intervals of figures by resampling the evaluated rows, or whole groups of them.

Source: Efron and Tibshirani 1993, An introduction to the bootstrap, section 13.3 (percentile intervals);
whole clusters: Davison and Hinkley 1997, Bootstrap methods and their application, section 3.8.
"""

from collections.abc import Mapping

import numpy as np

from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.figures import Figures
from openbml_tabular.report.inputs import Rows, Values

Interval = tuple[float, float]

CONFIDENCE = 0.95
_MOST_RESAMPLES, _FEWEST_RESAMPLES = 1000, 100
# Of one batch: little memory, and the deadline is looked at often.
_BATCH, _MOST_NUMBERS = 50, 1 << 21
# Fewer rows, or groups, say nothing of how figures would vary.
_FEWEST_UNITS = 5
_KNOWN_SHARE = 0.9


def intervals(
    figures: Figures, *, rows: int, groups: Rows | None, weights: Values | None, seed: int, deadline: Deadline
) -> Mapping[str, Interval]:
    """Return the 95 % interval of each figure that has one.

    A figure is left out where there are fewer than 5 rows (groups), where it has no meaning in more than a
    tenth of the resamples, or where the time allows fewer than 100.

    Args:
        groups: numbers of the rows' groups, shape (rows,).
        weights: of the rows, shape (rows,).
    """
    units = _units(rows, groups)
    if units.max(initial=-1) + 1 < _FEWEST_UNITS:
        return {}
    drawn: dict[str, list[Values]] = {name: [] for name in figures}
    batch = max(1, min(_BATCH, _MOST_NUMBERS // max(1, rows)))
    random = np.random.default_rng(seed)
    made = 0
    while made < _MOST_RESAMPLES and not deadline.passed:
        counts = _resampled(units, min(batch, _MOST_RESAMPLES - made), random, weights)
        for name, figure in figures.items():
            drawn[name].append(figure(counts))
        made += len(counts)
    if made < _FEWEST_RESAMPLES:
        return {}
    return {name: found for name, parts in drawn.items() if (found := _interval(np.concatenate(parts)))}


def _units(rows: int, groups: Rows | None) -> Rows:
    """Return for each row the number of what is drawn with it."""
    if groups is None:
        return np.arange(rows)
    return np.unique(groups, return_inverse=True)[1].ravel()


def _resampled(units: Rows, times: int, random: np.random.Generator, weights: Values | None) -> Values:
    """Return how much each row counts in each resample, shape (times, rows)."""
    count = int(units.max()) + 1
    chosen = random.integers(0, count, size=(times, count)) + count * np.arange(times)[:, None]
    counts = np.bincount(chosen.ravel(), minlength=times * count).reshape(times, count)
    of_rows = counts[:, units].astype(np.float64)
    return of_rows if weights is None else of_rows * weights


def _interval(values: Values) -> Interval | None:
    known = values[np.isfinite(values)]
    if len(known) < _KNOWN_SHARE * len(values):
        return None
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(known, (tail, 1 - tail))
    return float(low), float(high)
