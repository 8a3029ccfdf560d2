"""Worker processes that fit models: one that dies costs one fit, and a deadline ends them all."""

import contextlib
import ctypes
import multiprocessing
import multiprocessing.forkserver
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Protocol

from openbml_tabular.automl.fits import Fit, Outcome, State, run
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.models.learner import Learner

# What a learner may take beyond its deadline before it counts as hung: it has to finish its last step, and
# write what it has, on a machine that may be busy otherwise.
_LEAST_GRACE_S = 10.0
_ENDS_WITHIN_S = 1.0
_PR_SET_PDEATHSIG = 1


class Executor(Protocol):
    """Where fits run: processes of this machine, or a cluster that has the same examples."""

    def free(self) -> int:
        """Return how many fits can start now."""

    def submit(self, fit: Fit) -> None: ...

    def finished(self, timeout_s: float) -> Sequence[Outcome]:
        """Return what has ended, waiting at most so long for the first."""

    def share(self, level: int, examples: SharedExamples) -> None:
        """Make the examples of a level known; fits of it come afterwards."""

    def close(self) -> None:
        """End all fits at once."""


def prepare(modules: Sequence[str]) -> None:
    """Begin to import modules in the process that workers are forked from, while others still read data."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
    multiprocessing.forkserver.ensure_running()


def _work(pipe: Connection, learners: Mapping[str, Learner]) -> None:
    """Do fits until the pipe closes. The process dies with the one that forked it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            fit, levels = pipe.recv()
        except EOFError:
            return
        pipe.send(run(fit, learners, levels))


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    fit: Fit | None = None
    allowed_s: float = 0.0

    def end(self) -> None:
        self.process.kill()
        self.process.join(_ENDS_WITHIN_S)
        self.pipe.close()


class LocalWorkers:
    """An executor of this machine's processes, each with one fit at a time."""

    def __init__(self, count: int, learners: Mapping[str, Learner]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._learners = dict(learners)
        self._levels: dict[int, SharedExamples] = {}
        self._workers = [self._started() for _ in range(count)]

    def free(self) -> int:
        return sum(worker.fit is None for worker in self._workers)

    def share(self, level: int, examples: SharedExamples) -> None:
        self._levels[level] = examples

    def submit(self, fit: Fit) -> None:
        """Give a fit to a free worker; a worker that died idle is replaced."""
        place = next(place for place, worker in enumerate(self._workers) if worker.fit is None)
        worker = self._workers[place]
        if not worker.process.is_alive():
            worker.end()
            worker = self._workers[place] = self._started()
        worker.fit, worker.allowed_s = fit, fit.deadline - time.monotonic()
        with contextlib.suppress(BrokenPipeError):  # it died this moment: `finished` will tell
            worker.pipe.send((fit, self._levels))

    def finished(self, timeout_s: float) -> Sequence[Outcome]:
        busy = {worker.pipe: place for place, worker in enumerate(self._workers) if worker.fit is not None}
        ready = wait(list(busy), timeout_s) if busy else []
        found = [self._received(busy[pipe]) for pipe in ready if isinstance(pipe, Connection)]
        return [*found, *self._hung()]

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.end()

    def pids(self) -> Sequence[int]:
        return [worker.process.pid for worker in self._workers if worker.process.pid is not None]

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._learners), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _received(self, place: int) -> Outcome:
        worker = self._workers[place]
        fit = _asked(worker)
        try:
            outcome: Outcome = worker.pipe.recv()
        except (EOFError, OSError):
            return self._replaced(place, State.FAILED, _death(worker.process))
        worker.fit = None
        return Outcome(**{**vars(outcome), "fit": fit})

    def _hung(self) -> Sequence[Outcome]:
        now = time.monotonic()
        late = [
            place
            for place, worker in enumerate(self._workers)
            if worker.fit is not None and now > worker.fit.deadline + max(_LEAST_GRACE_S, worker.allowed_s)
        ]
        return [self._replaced(place, State.OUT_OF_TIME, "did not end at its deadline") for place in late]

    def _replaced(self, place: int, state: State, reason: str) -> Outcome:
        fit = _asked(self._workers[place])
        self._workers[place].end()
        self._workers[place] = self._started()
        return Outcome(fit, state, reason=reason)


def _asked(worker: _Worker) -> Fit:
    if worker.fit is None:
        raise RuntimeError("a worker answered what nobody asked")
    return worker.fit


def _death(process: BaseProcess) -> str:
    process.join(_ENDS_WITHIN_S)
    code = process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; the machine may be out of memory" if name == "SIGKILL" else ""
        return f"its process was ended by {name}{hint}"
    return f"its process ended with {code}"
