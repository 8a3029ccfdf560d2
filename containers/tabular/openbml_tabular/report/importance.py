"""Which columns the model needs: by permutation, and by Shapley values.

All features of a raw column are permuted, or taken from the background, together.

Sources: Breiman 2001, Random forests, section 10 (permutation); Fisher, Rudin and Dominici 2019, All models
are wrong, but many are useful, JMLR 20 (model reliance); Lundberg and Lee 2017, arXiv 1705.07874 (mean
absolute Shapley values).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from openbml_kit.tables.shapley import shapley_values
from openbml_tabular.examples import Floats
from openbml_tabular.problem import Problem
from openbml_tabular.report.column_views import ColumnView, bin_edges
from openbml_tabular.report.deadlines import Deadline
from openbml_tabular.report.figures import score_of
from openbml_tabular.report.inputs import Predict, Rows, Values
from openbml_tabular.sampling import spread

MOST_COLUMNS, _FEWEST_COLUMNS = 50, 5
_MOST_ROWS, _FEWEST_ROWS = 5_000, 100
_REPEATS = 5
_SCREENED_ROWS, _SCREENED_BINS = 5_000, 10
_MOST_EXPLAINED, _WELCOME_EXPLAINED, _FEWEST_EXPLAINED = 200, 40, 5
_MOST_BACKGROUND, _FEWEST_BACKGROUND = 20, 4


@dataclass(frozen=True)
class Measured:
    """A model, asked about the rows that it is explained on.

    Attributes:
        y: targets of the rows x; rate: rows that it answers in a second.
    """

    problem: Problem
    predict: Predict
    x: Floats
    y: Rows | Values
    rate: float
    seed: int

    def within(self, seconds: float, most: int) -> "Measured":
        """Return as many of the rows as the model answers in the time, 100 to `most`."""
        return self.rows(min(most, max(_FEWEST_ROWS, int(self.rate * seconds))))

    def rows(self, most: int) -> "Measured":
        chosen = spread(len(self.x), most, self.seed)
        return Measured(self.problem, self.predict, self.x[chosen], self.y[chosen], self.rate, self.seed)


@dataclass(frozen=True)
class Permuted:
    """How much the metric falls without a column; it may rise by chance where the column is of no use."""

    column: str
    mean: float
    std: float


def measurable(measured: Measured, deadline: Deadline) -> int:
    """Return how many columns can be permuted in the time, on few rows at least: 5 to 50."""
    affordable = int(measured.rate * deadline.left_s / (2 * _FEWEST_ROWS))
    return min(MOST_COLUMNS, max(_FEWEST_COLUMNS, affordable))


def screened(
    measured: Measured, views: Sequence[ColumnView], most: int, deadline: Deadline
) -> list[ColumnView]:
    """Return at most so many columns: those whose values tell most of what the model answers.

    A column's worth is the largest share of the answers' variance between bins of one of its features
    (correlation ratio, Fisher 1925): cheap, blind to what columns do only together.
    """
    if len(views) <= most:
        return list(views)
    few = measured.within(deadline.left_s, _SCREENED_ROWS)
    answers = np.asarray(few.predict(few.x), dtype=np.float64)
    worth = [max(_told(few.x[:, place], answers) for place in view.places.tolist()) for view in views]
    best = np.sort(np.argsort(-np.array(worth), kind="stable")[:most])
    return [views[place] for place in best.tolist()]


def permutation_importance(
    measured: Measured, views: Sequence[ColumnView], deadline: Deadline
) -> list[Permuted]:
    """Return the columns by falling importance; those that the time did not reach are left out."""
    few = measured.within(deadline.left_s / max(1, len(views) * 2), _MOST_ROWS)
    whole = score_of(few.problem, few.y, few.predict(few.x))
    if np.isnan(whole):
        return []
    falls: list[list[float]] = [[] for _ in views]
    random = np.random.default_rng(measured.seed)
    for _ in range(_REPEATS):
        order = random.permutation(len(few.x))
        for found, view in zip(falls, views, strict=True):
            if deadline.passed:
                break
            found.append(whole - _permuted_score(few, view.places, order))
    permuted = [
        Permuted(view.name, float(np.mean(found)), float(np.std(found)))
        for view, found in zip(views, falls, strict=True)
        if found
    ]
    return sorted(permuted, key=lambda row: -row.mean)


def without_the_rest(measured: Measured, places: Rows, deadline: Deadline) -> float:
    """Return how much the metric falls when all these features are permuted together."""
    few = measured.within(deadline.left_s / 2, _MOST_ROWS)
    order = np.random.default_rng(measured.seed).permutation(len(few.x))
    return score_of(few.problem, few.y, few.predict(few.x)) - _permuted_score(few, places, order)


def shapley_importance(
    measured: Measured, views: Sequence[ColumnView], background: Floats, deadline: Deadline
) -> list[dict[str, Any]]:
    """Return the mean absolute Shapley value of each column over evaluated rows, by falling importance.

    Several outputs are added up. As many rows are explained, from as many background rows, as the time
    allows; none where not even five.
    """
    if not views:
        return []
    # A row and a background row ask for each column forwards and backwards; half of the time is kept.
    pairs = measured.rate * deadline.left_s / (2 * len(views)) / 2
    size = int(np.clip(pairs / _WELCOME_EXPLAINED, _FEWEST_BACKGROUND, _MOST_BACKGROUND))
    usual = background[spread(len(background), size, measured.seed)]
    affordable = int(pairs / len(usual))
    if affordable < _FEWEST_EXPLAINED:
        return []
    few = measured.rows(min(_MOST_EXPLAINED, affordable))
    groups = [view.places.tolist() for view in views]
    parts: list[Values] = []
    for row in range(len(few.x)):
        if deadline.passed:
            break
        values, _ = shapley_values(
            few.predict, few.x[row : row + 1], usual, groups, permutations=2, seed=measured.seed + row
        )
        parts.append(np.abs(values[0]).sum(axis=1))
    means = np.mean(parts, axis=0)
    order = np.argsort(-means, kind="stable").tolist()
    return [{"column": views[place].name, "mean_abs": float(means[place])} for place in order]


def _permuted_score(few: Measured, places: Rows, order: Rows) -> float:
    x = few.x.copy()
    x[:, places] = few.x[np.ix_(order, places)]
    return score_of(few.problem, few.y, few.predict(x))


def _told(values: Floats, answers: Values) -> float:
    """Return the share of the answers' variance that lies between bins of a feature."""
    known = np.isfinite(values)
    numbers = np.full(len(values), 0, dtype=np.int64)
    edges = bin_edges(values[known].astype(np.float64), _SCREENED_BINS)
    numbers[known] = 1 + np.searchsorted(edges, values[known], side="left")
    counts = np.bincount(numbers)
    centred = answers - answers.mean(axis=0)
    total = (centred**2).sum()
    sums = np.stack([np.bincount(numbers, column, len(counts)) for column in centred.T])
    between = (sums**2 / np.maximum(counts, 1)).sum()
    return float(between / total) if total > 0 else 0.0
