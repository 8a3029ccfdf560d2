"""Decides what is fitted next, what is not worth to go on, and how many folds there is time for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.board import Board
from openbml_tabular.automl.budget import Budget
from openbml_tabular.automl.fits import Outcome, State
from openbml_tabular.automl.folds import Part

# The first kinds of models tell what a bag costs: of so many bags, all folds should be done.
_KINDS_THAT_TELL = 4
_HOPED_BAGS = 8
_HOPED_SHARE = 0.8
_LEAST_S_OF_A_CELL = 2e-6  # of a boosted model on one thread of a fast machine
# A bag may take this share of the budget, and the next one only what is left of it.
_MOST_SHARE = 0.35
_LEFT_SHARE = 0.9
_WARM_UP_S = 10.0  # a library's first fit may take this long where others take milliseconds
_FEWEST_COMPLETE = 2  # before so many bags are complete, none is given up as weak
# Of what is left: a bag that needs less goes on however weak it looks.
_CHEAP_SHARE, _CHEAP_SHARE_ON_FEW_ROWS = 0.03, 0.25
_ROWS_THAT_TELL = 1000


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
    notes: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        self._part_count = len(self.parts)

    def next_part(self) -> tuple[Bag, Part] | None:
        """Return what an open bag needs next: its first part alone, the others once that one has ended."""
        for bag in self.board.running():
            if bag.waiting and (bag.outcomes or not bag.in_flight):
                bag.in_flight += 1
                return bag, bag.waiting.pop(0)
        return None

    def fit_limit_s(self) -> float:
        """Return the most that one fit may take, so that a slow kind of model leaves time to others."""
        whole = _MOST_SHARE * self.budget.total_s
        share = whole * self.workers / max(len(self.parts), 1)
        return min(max(share, min(_WARM_UP_S, whole)), self.budget.last_fit_s)

    def has_time_for(self, code: str, level: int) -> bool:
        """Tell whether a bag of this kind can be done, as far as one knows from others of its kind."""
        fit_s = self.board.mean_fit_s(code, level)
        if fit_s is None and level > 1:
            fit_s = self.board.mean_fit_s(code, 1)
        return fit_s is None or fit_s * len(self.parts) / self.workers < self.budget.left_s * _LEFT_SHARE

    def after(self, bag: Bag, outcome: Outcome) -> None:
        """Judge a bag whose fit has ended."""
        if outcome.state is State.COMPLETE and not self.is_settled:
            self._settle()
        if bag.state is State.RUNNING and bag.waiting:
            self._judge(bag)

    def _settle(self) -> None:
        """Keep as many parts as there is time for, by what each kind of model took so far: whole repeats, or
        some folds of one."""
        kinds = {bag.candidate.code: bag.mean_fit_s for bag in self.board.bags.values() if bag.outcomes}
        self.is_settled = len(kinds) >= _KINDS_THAT_TELL
        self._afford(sum(kinds.values()) / len(kinds))

    def expect(self, cells: int, threads: int) -> None:
        """Give folds up before anything was fitted where a table is clearly too large for all.

        Args:
            cells: rows times features, and times classes where trees are grown for each; threads: of one fit.
        """
        self._afford(_LEAST_S_OF_A_CELL * cells / threads)

    def _afford(self, fit_s: float) -> None:
        hoped = max(_HOPED_BAGS - len(self.board.complete()), 1)
        affordable = _HOPED_SHARE * self.budget.left_s * self.workers / (hoped * max(fit_s, 1e-3))
        kept = fewer_parts(self.parts, affordable)
        if len(kept) < len(self.parts):
            self.notes = [("info", f"models are judged by {len(kept)} of {self._part_count} folds")]
            self.parts = kept
            for bag in self.board.running():
                bag.limit(kept)

    def settle_on(self, parts: Collection[Part]) -> None:
        """Have the parts that an earlier start had at last; none: it had not decided."""
        self.is_settled = bool(parts)
        self.parts = [part for part in self.parts if part in parts] or self.parts

    def _judge(self, bag: Bag) -> None:
        needed = bag.mean_fit_s * len(bag.waiting) / self.workers
        if not self.board.complete():
            return
        if needed > self.budget.left_s * _LEFT_SHARE:
            bag.end(
                State.OUT_OF_TIME, f"its other folds need {needed:.0f} s, {self.budget.left_s:.0f} s are left"
            )
        elif self._may_be_weak(bag, needed) and not self.board.gains_from(bag):
            bag.end(State.PRUNED, "the ensemble gains nothing from it on its first folds")

    def _may_be_weak(self, bag: Bag, needed_s: float) -> bool:
        """Tell whether to look: few rows say little, and what is cheap goes on however it looks."""
        rows = sum(len(self.board.folds.held_out(part)) for part in bag.outcomes)
        share = _CHEAP_SHARE if rows >= _ROWS_THAT_TELL else _CHEAP_SHARE_ON_FEW_ROWS
        return len(self.board.complete()) >= _FEWEST_COMPLETE and needed_s > self.budget.left_s * share


def fewer_parts(parts: Sequence[Part], affordable: float) -> Sequence[Part]:
    """Return the most parts that can be afforded, of: so many repeats, one repeat, 3, 2, 1 of its folds."""
    first = [part for part in parts if part.repeat == 0]
    repeats = 1 + max(part.repeat for part in parts)
    whole = [[part for part in parts if part.repeat < count] for count in range(repeats, 0, -1)]
    some = [first[:count] for count in (3, 2) if count < len(first)]
    return next((kept for kept in [*whole, *some] if len(kept) <= affordable), first[:1])
