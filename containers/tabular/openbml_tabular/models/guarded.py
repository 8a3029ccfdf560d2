"""Keeps from learners what their libraries would refuse: one class, one value, nothing that varies."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import AlgorithmType, Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import FitLimits, FittedModel, Learner, Parameters
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class ConstantModel:
    """Says the same of every row.

    Attributes:
        values: shape (outputs,), float32.
    """

    values: Floats

    @property
    def size_bytes(self) -> int:
        return self.values.nbytes

    def predict(self, x: Floats) -> Floats:
        return np.tile(self.values, (len(x), 1))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        rows = graph.node("Slice", [graph.node("Shape", [features]), *_bounds(graph)])
        shape = graph.node("Concat", [rows, graph.constant(np.array([len(self.values)], np.int64))], axis=0)
        return graph.node("Expand", [graph.constant(self.values[None, :]), shape])


def _bounds(graph: GraphBuilder) -> Sequence[str]:
    return graph.constant(np.array([0], np.int64)), graph.constant(np.array([1], np.int64))


@dataclass(frozen=True)
class AllClassesModel:
    """A model of the classes that its training rows had; each of the others has a small probability.

    Attributes:
        present: classes of the model's columns, ascending.
        absent_share: probability of each class that was absent.
    """

    model: FittedModel
    present: npt.NDArray[np.int64]
    classes: int
    absent_share: float

    @property
    def size_bytes(self) -> int:
        return self.model.size_bytes

    def predict(self, x: Floats) -> Floats:
        return self.model.predict(x) @ self._spread + self._floor

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        inner = self.model.add_to(graph, features)
        return graph.node("Gemm", [inner, graph.constant(self._spread), graph.constant(self._floor)])

    @cached_property
    def _floor(self) -> Floats:
        floor = np.full(self.classes, self.absent_share, np.float32)
        floor[self.present] = 0
        return floor

    @cached_property
    def _spread(self) -> Floats:
        """Shape (present, classes)."""
        spread = np.zeros((len(self.present), self.classes), np.float32)
        spread[np.arange(len(self.present)), self.present] = 1 - self._floor.sum()
        return spread


@dataclass(frozen=True)
class GuardedLearner:
    """A learner that takes whatever rows there are; the one inside sees only problems that are some."""

    inside: Learner

    @property
    def code(self) -> str:
        return self.inside.code

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return self.inside.takes(problem, rows=rows, features=features)

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return self.inside.memory_bytes(problem, rows=rows, features=features)

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> FittedModel:
        """Fit as `Learner.fit` says. Raises ValueError: there is no row to learn from."""
        if not len(training):
            raise ValueError("a learner needs at least one row")
        if _says_nothing(training):
            return constant_model(training, problem)
        present = np.unique(training.y).astype(np.int64) if problem.is_classification else None
        if present is not None and len(present) < problem.outputs:
            inner, inner_problem = _only(training, present), _problem_of(problem, present)
            checked = None if validation is None else _only(validation, present)
            model = self.inside.fit(
                inner, checked if checked else None, inner_problem, parameters, limits=limits, seed=seed
            )
            return AllClassesModel(model, present, problem.outputs, _absent_share(training, problem))
        checked = validation if validation else None
        return self.inside.fit(training, checked, problem, parameters, limits=limits, seed=seed)


def _says_nothing(training: Examples) -> bool:
    """Tell whether all targets or all features are the same."""
    x, y = training.x, training.y
    if (y == y[0]).all():
        return True
    return x.shape[1] == 0 or bool(((x == x[0]) | (np.isnan(x) & np.isnan(x[0]))).all())


def constant_model(training: Examples, problem: Problem) -> ConstantModel:
    """Return the model of the least loss that looks at no feature."""
    return ConstantModel(_prior(training, problem))


def _prior(training: Examples, problem: Problem) -> Floats:
    """Return the best constant, shape (outputs,)."""
    weights = np.ones(len(training)) if training.weights is None else training.weights
    if problem.is_classification:
        totals = np.bincount(training.y, weights=weights, minlength=problem.outputs)
        shares = totals / totals.sum()
        absent = shares == 0
        shares[absent] = _absent_share(training, problem)
        shares[~absent] *= 1 - shares[absent].sum()
        return shares.astype(np.float32)
    if problem.objective is Objective.QUANTILE:
        values = np.quantile(training.y, problem.quantiles, weights=weights, method="inverted_cdf")
        return np.asarray(values, np.float32)
    return np.array([np.average(training.y, weights=weights)], np.float32)


def _absent_share(training: Examples, problem: Problem) -> float:
    """Return the probability of a class that no training row has (Laplace's rule of succession)."""
    return 1 / (len(training) + problem.outputs)


def _problem_of(problem: Problem, present: npt.NDArray[np.int64]) -> Problem:
    labels = tuple(problem.labels[place] for place in present)
    kind = AlgorithmType.BINARY if len(labels) == 2 else AlgorithmType.MULTICLASS
    return replace(problem, kind=kind, labels=labels)


def _only(examples: Examples, present: npt.NDArray[np.int64]) -> Examples:
    """Return the rows of these classes, which are numbered from 0."""
    kept = examples.take(np.flatnonzero(np.isin(examples.y, present)))
    return replace(kept, y=np.searchsorted(present, kept.y))


def size_of(model: object) -> int:
    """Return a model's size as it is stored."""
    return len(pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL))
