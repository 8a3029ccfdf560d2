"""Which configuration comes next: the portfolio, the second level when its time has come, the search."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.fits import Candidate
from openbml_tabular.automl.pace import paced
from openbml_tabular.automl.plan import Plan
from openbml_tabular.automl.search import Names, Search, candidates
from openbml_tabular.automl.stacking import can_stack, chosen_bases
from openbml_tabular.automl.task import Task

_STACK_AT_LEFT = 0.3  # the share of the budget that the second level gets
# On few rows the best of very many is the luckiest.
_CANDIDATES, _CANDIDATES_PER_ROOT_OF_ROWS = 25, 1.0


class Proposals:
    """Attributes:
    bases: what the second level sees; empty until it has begun.
    """

    def __init__(
        self,
        task: Task,
        plan: Plan,
        *,
        bases: Sequence[str],
        share_stack: Callable[[Sequence[str]], None],
    ) -> None:
        """Args:
        bases: of an earlier start, whose second level goes on.
        share_stack: makes the examples of the second level known, given its bases.
        """
        self._task, self._plan, self._board, self._budget = task, plan, plan.board, plan.budget
        self._share_stack = share_stack
        self._names = Names(list(self._board.bags))
        self._search = Search(task.zoo.spaces, self._names, task.seed)
        offers = [offer for offer in task.zoo.portfolio if offer[0] in task.zoo.learners]
        self._portfolio = candidates(
            paced(offers, task.problem, len(task.training)),
            self._names,
            [bag.candidate for bag in self._board.bags.values()],
        )
        self._stackers: Iterator[Candidate] | None = None
        self.bases: Sequence[str] = []
        if bases:
            self._stack_on(bases)

    def next(self) -> Candidate | None:
        """Return a candidate whose learner takes the problem and has time for it; None: there is none now."""
        while (candidate := self._any()) is not None:
            if self._is_taken(candidate):
                return candidate
        return None

    def tell(self, bag: Bag, score: float | None) -> None:
        """Report a bag that is over; the score is None where it was not completed."""
        self._search.tell(bag, score)

    def _any(self) -> Candidate | None:
        if self._stackers is None and self._budget.left_share < _STACK_AT_LEFT:
            self._begin_stacking()
        return self._stacker() or self._first_level() or self._last()

    def _stacker(self) -> Candidate | None:
        return None if self._stackers is None else next(self._stackers, None)

    def _first_level(self) -> Candidate | None:
        candidate = next(self._portfolio, None)
        if candidate is None and not self._are_enough():
            best = self._board.best_of_kinds()
            return self._search.proposed({c: best[c] for c in best if self._plan.has_time_for(c, 1)})
        return candidate

    def _last(self) -> Candidate | None:
        """The second level comes early where the first one has nothing left to try."""
        if self._stackers is not None or self._board.running():
            return None
        self._begin_stacking()
        return self._stacker()

    def _are_enough(self) -> bool:
        most = _CANDIDATES + _CANDIDATES_PER_ROOT_OF_ROWS * np.sqrt(len(self._task.training))
        return len(self._board.bags) >= most

    def _is_taken(self, candidate: Candidate) -> bool:
        if not self._plan.has_time_for(candidate.code, candidate.level):
            return False
        learner = self._task.zoo.learners[candidate.code]
        rows, features = self._task.folds.most_rows(), self._task.training.x.shape[1]
        return learner.takes(self._task.problem, rows=rows, features=features)

    def _begin_stacking(self) -> None:
        self._stackers = iter(())
        if can_stack(self._board):
            self._stack_on(chosen_bases(self._board))

    def _stack_on(self, bases: Sequence[str]) -> None:
        self.bases = bases
        self._share_stack(bases)
        met = {(bag.candidate.code, bag.candidate.level) for bag in self._board.bags.values()}
        wanted = [offer for offer in self._task.zoo.stackers if offer[0] in self._task.zoo.learners]
        self._stackers = iter(
            [
                Candidate(self._names.new(code, 2), code, dict(parameters), level=2)
                for code, parameters in wanted
                if (code, 2) not in met
            ]
        )
