"""Small tables that every kind of learner can learn something from."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import onnxruntime

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import FitLimits, FittedModel, Parameters
from openbml_tabular.models.losses import loss_of
from openbml_tabular.models.registry import learner
from openbml_tabular.problem import Problem

PROBLEMS = {
    "binary": Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes")),
    "auc": Problem(AlgorithmType.BINARY, Metric.ROC_AUC, ("no", "yes")),
    "multiclass": Problem(AlgorithmType.MULTICLASS, Metric.ACCURACY, ("low", "middle", "high", "absent")),
    "mean": Problem(AlgorithmType.REGRESSION, Metric.RMSE),
    "absolute": Problem(AlgorithmType.REGRESSION, Metric.MAE),
    "quantile": Problem(
        AlgorithmType.REGRESSION, Metric.PINBALL, objective=Objective.QUANTILE, quantiles=(0.1, 0.5, 0.9)
    ),
    "count": Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE, objective=Objective.COUNT),
}
# Small enough for tests; what is left out has its default.
QUICK: dict[str, Parameters] = {
    "LGBM": {"n_estimators": 80, "num_leaves": 15, "learning_rate": 0.1},
    "CAT": {"iterations": 80, "learning_rate": 0.15, "depth": 5},
    "XGB": {"n_estimators": 80, "max_depth": 4, "learning_rate": 0.1},
    "RF": {"n_estimators": 60},
    "XT": {"n_estimators": 60},
    "LR": {},
    "KNN": {},
    "MLP": {"epochs": 50, "hidden_width": 64},
}
WRONG: dict[str, Parameters] = {
    "LGBM": {"num_leaves": 1},
    "CAT": {"depth": 17},
    "XGB": {"subsample": 0},
    "RF": {"max_features": "all"},
    "XT": {"bootstrap": "yes"},
    "LR": {"C": "strong"},
    "KNN": {"n_neighbors": 2.5},
    "MLP": {"dropout": 1.0},
}
CONTRADICTIONS: dict[str, list[Parameters]] = {
    "LGBM": [
        {"boosting_type": "rf"},
        {"boosting_type": "rf", "subsample": 1.0},
        {"boosting_type": "goss", "subsample": 0.5},
        {"boosting_type": "dart"},
        {"max_depth": 3, "num_leaves": 200},
        {"extra_trees": True, "max_depth": 1, "num_leaves": 2},
    ],
    "CAT": [
        {"depth": 12, "iterations": 10, "border_count": 1},
        {"depth": 16, "iterations": 3, "border_count": 300},
        {"l2_leaf_reg": 0.0, "random_strength": 0.0, "subsample": 1.0},
    ],
    "XGB": [{"max_depth": 20, "max_bin": 2}, {"reg_alpha": 1.0, "gamma": 0.1, "colsample_bylevel": 0.01}],
    "RF": [{"bootstrap": False}, {"max_features": 500}, {"max_features": "log2"}, {"min_samples_leaf": 100}],
    "XT": [{"bootstrap": True, "max_depth": 4}, {"max_features": 1.0}, {"criterion": "entropy"}],
    "LR": [{"C": 1e-3, "l1_ratio": 0.5}, {"C": 1e4}, {"max_iter": 3}, {"l1_ratio": 1.0}],
    "KNN": [{"n_neighbors": 1000}, {"weights": "uniform"}, {"n_neighbors": 8}, {"n_neighbors": 1}],
    "MLP": [{"batch_size": 4096}, {"hidden_layers": 1, "dropout": 0.5}],
}
TINY: dict[str, Parameters] = {
    "LGBM": {"n_estimators": 10},
    "CAT": {"iterations": 10},
    "XGB": {"n_estimators": 10},
    "RF": {"n_estimators": 10},
    "XT": {"n_estimators": 10},
    "LR": {},
    "KNN": {},
    "MLP": {"epochs": 5},
}
TRAINING, VALIDATION = 500, 120


def number(name: str) -> Feature:
    return Feature(name=name, column=name, kind=FeatureKind.NUMBER)


def code(name: str, cardinality: int) -> Feature:
    return Feature(name=name, column=name, kind=FeatureKind.CODE, cardinality=cardinality)


FEATURES: Sequence[Feature] = (
    number("steep"), number("wavy"), number("noise"), number("constant"), number("never"),
    code("few", 4), code("two", 2), code("many", 40),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    problem: Problem
    training: Examples
    validation: Examples
    unseen: Examples

    @property
    def prior_loss(self) -> float:
        """Loss of the best constant."""
        y, problem = self.training.y, self.problem
        if problem.is_classification:
            constant = np.bincount(y, minlength=problem.outputs) / len(y)
        elif problem.objective is Objective.QUANTILE:
            constant = np.quantile(y, problem.quantiles)
        else:
            constant = np.array([np.median(y) if problem.metric is Metric.MAE else y.mean()])
        rows = np.tile(constant, (len(self.unseen), 1)).astype(np.float32)
        return loss_of(problem, rows, self.unseen)


@cache
def case(kind: str) -> Case:
    """Return a table with missing values, unseen codes, weights and columns that say nothing."""
    random = np.random.default_rng(3)
    rows = TRAINING + VALIDATION + 300
    x = np.zeros((rows, len(FEATURES)), np.float32)
    x[:, :3] = random.normal(size=(rows, 3))
    x[:, 3], x[:, 4] = 7, np.nan
    x[:, 5], x[:, 6] = random.integers(0, 4, rows), random.integers(0, 2, rows)
    x[:, 7] = np.minimum(random.geometric(0.1, rows) - 1, 39)
    effect = random.normal(size=40)
    signal = 2 * x[:, 0] + np.sin(2 * x[:, 1]) + 2 * (x[:, 5] == 1) + effect[x[:, 7].astype(int)]
    y = _targets(PROBLEMS[kind], signal + 0.4 * random.normal(size=rows), random)
    x[random.random(rows) < 0.1, 0] = np.nan
    x[random.random(rows) < 0.05, 7] = np.nan
    weights = random.uniform(0.5, 1.5, rows)
    every = Examples(x, y, FEATURES, weights / weights.mean())
    cuts = np.split(np.arange(rows), [TRAINING, TRAINING + VALIDATION])
    return Case(PROBLEMS[kind], *(every.take(part) for part in cuts))


def _targets(problem: Problem, signal: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if problem.kind is AlgorithmType.BINARY:
        return (signal > 0.7).astype(np.int64)
    if problem.is_classification:
        return np.digitize(signal, [-0.7, 1.3])
    if problem.objective is Objective.COUNT:
        return random.poisson(np.exp(np.clip(signal / 2, -3, 3))).astype(np.float64)
    return 500 + 40 * signal


def limits(seconds: float = 60) -> FitLimits:
    return FitLimits(time.monotonic() + seconds)


def fit(
    name: str,
    training: Examples,
    validation: Examples | None,
    problem: Problem,
    parameters: Parameters | None = None,
) -> FittedModel:
    """Fit the quick model of a learner."""
    quick = {**QUICK[name], **(parameters or {})}
    return learner(name).fit(training, validation, problem, quick, limits=limits(), seed=5)


@cache
def fitted(name: str, kind: str) -> FittedModel:
    """Return the quick model of a learner."""
    rows = case(kind)
    return fit(name, rows.training, rows.validation, rows.problem)


def better_than(rows: Case) -> float:
    """Return the loss that a model is better than which has learned something."""
    if rows.problem.objective is Objective.COUNT:
        return rows.prior_loss - 0.3  # the deviance up to a constant: no ratio of it means anything
    return 0.8 * rows.prior_loss


def strange_rows() -> Floats:
    """Return rows unlike any of training: nothing known, everything huge, everything tiny."""
    nothing = np.full(len(FEATURES), np.nan, np.float32)
    numbers = np.array([feature.kind is FeatureKind.NUMBER for feature in FEATURES])
    huge = np.where(numbers, np.float32(3e38), np.float32(0))
    return np.stack([nothing, huge, -huge, np.where(numbers, np.float32(1e-38), np.float32(1))])


@cache
def larger() -> tuple[Examples, Examples, Problem]:
    """Return a table that takes a while."""
    random = np.random.default_rng(1)
    x = random.normal(size=(20_000, 20)).astype(np.float32)
    y = (x[:, :5].sum(axis=1) + random.normal(size=len(x)) > 0).astype(np.int64)
    every = Examples(x, y, [number(f"x{place}") for place in range(20)])
    return every.take(np.arange(18_000)), every.take(np.arange(18_000, 20_000)), PROBLEMS["binary"]


def bad_rows(name: str, rows: Case) -> tuple[Examples, Examples | None]:
    """Return rows that a fold of a table can have, and validation rows."""
    training, validation = rows.training, rows.validation
    match name:
        case "one_row":
            return training.take(np.arange(1)), validation
        case "two_rows":
            return training.take(np.array([0, int(np.argmax(training.y != training.y[0]))])), None
        case "one_target":
            same = np.flatnonzero(training.y == training.y[0])
            return training.take(same), validation
        case "other_targets":
            lowest = np.flatnonzero(training.y < np.median(training.y) + 1)
            return training.take(lowest), validation.take(np.flatnonzero(validation.y == validation.y.max()))
        case "one_number":
            return _columns(training, 1), _columns(validation, 1)
        case "nothing_varies":
            still = training.x.copy()
            still[:] = still[0]
            return replace(training, x=still), validation
        case "extremes":
            wild = training.x.copy()
            wild[:10, :3] = 3e38
            wild[10:20, :3] = -3e38
            wild[20:40, :3] = 1e-40
            return replace(training, x=wild), validation
        case "few_rows":
            return training.take(np.arange(12)), validation.take(np.arange(2))
    raise ValueError(name)


def _columns(rows: Examples, count: int) -> Examples:
    return replace(rows, x=rows.x[:, :count], features=rows.features[:count])


@contextmanager
def refused(kind: type[Exception], *told: str) -> Iterator[None]:
    """Fail unless the block raises an error that says this."""
    try:
        yield
    except kind as error:
        missing = [text for text in told if text not in str(error)]
        if missing:
            raise AssertionError(f"{error} does not say {missing}") from error
        return
    raise AssertionError(f"nothing raised {kind.__name__}")


def from_graph(model: FittedModel, x: Floats, outputs: int) -> Floats:
    """Return what the model's graph says."""
    graph = GraphBuilder(x.shape[1])
    exported = graph.finished(model.add_to(graph, graph.features), output="said", width=outputs)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(exported.SerializeToString(), options)
    (said,) = session.run(["said"], {"features": x})
    return said
