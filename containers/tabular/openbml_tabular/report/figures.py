"""The figures that a problem is judged by."""

from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.problem import Problem
from openbml_tabular.report.class_figures import class_figures
from openbml_tabular.report.inputs import Values
from openbml_tabular.report.value_figures import quantile_figures, value_figures
from openbml_tabular.report.weighted import Figures

_LOSSES = frozenset(
    {
        "log_loss", "brier", "rmse", "mae", "median_absolute_error", "mape", "pinball", "poisson_deviance",
        "interval_width",
    }
)  # fmt: skip


def figures_of(problem: Problem, y: npt.NDArray[Any], predictions: npt.NDArray[np.floating]) -> Figures:
    """Return the figures that the problem is judged by, its own metric among them.

    Args:
        y: shape (n,); predictions: shape (n, outputs).
    """
    told = np.asarray(predictions, dtype=np.float64)
    if problem.is_classification:
        return class_figures(np.asarray(y, dtype=np.int64), told)
    values = np.asarray(y, dtype=np.float64)
    if problem.objective is Objective.QUANTILE:
        return quantile_figures(problem, values, told)
    return value_figures(problem, values, told[:, 0])


def metric_name(problem: Problem) -> str:
    """Return the name that the problem's metric has among its figures."""
    averaged = problem.is_classification and len(problem.labels) != 2
    return "macro_f1" if averaged and problem.metric is Metric.F1 else str(problem.metric)


def is_better_high(name: str) -> bool:
    """Tell whether a figure is good when it is high; errors and losses are not."""
    return name not in _LOSSES


def score_of(problem: Problem, y: npt.NDArray[Any], predictions: npt.NDArray[np.floating]) -> float:
    """Return the problem's metric, higher is better; NaN where it has no meaning."""
    name = metric_name(problem)
    value = float(figures_of(problem, y, predictions)[name](np.ones((1, len(y))))[0])
    return value if is_better_high(name) else -value


def values_of(figures: Figures, weights: Values) -> dict[str, float]:
    """Return each figure of rows with these weights, shape (n,)."""
    return {name: float(figure(weights[None, :])[0]) for name, figure in figures.items()}
