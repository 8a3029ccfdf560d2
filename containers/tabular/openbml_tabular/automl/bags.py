"""Bags: one configuration fitted once for each part, and what its models say of rows they did not see."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from openbml_tabular.automl.fits import Candidate, Outcome, State
from openbml_tabular.automl.folds import Folds, Part
from openbml_tabular.examples import Floats


@dataclass
class Bag:
    """Grows while its fits end; models stay in the store.

    Attributes:
        state, reason: of the whole bag.
        is_told: its end was told to those who follow.
        waiting: parts that nobody fits yet; in_flight: how many are being fitted.
    """

    candidate: Candidate
    waiting: list[Part]
    outcomes: dict[Part, Outcome] = field(default_factory=dict)
    in_flight: int = 0
    state: State = State.RUNNING
    reason: str | None = None
    is_told: bool = False

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def fit_s(self) -> float:
        return sum(outcome.fit_s for outcome in self.outcomes.values())

    @property
    def size_bytes(self) -> int:
        return sum(outcome.size_bytes for outcome in self.outcomes.values())

    @property
    def predict_ms(self) -> float:
        return sum(outcome.predict_ms for outcome in self.outcomes.values())

    @property
    def mean_fit_s(self) -> float:
        return self.fit_s / max(len(self.outcomes), 1)

    @classmethod
    def resumed(cls, candidate: Candidate, parts: Sequence[Part], outcomes: Sequence[Outcome]) -> "Bag":
        """Return a bag that needs what is not among the outcomes of an earlier start."""
        done = {outcome.fit.part: outcome for outcome in outcomes}
        waiting = [part for part in parts if part not in done]
        return cls(candidate, waiting, done, state=State.RUNNING if waiting else State.COMPLETE)

    @property
    def is_over(self) -> bool:
        return self.state is not State.RUNNING and not self.in_flight

    def take(self, outcome: Outcome) -> None:
        """Note that a fit has ended; one that failed ends the bag."""
        self.in_flight -= 1
        if outcome.state is State.COMPLETE:
            self.outcomes[outcome.fit.part] = outcome
            if not self.waiting and not self.in_flight and self.state is State.RUNNING:
                self.state = State.COMPLETE
        elif self.state is State.RUNNING:
            self.end(outcome.state, outcome.reason)

    def end(self, state: State, reason: str | None) -> None:
        self.state, self.reason = state, reason
        self.waiting = []

    def limit(self, parts: Sequence[Part]) -> None:
        """Fit only these parts from now on."""
        self.waiting = [part for part in self.waiting if part in parts]
        if self.outcomes and not self.waiting and not self.in_flight and self.state is State.RUNNING:
            self.state = State.COMPLETE


def held_out(outcomes: Sequence[Outcome], folds: Folds, outputs: int) -> Floats:
    """Return what models say of the rows that they did not see, shape (n, outputs): the mean over the
    repeats, NaN where no model held a row out."""
    total = np.zeros((len(folds.numbers), outputs), np.float32)
    count = np.zeros((len(folds.numbers), 1), np.float32)
    for outcome in outcomes:
        if outcome.prediction is not None:
            rows = folds.held_out(outcome.fit.part)
            total[rows] += outcome.prediction
            count[rows] += 1
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def covered(prediction: Floats) -> npt.NDArray[np.int64]:
    """Return the rows that have a prediction."""
    return np.flatnonzero(~np.isnan(prediction[:, 0]))
