"""Probabilities that mean what they say: scaling of log probabilities, chosen by cross-fitted log loss.

Three forms, each a special case of the next: one temperature; a temperature and a bias of each class; a scale
and a bias of each class, which for two classes is beta calibration.

Sources: Guo et al. 2017, arXiv:1706.04599 (temperature, vector scaling); Kull et al. 2017 (beta calibration).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from openbml_tabular.automl.scoring import Array, Weights
from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder

_LEAST = np.float32(1e-7)
_MOST_ROWS = 50_000
_CHECKS = 5
_ROWS_FOR_A_PARAMETER = 25
_PENALTY = 1e-3  # pulls towards no change, which keeps a fit to separable rows finite


@dataclass(frozen=True)
class Calibration:
    """softmax(log p · scale + bias).

    Attributes:
        scale, bias: shape (classes,), float32.
    """

    scale: Floats
    bias: Floats

    def apply(self, scores: Floats) -> Floats:
        logs = np.log(np.clip(scores, _LEAST, 1))
        return softmax(logs * self.scale + self.bias, axis=1).astype(np.float32)

    def add_to(self, graph: GraphBuilder, scores: str) -> str:
        clipped = graph.node("Clip", [scores, graph.constant(_LEAST), graph.constant(np.float32(1))])
        logs = graph.node("Log", [clipped])
        scaled = graph.node("Mul", [logs, graph.constant(self.scale)])
        moved = graph.node("Add", [scaled, graph.constant(self.bias)])
        return graph.node("Softmax", [moved], axis=1)


@dataclass(frozen=True)
class _Form:
    """A family of calibrations: how a vector of free parameters, 0 for no change, becomes scale and bias."""

    parameters: int
    unpack: Callable[[Array], tuple[Array, Array]]
    gradient: Callable[[Array, Array], Array]


def _forms(classes: int, *, biased: bool) -> Sequence[_Form]:
    """Return the forms from the simplest; a bias moves decisions, which not every metric wants."""
    temperature = _Form(
        1,
        lambda free: (np.full(classes, np.exp(free[0])), np.zeros(classes)),
        lambda scale, bias: np.array([scale.sum()]),
    )
    with_bias = _Form(
        1 + classes,
        lambda free: (np.full(classes, np.exp(free[0])), free[1:]),
        lambda scale, bias: np.concatenate([[scale.sum()], bias]),
    )
    full = _Form(
        2 * classes,
        lambda free: (np.exp(free[:classes]), free[classes:]),
        lambda scale, bias: np.concatenate([scale, bias]),
    )
    return [temperature, with_bias, full] if biased else [temperature]


def _fitted(form: _Form, logs: Array, y: Array, weights: Weights) -> tuple[Array, Array]:
    """Return scale and bias of the least log loss."""
    share = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    own = np.arange(len(y)), y

    def loss(free: Array) -> tuple[float, Array]:
        scale, bias = form.unpack(free)
        told = log_softmax(logs * scale + bias, axis=1)
        error = np.exp(told)
        error[own] -= 1
        error *= share[:, None]
        slopes = form.gradient((error * logs).sum(axis=0) * scale, error.sum(axis=0))
        penalty = _PENALTY * float(free @ free)
        return float(-(share * told[own]).sum()) + penalty, slopes + 2 * _PENALTY * free

    found = minimize(loss, np.zeros(form.parameters), jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return form.unpack(found.x)


def _row_losses(logs: Array, y: Array, scale: Array | float, bias: Array | float) -> Array:
    return -log_softmax(logs * scale + bias, axis=1)[np.arange(len(y)), y]


def _splits(rows: int, random: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    number = random.permutation(rows) % _CHECKS
    for check in range(_CHECKS):
        yield np.flatnonzero(number != check), np.flatnonzero(number == check)


def _cross_fitted(form: _Form, logs: Array, y: Array, weights: Weights, seed: int) -> Array:
    """Return each row's loss by a calibration that was fitted without it."""
    losses = np.empty(len(y))
    for fitted, checked in _splits(len(y), np.random.default_rng(seed)):
        told = None if weights is None else weights[fitted]
        scale, bias = _fitted(form, logs[fitted], y[fitted], told)
        losses[checked] = _row_losses(logs[checked], y[checked], scale, bias)
    return losses


def _is_better(losses: Array, than: Array, weights: Weights) -> bool:
    """Tell whether the mean falls by more than its standard error."""
    gain = than - losses
    mean = float(np.average(gain, weights=weights))
    return mean > float(gain.std()) / np.sqrt(len(gain))


def chosen_calibration(
    y: Array, scores: Floats, *, weights: Weights = None, biased: bool = True, seed: int = 0
) -> Calibration | None:
    """Return the calibration that lowers the log loss of rows it was not fitted to; None: no one does.

    Args:
        y: shape (n,); scores: shape (n, classes), of rows that the models did not see.
        biased: whether classes may be moved against each other.
    """
    if len(y) > _MOST_ROWS:
        rows = np.random.default_rng(seed).choice(len(y), _MOST_ROWS, replace=False)
        y, scores = y[rows], scores[rows]
        weights = None if weights is None else weights[rows]
    logs = np.log(np.clip(scores.astype(np.float64), _LEAST, 1))
    best: _Form | None = None
    least = _row_losses(logs, y, 1.0, 0.0)
    for form in _forms(scores.shape[1], biased=biased):
        if form.parameters * _ROWS_FOR_A_PARAMETER > len(y):
            break
        losses = _cross_fitted(form, logs, y, weights, seed)
        if _is_better(losses, least, weights):
            best, least = form, losses
    return None if best is None else _calibration(*_fitted(best, logs, y, weights))


def _calibration(scale: npt.NDArray[Any], bias: npt.NDArray[Any]) -> Calibration:
    return Calibration(scale.astype(np.float32), (bias - bias.mean()).astype(np.float32))
