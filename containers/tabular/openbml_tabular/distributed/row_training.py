"""Expert mode, distributed: the search of `solve_expert`, whose fits train over the rows of all machines."""

import pickle
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from distributed import Client

from openbml_catalog.tabular.conf import ExpertConf
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.progress import Progress
from openbml_tabular.automl.fits import Fit, Outcome, State
from openbml_tabular.automl.folds import Folds, Part
from openbml_tabular.automl.sharing import SharedExamples
from openbml_tabular.automl.solution import Solution
from openbml_tabular.distributed.boosters import TRAINERS, DistributedTrainer, RowsOnMachines
from openbml_tabular.distributed.row_parts import PartReader, RowParts
from openbml_tabular.examples import Examples, Rows
from openbml_tabular.expert.solve import solve_expert
from openbml_tabular.models.learner import Learner
from openbml_tabular.models.preparation import ONE_HOT_OF_TREES, fit_transform_for_trees
from openbml_tabular.problem import Problem

_LATE_S = 5.0  # beyond its deadline a training counts as hung
_ONLY_PART = Part(0, 0)
_POLL_S = 0.1


@dataclass(frozen=True)
class JudgingRows(Folds):
    """Rows that only judge: those that train are on the machines, and never here."""

    @classmethod
    def so_many(cls, rows: int) -> "JudgingRows":
        return cls(np.zeros((rows, 1), np.int16))

    def parts(self) -> Sequence[Part]:
        return [_ONLY_PART]

    def training(self, part: Part) -> Rows:
        return np.empty(0, np.int64)


@dataclass
class _Training:
    fit: Fit
    thread: threading.Thread
    outcome: list[Outcome] = field(default_factory=list)


class RowWorkers:
    """An executor with one fit at a time, for which all machines work."""

    def __init__(
        self,
        rows: RowsOnMachines,
        evaluated: Examples,
        problem: Problem,
        trainer: DistributedTrainer,
        look: Callable[[], None],
    ) -> None:
        """Args:
        look: called often; raises the fault that ends the job.
        """
        self._rows, self._evaluated, self._problem = rows, evaluated, problem
        self._trainer, self._look = trainer, look
        self._running: _Training | None = None
        self._is_closed = False

    def free(self) -> int:
        return int(self._running is None and not self._is_closed)

    def share(self, level: int, examples: SharedExamples) -> None:
        """The machines have their rows already."""

    def submit(self, fit: Fit) -> None:
        training = _Training(fit, threading.Thread(daemon=True))
        training.thread = threading.Thread(target=self._train, args=(training,), daemon=True)
        self._running = training
        training.thread.start()

    def finished(self, timeout_s: float) -> Sequence[Outcome]:
        self._look()
        if self._running is None:
            time.sleep(max(timeout_s, 0.0))
            return []
        self._running.thread.join(timeout_s)
        if self._running.outcome:
            outcome = self._running.outcome[0]
        elif time.monotonic() > self._running.fit.deadline + _LATE_S:
            self._is_closed = True  # nobody can tell what its machines are at
            outcome = Outcome(self._running.fit, State.OUT_OF_TIME, reason="did not end at its deadline")
        else:
            return []
        self._running = None
        return [outcome]

    def close(self) -> None:
        """Start nothing more; what runs ends with the cluster."""
        self._is_closed = True

    def _train(self, training: _Training) -> None:
        started = time.monotonic()
        try:
            outcome = self._trained(training.fit)
        except Exception as error:  # noqa: BLE001 - whatever a library raises is told in the leaderboard
            reason = f"{type(error).__name__}: {error}"
            outcome = Outcome(
                training.fit, State.FAILED, fit_s=time.monotonic() - started, reason=reason[:500]
            )
        training.outcome.append(outcome)

    def _trained(self, fit: Fit) -> Outcome:
        started = time.monotonic()
        ends_at = time.time() + fit.deadline - started
        parameters = fit.candidate.parameters
        model = self._trainer(self._rows, self._problem, parameters, ends_at=ends_at, seed=fit.seed)
        fit_s = time.monotonic() - started
        prediction = model.predict(self._evaluated.x)
        single = time.perf_counter()
        model.predict(self._evaluated.x[:1])
        return Outcome(
            fit,
            State.COMPLETE,
            prediction,
            pickle.dumps(model),
            model.size_bytes,
            fit_s,
            (time.perf_counter() - single) * 1000,
        )


@dataclass(frozen=True)
class DistributedSolution:
    """Attributes:
    evaluated: the rows that judged, or an even sample of them: `solution.held_out` is about these.
    """

    solution: Solution
    evaluated: Examples


def solve_distributed(
    readers: Sequence[PartReader],
    problem: Problem,
    conf: ExpertConf,
    *,
    client: Client,
    look: Callable[[], None],
    learners: Mapping[str, Learner],
    budget_s: float,
    seed: int,
    progress: Progress,
    checkpoints: Path | None = None,
    stop: Callable[[], str | None] = lambda: None,
) -> DistributedSolution:
    """Return the best model of a search whose every fit trains on the rows of all machines.

    Args:
        readers: each reads one part of the rows, on the machine that it is given to; at least as many as
            there are machines.
        client, look: of `leading`.

    Raises:
        UserFault: the parts have too few rows, or every trial failed.
        PlatformFault: a machine was lost, and its rows with it.
    """
    started = time.monotonic()
    try:
        parts = RowParts(client, readers, seed=seed)
    except ValueError as error:
        raise UserFault(f"{error}; use fewer nodes") from error
    evaluated = parts.evaluated()
    sample = parts.sample(evaluated.features, ONE_HOT_OF_TREES)
    preparation, sample_x = fit_transform_for_trees(sample, problem, seed=seed)
    rows = RowsOnMachines(parts.prepared(preparation), preparation, sample, sample_x, parts.rows)
    workers = RowWorkers(
        rows, evaluated, problem, TRAINERS[conf.model_type], lambda: _all_there(client, parts, look)
    )
    solved = solve_expert(
        evaluated,
        problem,
        JudgingRows.so_many(len(evaluated)),
        conf,
        learners=learners,
        budget_s=max(budget_s - (time.monotonic() - started), 1.0),
        threads=1,
        seed=seed,
        progress=progress,
        checkpoints=checkpoints,
        stop=stop,
        executor=workers,
    )
    return DistributedSolution(solved.solution, evaluated)


def _all_there(client: Client, parts: RowParts, look: Callable[[], None]) -> None:
    look()
    lost = set(parts.machines) - set(client.nthreads())
    if lost:
        raise PlatformFault(
            f"{len(lost)} of {len(parts.machines)} machines were lost, and their rows with them; "
            "start the run again"
        )
