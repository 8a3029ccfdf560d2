"""Learners for the checks of AutoML: fits take milliseconds, and some misbehave."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class LineModel:
    """A linear map of the features, missing ones 0, and of classes its softmax."""

    weights: Floats
    bias: Floats
    is_classification: bool

    @property
    def size_bytes(self) -> int:
        return self.weights.nbytes

    def predict(self, x: Floats) -> Floats:
        scores = np.nan_to_num(x) @ self.weights + self.bias
        if not self.is_classification:
            return scores.astype(np.float32)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        zero = graph.constant(np.float32(0))
        known = graph.node("Where", [graph.node("IsNaN", [features]), zero, features])
        scores = graph.node("Gemm", [known, graph.constant(self.weights), graph.constant(self.bias)])
        return graph.node("Softmax", [scores], axis=1) if self.is_classification else scores


class Line:
    """Least squares; of classes onto their indicators. Parameters: `ridge`, `steepness` of the softmax, and
    `log`, a folder that gets a file for each fit."""

    code = "LINE"
    needed_bytes = 1000

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return True

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return self.needed_bytes

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> LineModel:
        if "log" in parameters:
            Path(str(parameters["log"]), f"{time.monotonic_ns()}").touch()
        x = np.column_stack([np.nan_to_num(training.x), np.ones(len(training))]).astype(np.float64)
        share = np.ones(len(training)) if training.weights is None else training.weights
        ridge = float(parameters.get("ridge", 1e-3)) * np.eye(x.shape[1])
        found = np.linalg.solve(
            x.T @ (x * share[:, None]) + ridge, (x * share[:, None]).T @ _goal(training, problem)
        )
        found *= float(parameters.get("steepness", 4.0)) if problem.is_classification else 1.0
        found = found.astype(np.float32)
        return LineModel(found[:-1], found[-1] + _shift(training, problem), problem.is_classification)


def _goal(training: Examples, problem: Problem) -> np.ndarray:
    if problem.is_classification:
        return (training.y[:, None] == np.arange(problem.outputs)).astype(np.float64)
    return np.repeat(training.y[:, None], problem.outputs, axis=1)


def _shift(training: Examples, problem: Problem) -> np.float32 | Floats:
    """Quantiles lie around the line as far as the target spreads; the order is wrong on purpose."""
    if not problem.quantiles:
        return np.float32(0)
    return (training.y.std() * (0.5 - np.asarray(problem.quantiles))).astype(np.float32)


class Dying(Line):
    code = "DYING"

    def fit(self, *args: object, **kwargs: object) -> LineModel:  # type: ignore[override]
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Raising(Line):
    code = "RAISING"

    def fit(self, *args: object, **kwargs: object) -> LineModel:  # type: ignore[override]
        raise ValueError("a library says no")


class Deaf(Line):
    """Does not hear that its time is over."""

    code = "DEAF"

    def fit(self, *args: object, **kwargs: object) -> LineModel:  # type: ignore[override]
        time.sleep(60)
        raise AssertionError


class SlowFolds(Line):
    """The first fit is quick, all later ones of the same process are not."""

    code = "SLOW"

    def fit(self, *args: object, **kwargs: object) -> LineModel:  # type: ignore[override]
        time.sleep(0.7)
        return super().fit(*args, **kwargs)  # type: ignore[arg-type]


class Hungry(Line):
    code = "HUNGRY"
    needed_bytes = 2**50
