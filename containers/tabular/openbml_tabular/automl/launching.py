"""Hands fits to the executor, as many as there is memory for."""

import time
import zlib
from collections.abc import Callable
from enum import Enum, auto

from openbml_tabular.automl.bags import Bag
from openbml_tabular.automl.fits import Fit, Outcome, State
from openbml_tabular.automl.folds import Part
from openbml_tabular.automl.task import Task
from openbml_tabular.automl.workers import Executor

_MIB = 2**20


class Launch(Enum):
    STARTED = auto()
    LATER = auto()
    NEVER = auto()


class Launcher:
    """Attributes:
    threads: of one fit.
    """

    def __init__(self, task: Task, workers: Executor, threads: int, free_bytes: Callable[[], int]) -> None:
        self._task, self._workers, self.threads = task, workers, threads
        self._free_bytes = free_bytes
        self._plannable = free_bytes()
        self._reserved = 0

    def launch(self, bag: Bag, part: Part, limit_s: float) -> Launch:
        """Start a fit of a bag's part; where nothing runs and memory is missing, the bag has failed."""
        needed = self._needed_bytes(bag)
        if needed > self._plannable - self._reserved:
            return self._refused(bag, part, needed)
        self._reserved += needed
        deadline = time.monotonic() + limit_s
        self._workers.submit(Fit(bag.candidate, part, self._seed(bag, part), deadline, self.threads, needed))
        return Launch.STARTED

    def ended(self, outcome: Outcome) -> None:
        """Give a fit's memory back; once nothing runs, look anew at what is free."""
        self._reserved -= outcome.fit.memory_bytes
        if not self._reserved:
            self._plannable = self._free_bytes()

    def _refused(self, bag: Bag, part: Part, needed: int) -> Launch:
        bag.in_flight -= 1
        if self._reserved:
            bag.waiting.insert(0, part)
            return Launch.LATER
        reason = (
            f"a fit needs {needed // _MIB} MiB of memory, {self._plannable // _MIB} MiB are free: "
            "take a larger machine"
        )
        bag.end(State.FAILED, reason)
        return Launch.NEVER

    def _needed_bytes(self, bag: Bag) -> int:
        """Return what the learner says and the copy of the rows that it is given."""
        rows, features = self._task.training.x.shape
        learner = self._task.zoo.learners[bag.candidate.code]
        return learner.memory_bytes(self._task.problem, rows=rows, features=features) + rows * features * 4

    def _seed(self, bag: Bag, part: Part) -> int:
        return zlib.crc32(f"{self._task.seed}:{bag.name}:{part}".encode()) % 2**31
