"""The loss by which a learner judges itself on validation rows: smooth kin of the metrics that jump."""

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.problem import Problem

_SMALLEST = 1e-7


def loss_of(problem: Problem, predictions: Floats, rows: Examples) -> float:
    """Return the weighted mean loss, lower is better: log loss of classes; of values the pinball loss,
    Poisson deviance, absolute or squared error, as objective and metric ask.

    Args:
        predictions: shape (n, problem.outputs).
    """
    if problem.is_classification:
        losses = -np.log(np.maximum(predictions[np.arange(len(rows)), rows.y], _SMALLEST))
    else:
        losses = _losses_of_values(problem, predictions.astype(np.float64), rows.y)
    return float(np.average(losses, weights=rows.weights))


def _losses_of_values(
    problem: Problem, predictions: npt.NDArray[np.float64], targets: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    errors = targets[:, None] - predictions
    if problem.objective is Objective.QUANTILE:
        shares = np.array(problem.quantiles)
        return np.maximum(shares * errors, (shares - 1) * errors).mean(axis=1)
    if problem.objective is Objective.COUNT:
        rate = np.maximum(predictions[:, 0], _SMALLEST)
        # The part of the deviance that depends on the prediction.
        return rate - targets * np.log(rate)
    return np.abs(errors[:, 0]) if problem.metric is Metric.MAE else errors[:, 0] ** 2
