"""Solves a problem within a time budget: fits, judges, combines, and always has an answer."""

import contextlib
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import AlgorithmType
from openbml_kit.progress import Progress
from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.board import Board
from openbml_tabular.automl.budget import Budget
from openbml_tabular.automl.checkpoints import Store, digest_of
from openbml_tabular.automl.conclusion import Conclusion
from openbml_tabular.automl.fits import Outcome, State
from openbml_tabular.automl.folds import Folds, Part
from openbml_tabular.automl.launching import Launch, Launcher
from openbml_tabular.automl.leaderboard import entries, told
from openbml_tabular.automl.memory import plannable_bytes
from openbml_tabular.automl.plan import Plan
from openbml_tabular.automl.proposals import Proposals
from openbml_tabular.automl.search import Zoo
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.stacking import stacked_examples
from openbml_tabular.automl.task import Task
from openbml_tabular.automl.workers import Executor, LocalWorkers, prepare
from openbml_tabular.examples import Examples
from openbml_tabular.problem import Problem

_POLL_S = 0.2
_TIME_NOTED_EVERY_S = 5.0
_LEAST_FIT_S = 0.05
# With more cells, fits run one after the other with all threads: their copies would crowd the memory, and the
# first answer comes sooner.
_CELLS_FOR_ONE_FIT = 30_000_000


def solve(
    training: Examples,
    problem: Problem,
    folds: Folds | npt.NDArray[np.integer],
    *,
    zoo: Zoo,
    budget_s: float,
    threads: int,
    seed: int,
    progress: Progress,
    checkpoints: Path | None = None,
    stop: Callable[[], str | None] = lambda: None,
    executor: Executor | None = None,
    free_bytes: Callable[[], int] = plannable_bytes,
) -> Solution:
    """Return the best ensemble that the budget allows.

    Args:
        folds: each row's fold, shape (n,) or (n, repeats), -1 for rows that always train; they respect
            groups, time and strata, whatever the caller's problem has.
        budget_s: seconds of this call and of earlier ones with the same check-points; the answer comes at
            most about two seconds later. Where no model was finished it is the best constant.
        threads: cores of a machine that may be used.
        checkpoints: a folder that outlives the process; a repeated call goes on with the fits in it.
        stop: asked often; its text ends the search and is the solution's `ended_early`.
        executor: where fits run; by default processes of this machine.
        free_bytes: how much memory fits may take in all.

    The same seed proposes the same configurations; how many fit in the time, and with them the ensemble,
    depends on the machine.

    Raises:
        ValueError: no fold has rows on both sides.
    """
    started = time.monotonic()
    task = Task(training, problem, Folds.of(folds), zoo, seed)
    if not task.folds.parts():
        raise ValueError("folds: there must be rows to train on and rows to judge by")
    count = fits_side_by_side(training.x.size, threads)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openbml-automl-")))
        if executor is None:
            prepare(zoo.modules)  # imports go on beside what follows
        store = Store.opened(checkpoints or scratch, digest_of(training, problem, task.folds, seed))
        shared = SharedExamples.written(training, problem, task.folds, scratch / "level-1")
        workers = executor or LocalWorkers(count, zoo.learners)
        stack.callback(workers.close)
        workers.share(1, shared)
        budget = Budget(budget_s, store.used_s, started)
        launcher = Launcher(task, workers, max(threads // count, 1), free_bytes)
        run = _Run(task, budget, store, workers, launcher, progress, scratch, max(workers.free(), 1))
        return run.solution(stop)


def _cells(task: Task) -> int:
    """Return how much a tree looks at: features of all rows, for each class where there are several."""
    classes = task.problem.outputs if task.problem.kind is AlgorithmType.MULTICLASS else 1
    return int(task.training.x.size) * classes


def fits_side_by_side(cells: int, threads: int) -> int:
    """Return how many fits a machine does at once, given the rows times the features."""
    return 1 if cells > _CELLS_FOR_ONE_FIT else max(threads, 1)


class _Run:
    """One call of `solve`."""

    def __init__(
        self,
        task: Task,
        budget: Budget,
        store: Store,
        workers: Executor,
        launcher: Launcher,
        progress: Progress,
        scratch: Path,
        count: int,
    ) -> None:
        self._task, self._budget, self._store, self._workers = task, budget, store, workers
        self._launcher, self._progress, self._scratch = launcher, progress, scratch
        self._board = Board(task.training, task.problem, task.folds, task.seed)
        self._plan = Plan(self._board, budget, count, task.folds.parts())
        self._plan.expect(_cells(task), launcher.threads)
        self._time_noted = time.monotonic()
        self._noted_parts: Sequence[Part] = []
        self._restore()
        bases = [name for name in store.bases if name in self._board.bags]
        self._proposals = Proposals(task, self._plan, bases=bases, share_stack=self._share_stack)
        for bag in self._board.complete():
            self._proposals.tell(bag, self._board.score(bag))

    def solution(self, stop: Callable[[], str | None]) -> Solution:
        ended_early = stop()
        while ended_early is None and self._budget.left_s > 0 and self._fill():
            for outcome in self._workers.finished(min(_POLL_S, self._budget.left_s)):
                self._take(outcome)
            self._note_time()
            ended_early = stop()
        self._workers.close()
        self._store.note_used(self._budget.used_s)
        conclusion = Conclusion(self._task, self._board, self._store, self._proposals.bases)
        return conclusion.solution(ended_early=ended_early, notes=self._plan.notes)

    def _fill(self) -> bool:
        """Give every free worker a fit. Returns False when nothing runs and nothing is left to try."""
        while self._workers.free() and self._budget.last_fit_s > _LEAST_FIT_S:
            found = self._plan.next_part()
            if found is None:
                if not self._opened():
                    break
            elif self._launcher.launch(*found, self._plan.fit_limit_s()) is Launch.LATER:
                break
        return any(bag.in_flight for bag in self._board.bags.values())

    def _opened(self) -> bool:
        candidate = self._proposals.next()
        if candidate is not None:
            self._board.add(Bag(candidate, list(self._plan.parts)))
        return candidate is not None

    def _take(self, outcome: Outcome) -> None:
        bag = self._board.bags[outcome.fit.candidate.name]
        self._launcher.ended(outcome)
        if outcome.state is State.COMPLETE:
            self._store.save(outcome)
        bag.take(outcome.without_model())
        self._plan.after(bag, outcome)
        if self._noted_parts != self._plan.parts:
            self._noted_parts = self._plan.parts
            self._store.note_parts(self._plan.parts)
        for each in self._board.bags.values():
            if each.is_over and not each.is_told:
                self._tell(each)

    def _tell(self, bag: Bag) -> None:
        """Tell those who follow that a bag is over."""
        bag.is_told = True
        if bag.state is State.COMPLETE:
            self._proposals.tell(bag, self._board.score(bag))
            self._progress_of(bag)
        else:
            self._proposals.tell(bag, None)

    def _progress_of(self, bag: Bag) -> None:
        complete = self._board.complete()
        selection = self._board.selected(complete, glance=True)
        self._progress.epoch(
            epoch=len(complete),
            score=self._board.score(bag),
            best_score=None if selection is None else selection.score,
            models=len(complete),
            seconds=round(self._budget.used_s, 1),
        )
        self._progress.leaderboard(told(entries(self._board, selection)))

    def _note_time(self) -> None:
        """A job that is killed without warning has used what it had used a few seconds before."""
        if time.monotonic() - self._time_noted > _TIME_NOTED_EVERY_S:
            self._time_noted = time.monotonic()
            self._store.note_used(self._budget.used_s)

    def _share_stack(self, bases: Sequence[str]) -> None:
        self._store.note_stack(bases)
        examples = stacked_examples(self._task.training, self._board, bases)
        folder = self._scratch / "level-2"
        self._workers.share(2, SharedExamples.written(examples, self._task.problem, self._task.folds, folder))

    def _restore(self) -> None:
        """Take over what earlier starts have finished, and go on with what they had begun."""
        every = [found for found in self._store.restored() if found[1]]
        if not every:
            return
        self._plan.settle_on(self._store.parts)
        for candidate, outcomes in every:
            bag = Bag.resumed(candidate, self._plan.parts, outcomes)
            bag.is_told = bag.state is State.COMPLETE
            self._board.add(bag)
