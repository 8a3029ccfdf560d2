"""Decides what is fitted next, what is not worth to go on, and how many folds there is time for."""

import statistics
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.board import Board
from openbml_tabular.automl.budget import Budget
from openbml_tabular.automl.fits import Outcome, State
from openbml_tabular.automl.folds import Part

# The first bag tells what time there is: of so many bags that cost as much, all folds should be done.
_HOPED_BAGS = 12
_HOPED_SHARE = 0.7
# A bag may take this share of the budget, and the next one only what is left of it.
_MOST_SHARE = 0.35
_LEFT_SHARE = 0.9
# Of complete bags, those that a weak one is compared with.
_FEWEST_COMPARED = 4
_CHEAP_SHARE = 0.03  # of what is left: a bag that needs less goes on however weak it looks


@dataclass
class Plan:
    """Attributes:
    parts: every part that bags have now.
    is_settled: the number of parts was decided.
    """

    board: Board
    budget: Budget
    workers: int
    parts: Sequence[Part]
    is_settled: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)

    def next_part(self) -> tuple[Bag, Part] | None:
        """Return what an open bag needs next: its first part alone, the others once that one has ended."""
        for bag in self.board.running():
            if bag.waiting and (bag.outcomes or not bag.in_flight):
                bag.in_flight += 1
                return bag, bag.waiting.pop(0)
        return None

    def fit_limit_s(self) -> float:
        """Return the most that one fit may take, so that a slow kind of model leaves time to others."""
        share = _MOST_SHARE * self.budget.total_s * self.workers / max(len(self.parts), 1)
        alone = _MOST_SHARE * self.budget.total_s
        return min(share if self.is_settled else alone, self.budget.left_s)

    def has_time_for(self, code: str, level: int) -> bool:
        """Tell whether a bag of this kind can be done, as far as one knows from others of its kind."""
        fit_s = self.board.mean_fit_s(code, level)
        if fit_s is None and level > 1:
            fit_s = self.board.mean_fit_s(code, 1)
        return fit_s is None or fit_s * len(self.parts) / self.workers < self.budget.left_s * _LEFT_SHARE

    def after(self, bag: Bag, outcome: Outcome) -> None:
        """Judge a bag whose fit has ended."""
        if outcome.state is State.COMPLETE and not self.is_settled:
            self._settle(outcome.fit_s)
        if bag.state is State.RUNNING and bag.waiting:
            self._judge(bag)

    def _settle(self, fit_s: float) -> None:
        """Keep as many parts as there is time for: whole repeats, or some folds of one."""
        self.is_settled = True
        affordable = _HOPED_SHARE * self.budget.left_s * self.workers / (_HOPED_BAGS * max(fit_s, 1e-3))
        kept = fewer_parts(self.parts, affordable)
        if len(kept) < len(self.parts):
            self.notes.append(("info", f"models are judged by {len(kept)} of {len(self.parts)} folds"))
        self.parts = kept
        for bag in self.board.running():
            bag.limit(kept)

    def settle_on(self, parts: Collection[Part]) -> None:
        """Have the parts that an earlier start has settled on."""
        self.is_settled = True
        self.parts = [part for part in self.parts if part in parts]

    def _judge(self, bag: Bag) -> None:
        needed = bag.mean_fit_s * len(bag.waiting) / self.workers
        if not self.board.complete():
            return
        if needed > self.budget.left_s * _LEFT_SHARE:
            bag.end(
                State.OUT_OF_TIME, f"its other folds need {needed:.0f} s, {self.budget.left_s:.0f} s are left"
            )
        elif needed > self.budget.left_s * _CHEAP_SHARE and self._is_weak(bag):
            bag.end(State.PRUNED, "weaker than half of the finished ones on the same folds")

    def _is_weak(self, bag: Bag) -> bool:
        """Median stopping rule. Source: Golovin et al. 2017, Google Vizier, section 3.2.1."""
        others = self.board.complete(bag.candidate.level)
        if len(others) < _FEWEST_COMPARED:
            return False
        parts = list(bag.outcomes)
        median = statistics.median(self.board.score_at(other, parts) for other in others)
        return self.board.score_at(bag, parts) < median


def fewer_parts(parts: Sequence[Part], affordable: float) -> Sequence[Part]:
    """Return the most parts that can be afforded, of: so many repeats, one repeat, 3, 2, 1 of its folds."""
    first = [part for part in parts if part.repeat == 0]
    repeats = 1 + max(part.repeat for part in parts)
    whole = [[part for part in parts if part.repeat < count] for count in range(repeats, 0, -1)]
    some = [first[:count] for count in (3, 2) if count < len(first)]
    return next((kept for kept in [*whole, *some] if len(kept) <= affordable), first[:1])
