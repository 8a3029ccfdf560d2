"""Figures of predictions as functions of how often each row counts, so that a bootstrap is a product of
matrices. What a figure needs beside the weights is worked out when it is first asked for.

Weights have shape (b, n): one line for each resample. A figure without meaning there is NaN.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Values

Figure = Callable[[Values], Values]
Figures = Mapping[str, Figure]

# Predictions are float32: what is nearer to 0 than their precision is as good as that.
SMALLEST_PROBABILITY = 1e-7
_SMALLEST_COUNT = 1e-9


def figures_of(problem: Problem, y: npt.NDArray[Any], predictions: npt.NDArray[np.floating]) -> Figures:
    """Return the figures that the problem is judged by, its own metric among them.

    Args:
        y: shape (n,); predictions: shape (n, outputs).
    """
    told = np.asarray(predictions, dtype=np.float64)
    if problem.is_classification:
        return _of_classes(np.asarray(y, dtype=np.int64), told)
    values = np.asarray(y, dtype=np.float64)
    if problem.objective is Objective.QUANTILE:
        return _of_quantiles(problem, values, told)
    return _of_values(problem, values, told[:, 0])


def metric_name(problem: Problem) -> str:
    """Return the name that the problem's metric has among its figures."""
    averaged = problem.is_classification and len(problem.labels) != 2
    return "macro_f1" if averaged and problem.metric is Metric.F1 else str(problem.metric)


def is_better_high(name: str) -> bool:
    """Tell whether a figure is good when it is high; errors and losses are not."""
    return name not in _LOSSES


_LOSSES = frozenset(
    {
        "log_loss", "brier", "rmse", "mae", "median_absolute_error", "mape", "pinball", "poisson_deviance",
        "interval_width",
    }
)  # fmt: skip


def score_of(problem: Problem, y: npt.NDArray[Any], predictions: npt.NDArray[np.floating]) -> float:
    """Return the problem's metric, higher is better; NaN where it has no meaning."""
    name = metric_name(problem)
    value = float(figures_of(problem, y, predictions)[name](np.ones((1, len(y))))[0])
    return value if is_better_high(name) else -value


def mean(values: Values) -> Figure:
    """Return the figure that is the weighted mean of a value of each row."""
    return lambda weights: ratio(weights @ values, weights.sum(axis=1))


def ratio(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)


def area_under_roc(positive: npt.NDArray[np.bool_], scores: Values) -> Figure:
    """Return the probability that a positive row scores higher than another; equal scores count half.

    Source: Hanley and McNeil 1982, Radiology 143, section "Meaning of the area".
    """
    ranking = cache(lambda: ranked(scores))

    def area(weights: Values) -> Values:
        order, starts = ranking()
        is_positive = positive[order].astype(np.float64)
        chosen = weights[:, order]
        above = np.add.reduceat(chosen * is_positive, starts, axis=1)
        other = np.add.reduceat(chosen * (1 - is_positive), starts, axis=1)
        below = np.cumsum(other, axis=1) - other / 2
        return ratio((above * below).sum(axis=1), above.sum(axis=1) * other.sum(axis=1))

    return area


def average_precision(positive: npt.NDArray[np.bool_], scores: Values) -> Figure:
    """Return the sum over the distinct scores of precision times what recall gains there.

    Source: Zhu 2004, Recall, precision and average precision; as in `classification_metrics`.
    """
    ranking = cache(lambda: ranked(-scores))

    def area(weights: Values) -> Values:
        order, starts = ranking()
        is_positive = positive[order].astype(np.float64)
        chosen = weights[:, order]
        hits = np.add.reduceat(chosen * is_positive, starts, axis=1)
        found = np.cumsum(np.add.reduceat(chosen, starts, axis=1), axis=1)
        precision = ratio(np.cumsum(hits, axis=1), found)
        return ratio(np.nansum(precision * hits, axis=1), hits.sum(axis=1))

    return area


def ranked(scores: Values) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the rows by rising score, and where in that order each distinct score begins."""
    order = np.argsort(scores, kind="stable")
    sorted_scores = scores[order]
    return order, np.flatnonzero(np.append([True], sorted_scores[1:] != sorted_scores[:-1]))


def log_losses(y: npt.NDArray[np.int64], probabilities: Values) -> Values:
    """Return -log of the true class's probability of each row, in nats."""
    true = probabilities[np.arange(len(y)), y]
    return -np.log(np.clip(true, SMALLEST_PROBABILITY, 1.0))


def brier_scores(y: npt.NDArray[np.int64], probabilities: Values) -> Values:
    """Return each row's squared error: of the second class where there are two, else the sum over classes.

    Source: Brier 1950, Monthly Weather Review 78; the form for two classes is half of his.
    """
    if probabilities.shape[1] == 2:
        binary: Values = (probabilities[:, 1] - (y == 1)) ** 2
        return binary
    squares = (probabilities**2).sum(axis=1)
    whole: Values = squares - 2 * probabilities[np.arange(len(y)), y] + 1
    return whole


def pinball_losses(y: Values, predictions: Values, quantiles: npt.ArrayLike) -> Values:
    """Return the loss of each row and quantile, shape (n, quantiles).

    Source: Koenker and Bassett 1978, Econometrica 46, eq. 2.2.
    """
    error = y[:, None] - predictions
    return np.maximum(np.asarray(quantiles) * error, (np.asarray(quantiles) - 1) * error)


def _of_classes(y: npt.NDArray[np.int64], probabilities: Values) -> Figures:
    count = probabilities.shape[1]
    shared: dict[str, Figure] = {
        "accuracy": mean((probabilities.argmax(axis=1) == y).astype(np.float64)),
        "log_loss": mean(log_losses(y, probabilities)),
        "brier": mean(brier_scores(y, probabilities)),
    }
    table = _Tallies(y, probabilities.argmax(axis=1), count)
    shared["balanced_accuracy"] = table.balanced_accuracy
    if count == 2:
        return shared | {
            "roc_auc": area_under_roc(y == 1, probabilities[:, 1]),
            "average_precision": average_precision(y == 1, probabilities[:, 1]),
            "precision": lambda weights: table.precision(weights)[:, 1],
            "recall": lambda weights: table.recall(weights)[:, 1],
            "f1": lambda weights: table.f1(weights)[:, 1],
            "mcc": table.correlation,
        }
    return shared | {
        "roc_auc": _macro_area(y, probabilities),
        "macro_precision": lambda weights: table.over_present(table.precision(weights)),
        "macro_recall": lambda weights: table.over_present(table.recall(weights)),
        "macro_f1": lambda weights: table.over_present(table.f1(weights)),
    }


def _macro_area(y: npt.NDArray[np.int64], probabilities: Values) -> Figure:
    """Mean of the areas of the classes, each against the rest, that are among the rows."""
    present = [place for place in range(probabilities.shape[1]) if 0 < (y == place).sum() < len(y)]
    areas = [area_under_roc(y == place, probabilities[:, place]) for place in present]

    def area(weights: Values) -> Values:
        if not areas:
            return np.full(len(weights), np.nan)
        return _mean_of_known(np.stack([one(weights) for one in areas], axis=1))

    return area


def _mean_of_known(values: Values) -> Values:
    """Return the mean over the second axis of what is no NaN."""
    known = np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1).astype(np.float64))


class _Tallies:
    """Right, predicted and true rows of each class; those of the last resamples are kept, as several figures
    follow from them."""

    def __init__(self, y: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], classes: int) -> None:
        self._y, self._predicted, self._classes = y, predicted, classes
        self._right = y == predicted
        self._present = np.bincount(y, minlength=classes) > 0
        self._of: tuple[Values, tuple[Values, Values, Values]] | None = None

    def balanced_accuracy(self, weights: Values) -> Values:
        return self.over_present(self.recall(weights))

    def precision(self, weights: Values) -> Values:
        """Shape (b, classes); a class that is never predicted has 0."""
        right, predicted, _ = self._counts(weights)
        return np.divide(right, predicted, out=np.zeros_like(right), where=predicted > 0)

    def recall(self, weights: Values) -> Values:
        """Shape (b, classes); NaN for a class that a resample has no row of."""
        right, _, actual = self._counts(weights)
        return ratio(right, actual)

    def f1(self, weights: Values) -> Values:
        right, predicted, actual = self._counts(weights)
        return ratio(2 * right, predicted + actual)

    def correlation(self, weights: Values) -> Values:
        """Matthews's correlation coefficient (1975, Biochimica et Biophysica Acta 405), 0 of constants."""
        right, predicted, actual = self._counts(weights)
        total = weights.sum(axis=1)
        above = right[:, 1] * total - predicted[:, 1] * actual[:, 1]
        below = np.sqrt(np.prod(predicted, axis=1) * np.prod(actual, axis=1))
        return np.divide(above, below, out=np.zeros_like(below), where=below > 0)

    def over_present(self, of_classes: Values) -> Values:
        return _mean_of_known(of_classes[:, self._present])

    def _counts(self, weights: Values) -> tuple[Values, Values, Values]:
        if self._of is None or self._of[0] is not weights:
            right = self._by_class(self._y, weights * self._right)
            predicted = self._by_class(self._predicted, weights)
            self._of = weights, (right, predicted, self._by_class(self._y, weights))
        return self._of[1]

    def _by_class(self, classes: npt.NDArray[np.int64], weights: Values) -> Values:
        return np.stack([np.bincount(classes, weights=row, minlength=self._classes) for row in weights])


def _of_values(problem: Problem, y: Values, predicted: Values) -> Figures:
    error = y - predicted
    figures: dict[str, Figure] = {
        "rmse": lambda weights: np.sqrt(mean(error**2)(weights)),
        "mae": mean(np.abs(error)),
        "r2": _explained(y, error),
        "median_absolute_error": _median(np.abs(error)),
    }
    if len(y) and np.abs(y).min() > 0:
        figures["mape"] = mean(np.abs(error / y))
    if problem.objective is Objective.COUNT or problem.metric is Metric.POISSON_DEVIANCE:
        figures["poisson_deviance"] = mean(poisson_deviances(y, predicted))
    return figures


def poisson_deviances(y: Values, predicted: Values) -> Values:
    """Return each row's unit deviance, 2 (y log(y / p) - y + p), of counts.

    Source: McCullagh and Nelder 1989, Generalized linear models, table 2.1.
    """
    safe = np.maximum(predicted, _SMALLEST_COUNT)
    logs = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / safe), 0.0)
    return 2 * (logs - y + safe)


def _explained(y: Values, error: Values) -> Figure:
    centred = y - y.mean() if len(y) else y

    def explained(weights: Values) -> Values:
        total = weights.sum(axis=1)
        spread = weights @ centred**2 - ratio((weights @ centred) ** 2, total)
        return 1 - ratio(weights @ error**2, np.where(spread > 1e-12 * np.abs(total), spread, 0.0))

    return explained


def _median(values: Values) -> Figure:
    ranking = cache(lambda: np.argsort(values, kind="stable"))

    def median(weights: Values) -> Values:
        order = ranking()
        reached = np.cumsum(weights[:, order], axis=1)
        half = reached[:, -1:] / 2
        low, high = (reached < half).sum(axis=1), (reached <= half).sum(axis=1)
        last = len(values) - 1
        return (values[order][np.minimum(low, last)] + values[order][np.minimum(high, last)]) / 2

    return median


def _of_quantiles(problem: Problem, y: Values, predictions: Values) -> Figures:
    quantiles = np.asarray(problem.quantiles)
    middle = int(np.abs(quantiles - 0.5).argmin())
    figures: dict[str, Figure] = {
        "pinball": mean(pinball_losses(y, predictions, quantiles).mean(axis=1)),
        "mae": mean(np.abs(y - predictions[:, middle])),
    }
    if len(quantiles) > 1:
        low, high = predictions[:, 0], predictions[:, -1]
        figures["interval_coverage"] = mean(((low <= y) & (y <= high)).astype(np.float64))
        figures["interval_width"] = mean(high - low)
    return figures
