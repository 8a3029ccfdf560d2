"""All bags, how good each is, and the ensemble of the finished ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_tabular.automl.bags import Bag, covered, held_out
from openbml_tabular.automl.combination import Library, chosen_weights
from openbml_tabular.automl.ensemble import weighted
from openbml_tabular.automl.fits import State
from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.scoring import Criterion, figures, score
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.problem import Problem

Rows = npt.NDArray[np.int64]
# Every model costs time at each prediction, so bags of many models are fewer.
_MOST_MODELS = 40
_FEWEST_MEMBERS, _MOST_MEMBERS = 3, 6
_SHARES_OF_A_NEW_BAG = (0.1, 0.25, 0.5, 1.0)
_LEAST_GAIN = 1e-3  # of the score
_MOST_COMPARED = 25  # bags that a selection looks at: the best by themselves


@dataclass(frozen=True)
class Selection:
    """Attributes:
    weights: of the bags that make up the ensemble, by name, summing to 1.
    held_out: their weighted mean, shape (n, outputs), NaN where a row was never held out.
    """

    weights: Mapping[str, float]
    held_out: Floats
    score: float


class Board:
    """Knows the target, so that it can judge."""

    def __init__(self, training: Examples, problem: Problem, folds: Folds, seed: int) -> None:
        self._training = training
        self.problem = problem
        self.folds = folds
        self._seed = seed
        self.bags: dict[str, Bag] = {}
        self._held_out: dict[str, Floats] = {}
        self._scores: dict[str, float] = {}

    def add(self, bag: Bag) -> None:
        self.bags[bag.name] = bag

    def complete(self, level: int | None = None) -> Sequence[Bag]:
        every = (bag for bag in self.bags.values() if bag.state is State.COMPLETE)
        return [bag for bag in every if level is None or bag.candidate.level == level]

    def ranked(self, level: int | None = None) -> Sequence[Bag]:
        """Return the complete bags, the best first."""
        return sorted(self.complete(level), key=lambda bag: -self._known_score(bag))

    def running(self) -> Sequence[Bag]:
        return [bag for bag in self.bags.values() if bag.state is State.RUNNING]

    def prediction(self, bag: Bag) -> Floats:
        """Return what a complete bag says of held-out rows, shape (n, outputs)."""
        if bag.name not in self._held_out:
            told = held_out(list(bag.outcomes.values()), self.folds, self.problem.outputs)
            if bag.state is not State.COMPLETE:
                return told
            self._held_out[bag.name] = told
        return self._held_out[bag.name]

    def score(self, bag: Bag) -> float | None:
        """Return the metric over all rows that the bag held out so far; None: there are none."""
        if bag.name in self._scores:
            return self._scores[bag.name]
        if not bag.outcomes:
            return None
        found = self.score_of(self.prediction(bag))
        if bag.state is State.COMPLETE:
            self._scores[bag.name] = found
        return found

    def score_of(self, prediction: Floats, rows: Rows | None = None) -> float:
        rows = covered(prediction) if rows is None else rows
        return score(self.problem, self._training.y[rows], prediction[rows], self._weights(rows))

    def figures_of(self, prediction: Floats) -> Mapping[str, float]:
        rows = covered(prediction)
        return figures(self.problem, self._training.y[rows], prediction[rows], self._weights(rows))

    def targets(self, rows: Rows) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64] | None]:
        return self._training.y[rows], self._weights(rows)

    def criterion(self, rows: Rows) -> Criterion:
        return Criterion(self.problem, np.asarray(self._training.y[rows]), self._weights(rows))

    def gains_from(self, bag: Bag) -> bool:
        """Tell whether the ensemble of the complete bags would gain from one that is begun, over the rows
        that it held out so far: a weak model helps where it errs differently."""
        current = self.selected(self.complete(), glance=True)
        if current is None:
            return True
        told = self.prediction(bag)
        rows = np.intersect1d(covered(told), covered(current.held_out))
        criterion = self.criterion(rows)
        old, new = criterion.view(current.held_out[rows]), criterion.view(told[rows])
        mixed = max(criterion.of((1 - share) * old + share * new) for share in _SHARES_OF_A_NEW_BAG)
        least = criterion.of(old)
        return mixed > least + _LEAST_GAIN * abs(least)

    def mean_fit_s(self, code: str, level: int) -> float | None:
        """Return what fits of a kind took, the mean of its last bag; None: nobody knows yet."""
        known = [
            bag.mean_fit_s
            for bag in self.bags.values()
            if bag.outcomes and (bag.candidate.code, bag.candidate.level) == (code, level)
        ]
        return known[-1] if known else None

    def best_of_kinds(self) -> Mapping[str, float]:
        """Return the best score of each code, of complete bags of the first level."""
        best: dict[str, float] = {}
        for bag in self.complete(level=1):
            best[bag.candidate.code] = max(self._known_score(bag), best.get(bag.candidate.code, -np.inf))
        return best

    def selected(self, bags: Sequence[Bag], *, glance: bool = False) -> Selection | None:
        """Return the best combination of some complete bags; None: there are none.

        Args:
            glance: a quicker choice, for what is shown while others are fitted.
        """
        if not bags:
            return None
        compared = sorted(bags, key=lambda bag: -self._known_score(bag))[:_MOST_COMPARED]
        rows = reduce(np.intersect1d, (covered(self.prediction(bag)) for bag in compared))
        told = [self.prediction(bag)[rows] for bag in compared]
        library = Library.of(told, self.criterion(rows), glance=glance, seed=self._seed)
        most = max(_FEWEST_MEMBERS, min(_MOST_MEMBERS, _MOST_MODELS // len(compared[0].outcomes)))
        weights = chosen_weights(library, most=most, glance=glance, seed=self._seed)
        shares = {bag.name: float(w) for bag, w in zip(compared, weights, strict=True) if w > 0}
        mean = weighted([(share, self.prediction(self.bags[name])) for name, share in shares.items()])
        return Selection(shares, mean, self.score_of(mean, rows))

    def _known_score(self, bag: Bag) -> float:
        found = self.score(bag)
        return -np.inf if found is None else found

    def _weights(self, rows: Rows) -> npt.NDArray[np.float64] | None:
        return None if self._training.weights is None else np.asarray(self._training.weights[rows])
