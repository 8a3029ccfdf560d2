"""What a learner and a fitted model owe to those who use them."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.problem import Problem

Value = int | float | str | bool
Parameters = Mapping[str, Value]


@dataclass(frozen=True)
class FitLimits:
    """Attributes:
    deadline: on `time.monotonic()`; a learner that adds trees or epochs ends soon after it with what it has.
    threads: how many it may use.
    """

    deadline: float
    threads: int = 1

    @property
    def left_s(self) -> float:
        return self.deadline - time.monotonic()


class OutOfTimeError(Exception):
    """A learner has nothing usable at its deadline."""


class FittedModel(Protocol):
    """A model that was fitted; it can be pickled."""

    @property
    def size_bytes(self) -> int: ...

    def predict(self, x: Floats) -> Floats:
        """Return shape (n, problem.outputs): probabilities that sum to 1, or values."""

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add the model's nodes to a graph whose tensor `features` has shape (n, n_features), float32.

        Returns the name of a float32 tensor that equals `predict` up to rounding.
        """


class Learner(Protocol):
    """A kind of model; `code` is the catalogue's."""

    @property
    def code(self) -> str: ...

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        """Tell whether it can learn this; one that would take absurdly long says no."""

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        """Return about how much memory `fit` needs beside the examples."""

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
        """Fit to the training rows; the validation rows say when to stop, where the learner can.

        Args:
            parameters: of the catalogue's names; what is left out has its default. Values that contradict
                each other are made to fit (LightGBM's `rf` needs bagging, `goss` takes none).

        Raises:
            OutOfTimeError: the deadline passed before there was a model.
        """
