"""Regularised linear models, code LR."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNet, LogisticRegression, PoissonRegressor, Ridge

from openbml_catalog.tabular.settings import Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.models.links import Link, link_of
from openbml_tabular.models.losses import loss_of
from openbml_tabular.models.parameters import Settings, number, whole
from openbml_tabular.models.preparation import fit_transform_scaled
from openbml_tabular.models.stopping import begun
from openbml_tabular.problem import Problem

KNOWN = {
    "C": number(1e-6, 1e6),
    "l1_ratio": number(0, 1),
    "max_iter": whole(1, 10_000),
    "one_hot_max_size": whole(2, 1000),
}
# Inverse strengths of regularisation that are tried where validation can choose; one where it cannot.
_PATH = (0.03, 0.3, 3.0, 30.0)
_UNCHOSEN = 1.0
_MOST_CELLS = 50_000_000  # of the prepared rows; of more rows a sample is fitted
_FEWEST_ROWS = 10_000
_MOST_FEATURES = 5000
_NARROWEST = 0.05  # of the smoothing, in standard deviations of the target


@dataclass(frozen=True)
class LinearModel:
    """Attributes:
    weights: shape (width, scores); bias: shape (scores,); float32.
    """

    preparation: Preparation
    weights: Floats
    bias: Floats
    link: Link
    outputs: int

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        return self.link.apply(self.scores(self.preparation.transform(x)))

    def scores(self, prepared: Floats) -> Floats:
        return prepared @ self.weights + self.bias

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        scores = graph.node("Gemm", [prepared, graph.constant(self.weights), graph.constant(self.bias)])
        return self.link.add_to(graph, scores, self.outputs)


class Linear:
    """Logistic, ridge, elastic-net, quantile or Poisson regression over scaled features.

    `C` is the inverse strength of regularisation for every kind, as scikit-learn's logistic regression has
    it: the penalty of a mean loss is 1 / (C · rows). Without it, validation chooses among four.
    """

    code = "LR"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return features <= _MOST_FEATURES

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        most = max(_MOST_CELLS, _FEWEST_ROWS * features)
        return min(rows * features * 4, most) * 24 + 10_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> LinearModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        one_hot = settings.get("one_hot_max_size", 30)
        rows = _sampled(training, one_hot, seed)
        preparation, x = fit_transform_scaled(rows, problem, seed=seed, one_hot=one_hot)
        fits = _fits(
            _Task(x, rows, problem, settings, seed), preparation, limits, path=validation is not None
        )
        if validation is None:
            return next(fits)
        return min(fits, key=lambda model: loss_of(problem, model.predict(validation.x), validation))


def _sampled(training: Examples, one_hot: int, seed: int) -> Examples:
    """Return as many rows as a solver, which nothing ends early, is done with in seconds."""
    widths = [each.cardinality if 0 < each.cardinality <= one_hot else 1 for each in training.features]
    most = max(_FEWEST_ROWS, _MOST_CELLS // sum(widths))
    if len(training) <= most:
        return training
    chosen = np.random.default_rng(seed).choice(len(training), most, replace=False)
    return training.take(np.sort(chosen))


@dataclass(frozen=True)
class _Task:
    x: Floats
    rows: Examples
    problem: Problem
    settings: Settings
    seed: int


def _fits(task: _Task, preparation: Preparation, limits: FitLimits, *, path: bool) -> Iterator[LinearModel]:
    """Fit one model for each strength until the deadline, the first in any case."""
    if "C" in task.settings:
        strengths: Sequence[float] = (task.settings.get("C", _UNCHOSEN),)
    else:
        strengths = _PATH if path else (_UNCHOSEN,)
    before = limits.left_s
    for strength in strengths:
        weights, bias = _solved(task, strength)
        link = link_of(task.problem)
        yield LinearModel(preparation, weights, bias, link, task.problem.outputs)
        spent = before - limits.left_s
        before = limits.left_s
        if spent > before:
            return


def _solved(task: _Task, strength: float) -> tuple[Floats, Floats]:
    """Return weights, shape (width, scores), and bias, shape (scores,)."""
    with warnings.catch_warnings():
        # Ended by max_iter: still the best so far, and validation judges it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if task.problem.is_classification:
            fitted = _logistic(task, strength).fit(task.x, task.rows.y, task.rows.weights)
            return _columns(fitted.coef_), np.asarray(fitted.intercept_, np.float32)
        if task.problem.objective is Objective.COUNT:
            return _poisson(task, strength)
        if task.problem.objective is Objective.QUANTILE:
            parts = [_scaled(_quantile(task, strength, each), task) for each in task.problem.quantiles]
            weights, biases = zip(*parts, strict=True)
            return np.concatenate(weights, axis=1), np.concatenate(biases)
        return _scaled(_least_squares(task, strength), task)


def _columns(coefficients: npt.NDArray[Any]) -> Floats:
    return np.ascontiguousarray(coefficients.T, np.float32)


def _logistic(task: _Task, strength: float) -> LogisticRegression:
    share = task.settings.get("l1_ratio", 0.0)
    return LogisticRegression(
        C=strength,
        l1_ratio=share,
        solver="saga" if share else "lbfgs",
        max_iter=task.settings.get("max_iter", 50 if share else 300),
        random_state=task.seed,
    )


def _least_squares(task: _Task, strength: float) -> tuple[npt.NDArray[Any], float]:
    share = task.settings.get("l1_ratio", 0.0)
    values = _standardised(task)
    x = task.x.astype(np.float64)
    if share:
        model = ElasticNet(
            alpha=1 / (strength * len(x)),
            l1_ratio=share,
            max_iter=task.settings.get("max_iter", 1000),
            random_state=task.seed,
        )
    else:
        model = Ridge(alpha=1 / strength, random_state=task.seed)
    fitted = model.fit(x, values, sample_weight=task.rows.weights)
    return fitted.coef_, float(fitted.intercept_)


def _quantile(task: _Task, strength: float, quantile: float) -> tuple[npt.NDArray[Any], float]:
    """Fit a quantile by the pinball loss, smoothed by a logistic kernel, with a ridge penalty.

    Source: He, Pan, Tan & Zhou 2023, "Smoothed quantile regression with large-scale inference"; the exact
    linear programme takes minutes where this takes a second.
    """
    y, x = _standardised(task), task.x.astype(np.float64)
    shares = np.full(len(x), 1 / len(x)) if task.rows.weights is None else task.rows.weights / len(x)
    penalty = 1 / (strength * len(x))
    width = max(_NARROWEST, ((x.shape[1] + np.log(len(x))) / len(x)) ** 0.4 / 4)

    def loss(guess: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = guess[:-1]
        errors = y - x @ weights - guess[-1]
        losses = quantile * errors + width * np.logaddexp(0, -errors / width)
        slopes = shares * (expit(-errors / width) - quantile)
        gradient = np.append(x.T @ slopes + penalty * weights, slopes.sum())
        return float(shares @ losses + penalty / 2 * (weights @ weights)), gradient

    start = np.append(np.zeros(x.shape[1]), np.quantile(y, quantile))
    iterations = task.settings.get("max_iter", 300)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    return found.x[:-1], float(found.x[-1])


def _standardised(task: _Task) -> npt.NDArray[np.float64]:
    values = task.rows.y
    return (values - values.mean()) / values.std()


def _scaled(fitted: tuple[npt.NDArray[Any], float], task: _Task) -> tuple[Floats, Floats]:
    """Return the weights of the target as it is, of those of the standardised one."""
    weights, bias = fitted
    spread, middle = task.rows.y.std(), task.rows.y.mean()
    return (weights * spread)[:, None].astype(np.float32), np.array([bias * spread + middle], np.float32)


def _poisson(task: _Task, strength: float) -> tuple[Floats, Floats]:
    """Fit counts around a mean of 1, whose logarithm then moves the bias."""
    mean = task.rows.y.mean()
    model = PoissonRegressor(alpha=1 / (strength * len(task.x)), max_iter=task.settings.get("max_iter", 300))
    fitted = model.fit(task.x.astype(np.float64), task.rows.y / mean, sample_weight=task.rows.weights)
    return fitted.coef_[:, None].astype(np.float32), np.array([fitted.intercept_ + np.log(mean)], np.float32)
