"""What the leader has a machine do: keep examples, fit models, stop. Runs in the machine's worker."""

import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from openbml_tabular.automl.fits import Fit, Outcome
from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.automl.workers import LocalWorkers
from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import Learner
from openbml_tabular.problem import Problem

_POLL_S = 0.5


@dataclass
class _Machine:
    """Each thread that fits has a process of its own, which can be ended where a thread cannot."""

    folder: Path
    learners: Mapping[str, Learner] = field(default_factory=dict)
    levels: dict[int, SharedExamples] = field(default_factory=dict)
    idle: list[LocalWorkers] = field(default_factory=list)
    every: list[LocalWorkers] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def borrowed(self) -> LocalWorkers:
        with self.lock:
            if self.idle:
                return self.idle.pop()
        process = LocalWorkers(1, self.learners)
        with self.lock:
            self.every.append(process)
        return process

    def give_back(self, process: LocalWorkers) -> None:
        with self.lock:
            self.idle.append(process)


@cache
def _machine() -> _Machine:
    return _Machine(Path(tempfile.mkdtemp(prefix="examples-")))


def learn(learners: Mapping[str, Learner]) -> None:
    """Know what can be fitted."""
    _machine().learners = dict(learners)


def keep(level: int, examples: Examples, problem: Problem, folds: Folds) -> None:
    """Write the examples of a level to this machine's disk: processes map them."""
    folder = _machine().folder / f"level-{level}"
    _machine().levels[level] = SharedExamples.written(examples, problem, folds, folder)


def fitted(fit: Fit, ends_at: float) -> Outcome:
    """Do a fit in a process and wait for it.

    Args:
        ends_at: its deadline as seconds since 1970, for machines count their own time from their start.
    """
    deadline = time.monotonic() + ends_at - time.time()
    process = _machine().borrowed()
    for level, examples in _machine().levels.items():
        process.share(level, examples)
    process.submit(replace(fit, deadline=deadline))
    outcomes: Sequence[Outcome] = ()
    while not outcomes:
        outcomes = process.finished(_POLL_S)
    _machine().give_back(process)
    return replace(outcomes[0], fit=fit)


def stop() -> None:
    """End all fits at once."""
    for process in _machine().every:
        process.close()
