"""Figures of regressions: of means, counts and quantiles."""

from functools import cache

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Values
from openbml_tabular.report.weighted import Figure, Figures, mean, ratio

_SMALLEST_COUNT = 1e-9


def value_figures(problem: Problem, y: Values, predicted: Values) -> Figures:
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
        ordered = values[order]
        middle: Values = (ordered[np.minimum(low, last)] + ordered[np.minimum(high, last)]) / 2
        return middle

    return median


def quantile_figures(problem: Problem, y: Values, predictions: Values) -> Figures:
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


def pinball_losses(y: Values, predictions: Values, quantiles: npt.ArrayLike) -> Values:
    """Return the loss of each row and quantile, shape (n, quantiles).

    Source: Koenker and Bassett 1978, Econometrica 46, eq. 2.2.
    """
    error = y[:, None] - predictions
    return np.maximum(np.asarray(quantiles) * error, (np.asarray(quantiles) - 1) * error)
