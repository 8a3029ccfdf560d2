"""What solving a problem leaves: the ensemble, and all that was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy.typing as npt

from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import Parameters
from openbml_tabular.problem import Problem


class Predictor(Protocol):
    """The model that a solution recommends: what is reported, exported and served."""

    @property
    def size_bytes(self) -> int: ...

    def predict(self, x: Floats) -> Floats:
        """Return shape (n, problem.outputs): calibrated probabilities, or values."""

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        """Add its nodes to a graph; return the tensor's name."""


@dataclass(frozen=True)
class Entry:
    """A line of the leaderboard: a bag of one configuration, a stacked one, or the ensemble itself.

    Attributes:
        name: unique, such as `LGBM-2`; model: the catalogue's code, or `Ensemble`.
        score: the problem's metric over rows that did not train it, higher is better (losses are negative).
        figures: further metrics of the same rows, in their usual sign.
        weight: its share in the ensemble.
        fit_s: seconds of all its folds; predict_ms: of a single row; size_bytes: of all its folds.
        state: complete, pruned (a weak trial ended early), failed, out_of_time.
    """

    name: str
    model: str
    parameters: Parameters
    score: float | None
    figures: Mapping[str, float] = field(default_factory=dict)
    weight: float = 0.0
    level: int = 1
    fit_s: float = 0.0
    predict_ms: float | None = None
    size_bytes: int = 0
    state: str = "complete"
    reason: str | None = None


@dataclass(frozen=True)
class Solution:
    """Attributes:
    held_out: what the predictor's parts say of the rows of training that they did not see, shape
        (n, outputs), NaN where a row was never held out: the figures of a cross-validation.
    trials: of a search, in their order, as the report shows them.
    notes: (level, message): what the user should know, e.g. models that were left out.
    """

    problem: Problem
    predictor: Predictor
    leaderboard: Sequence[Entry]
    held_out: Floats
    fold_of: npt.NDArray[Any]
    ended_early: str | None = None
    trials: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[tuple[str, str]] = ()
