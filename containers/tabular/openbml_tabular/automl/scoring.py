"""How good predictions are: each metric of the settings, higher is better, with weights of rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from openbml_catalog.tabular.settings import Metric
from openbml_tabular.problem import Problem

Array = npt.NDArray[Any]
Weights = npt.NDArray[np.float64] | None
_LEAST_PROBABILITY = 1e-7
_LEAST_COUNT = 1e-9
# Metrics of ranks and decisions are the same for many predictions: of two such, the better calibrated one.
_LOG_LOSS_SHARE = 0.02
_NEEDS_TIE_BREAK = frozenset({Metric.ROC_AUC, Metric.ACCURACY, Metric.BALANCED_ACCURACY, Metric.F1})


def true_class_probability(y: Array, scores: Array) -> Array:
    """Return shape (n,): the probability that each row's own class was given."""
    return scores[np.arange(len(y)), y]


def log_loss(y: Array, scores: Array, weights: Weights = None) -> float:
    return _mean_log_loss(true_class_probability(y, scores), weights)


def _mean_log_loss(probabilities: Array, weights: Weights) -> float:
    losses = -np.log(np.clip(probabilities, _LEAST_PROBABILITY, 1))
    return float(np.average(losses, weights=weights))


def roc_auc(y: Array, scores: Array, weights: Weights = None) -> float:
    """Return the area under the ROC curve; of several classes the mean of each against the rest.

    Classes without a row, or with nothing but their rows, are left out; 0.5 where none is left.
    """
    classes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    areas = [_binary_auc(y == label, scores[:, label], weights) for label in classes]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if known else 0.5


def _binary_auc(positive: Array, score: Array, weights: Weights) -> float | None:
    """By ranks (Mann and Whitney 1947); with weights by the sums of negatives below each positive."""
    if positive.all() or not positive.any():
        return None
    if weights is None:
        count = positive.sum()
        above = rankdata(score)[positive].sum() - count * (count + 1) / 2
        return float(above / (count * (len(score) - count)))
    _, place = np.unique(score, return_inverse=True)
    negatives = np.bincount(place, weights * ~positive)
    below = np.cumsum(negatives) - negatives / 2
    return float((below[place] * weights)[positive].sum() / (weights[positive].sum() * negatives.sum()))


def accuracy(y: Array, scores: Array, weights: Weights = None) -> float:
    return float(np.average(scores.argmax(axis=1) == y, weights=weights))


def _confusion(y: Array, scores: Array, weights: Weights) -> Array:
    """Return shape (classes, classes): sums of weights, true classes in rows."""
    classes = scores.shape[1]
    cells = np.bincount(y * classes + scores.argmax(axis=1), weights, minlength=classes * classes)
    return cells.reshape(classes, classes)


def balanced_accuracy(y: Array, scores: Array, weights: Weights = None) -> float:
    """Return the mean recall of the classes that have rows."""
    cells = _confusion(y, scores, weights)
    there = cells.sum(axis=1) > 0
    return float(np.mean(cells.diagonal()[there] / cells.sum(axis=1)[there]))


def f1(y: Array, scores: Array, weights: Weights = None) -> float:
    """Return F1 of the second of two classes, else the mean over the classes."""
    cells = _confusion(y, scores, weights)
    both = cells.sum(axis=0) + cells.sum(axis=1)
    of_classes = 2 * cells.diagonal() / np.maximum(both, 1e-12)
    return float(of_classes[1] if len(cells) == 2 else of_classes[both > 0].mean())


def rmse(y: Array, values: Array, weights: Weights = None) -> float:
    return float(np.sqrt(np.average((values[:, 0] - y) ** 2, weights=weights)))


def mae(y: Array, values: Array, weights: Weights = None) -> float:
    return float(np.average(np.abs(values[:, 0] - y), weights=weights))


def r2(y: Array, values: Array, weights: Weights = None) -> float:
    """Return 1 less the share of the variance that is left; 0 for a target without variance."""
    variance = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    return 1 - rmse(y, values, weights) ** 2 / float(variance) if variance > 0 else 0.0


def poisson_deviance(y: Array, values: Array, weights: Weights = None) -> float:
    mean = np.maximum(values[:, 0], _LEAST_COUNT)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(y > 0, y * np.log(y / mean), 0.0)
    return float(np.average(2 * (logs - y + mean), weights=weights))


def pinball(y: Array, values: Array, quantiles: Array, weights: Weights = None) -> float:
    """Return the mean loss of all quantiles. Source: Koenker and Bassett 1978."""
    over = y[:, None] - values
    return float(
        np.average(np.maximum(quantiles * over, (quantiles - 1) * over).mean(axis=1), weights=weights)
    )


_OF_CLASSES: Mapping[Metric, Callable[[Array, Array, Weights], float]] = {
    Metric.LOG_LOSS: log_loss,
    Metric.ROC_AUC: roc_auc,
    Metric.ACCURACY: accuracy,
    Metric.BALANCED_ACCURACY: balanced_accuracy,
    Metric.F1: f1,
}
_OF_VALUES: Mapping[Metric, Callable[[Array, Array, Weights], float]] = {
    Metric.RMSE: rmse,
    Metric.MAE: mae,
    Metric.R2: r2,
    Metric.POISSON_DEVIANCE: poisson_deviance,
}
_LOSSES = frozenset({Metric.LOG_LOSS, Metric.RMSE, Metric.MAE, Metric.PINBALL, Metric.POISSON_DEVIANCE})


def figures(problem: Problem, y: Array, prediction: Array, weights: Weights = None) -> dict[str, float]:
    """Return all metrics that fit the problem, in their usual sign."""
    if problem.is_classification:
        return {metric.value: of(y, prediction, weights) for metric, of in _OF_CLASSES.items()}
    if problem.quantiles:
        return {Metric.PINBALL.value: pinball(y, prediction, np.asarray(problem.quantiles), weights)}
    counts = problem.metric is Metric.POISSON_DEVIANCE
    told = {
        metric: of for metric, of in _OF_VALUES.items() if counts or metric is not Metric.POISSON_DEVIANCE
    }
    return {metric.value: of(y, prediction, weights) for metric, of in told.items()}


def score(problem: Problem, y: Array, prediction: Array, weights: Weights = None) -> float:
    """Return the problem's metric, losses negative.

    Args:
        prediction: shape (n, problem.outputs).
    """
    metric = problem.metric
    if metric is Metric.PINBALL:
        value = pinball(y, prediction, np.asarray(problem.quantiles), weights)
    else:
        value = ({**_OF_CLASSES, **_OF_VALUES}[metric])(y, prediction, weights)
    return -value if metric in _LOSSES else value


@dataclass(frozen=True)
class Criterion:
    """What combinations are compared by, over some rows.

    A combination is a mean of predictions, so each prediction is first reduced to what the metric needs: log
    loss needs one probability of each row, however many classes there are.
    """

    problem: Problem
    y: Array
    weights: Weights = None

    def view(self, prediction: Array) -> Array:
        if self.problem.metric is Metric.LOG_LOSS:
            return true_class_probability(self.y, prediction)[:, None]
        return prediction

    def of(self, view: Array) -> float:
        """Return the score of a view or of a mean of views; metrics of ranks and decisions, which many
        predictions share, count log loss a little."""
        if self.problem.metric is Metric.LOG_LOSS:
            return -_mean_log_loss(view[:, 0], self.weights)
        found = score(self.problem, self.y, view, self.weights)
        if self.problem.metric in _NEEDS_TIE_BREAK:
            found -= _LOG_LOSS_SHARE * log_loss(self.y, view, self.weights)
        return found

    def at(self, rows: Array) -> "Criterion":
        return Criterion(self.problem, self.y[rows], None if self.weights is None else self.weights[rows])
