"""What one would answer without any feature: the least that a model must beat."""

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Objective
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Training, Values


def baseline(problem: Problem, training: Training, rows: int) -> Values:
    """Return predictions of shape (rows, outputs): the classes' shares, the mean, or the quantiles of the
    training targets."""
    return np.broadcast_to(_answer(problem, training), (rows, problem.outputs)).astype(np.float64)


def _answer(problem: Problem, training: Training) -> Values:
    if problem.is_classification:
        return _shares(problem, training)
    y: npt.NDArray[np.float64] = np.asarray(training.y, dtype=np.float64)
    if problem.objective is Objective.QUANTILE:
        return np.asarray(np.quantile(y, problem.quantiles), dtype=np.float64)
    return np.array([y.mean()])


def _shares(problem: Problem, training: Training) -> Values:
    counts = training.class_counts or np.bincount(training.y, minlength=len(problem.labels))
    found: Values = np.asarray(counts, dtype=np.float64)
    shares: Values = found / found.sum()
    return shares
