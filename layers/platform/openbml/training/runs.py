"""Runs: one training of an experiment, how its state may change, where runs are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval, total_seconds
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.training.auto_publishing import AutoPublish
from openbml.training.cautions import Caution
from openbml.training.experiments import Experiment, Position
from openbml.training.training_data import Selection
from openbml_catalog.tabular.settings import HYPER_PARAMETER, TASK, TabularSettings, parse_tabular


class RunNotFoundError(OpenBMLError):
    """The project has no such run; details: run_id."""


class RunConflictError(OpenBMLError):
    """Someone else changed the run; details: run_id. Read again, then repeat."""


class RunEndedError(OpenBMLError):
    """The run has ended, nothing is left to stop; details: run_id, state."""


class RunState(StrEnum):
    PREPARING = "preparing"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return _RANKS[self] == _FINAL

    def may_become(self, state: "RunState") -> bool:
        """Tell whether a run may go on to the state: forwards only, and never out of a final one."""
        return _RANKS[state] > _RANKS[self]


_FINAL = 4
_RANKS = {
    RunState.PREPARING: 0,
    RunState.QUEUED: 1,
    RunState.RUNNING: 2,
    RunState.STOPPING: 3,
    RunState.SUCCEEDED: _FINAL,
    RunState.FAILED: _FINAL,
    RunState.STOPPED: _FINAL,
}


class Outcome(BaseModel):
    """What a job's output says of its model."""

    model_config = ConfigDict(frozen=True)

    metrics: Mapping[str, float]
    recommended_threshold: float | None = None


class Observation(BaseModel):
    """What became of a run's job, in the words of runs."""

    model_config = ConfigDict(frozen=True)

    state: RunState
    intervals: tuple[Interval, ...] = ()
    failure: Failure | None = None
    outcome: Outcome | None = None
    model_uri: str | None = None
    data_uri: str | None = None
    at: AwareDatetime


class Run(BaseModel):
    """One training.

    Attributes:
        hyper_parameters: every value that decides the result, given or default, as text; a script's `conf`
            goes before them.
        hyper_parameter_source: kind of the source they come from (spec 03 section 2.10).
        base_run_id: the run whose weights this one starts from.
        search_id: of the run's own search, or of the one whose result it has taken.
        searching: its search is going on; its own job begins after that.
        search_intervals: spans in which the search's trials trained.
        intervals: spans in which trials and the job trained; their sum is what is billed.
        cautions: what was told of the run when it was asked for.
        rebuild_of: the run that this one repeats, on its snapshots.
        auto_publish: the model it becomes a version of when it succeeds, None where its owner decides later.
        revision: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    run_id: int
    experiment_id: int
    experiment_name: str
    version_number: int = Field(ge=1)
    task_type: str
    training_data: tuple[Selection, ...]
    evaluation_data: tuple[Selection, ...] = ()
    labels: tuple[str, ...]
    network: str
    hyper_parameters: Mapping[str, str]
    machine_type: str
    node_count: int
    max_training_minutes: int
    remark: str = ""
    cost_estimate: Decimal
    hyper_parameter_source: str = "manual"
    base_run_id: int | None = None
    rebuild_of: int | None = None
    search_id: int | None = None
    searching: bool = False
    search_intervals: tuple[Interval, ...] = ()
    cautions: tuple[Caution, ...] = ()
    auto_publish: AutoPublish | None = None
    state: RunState = RunState.PREPARING
    snapshot_id: str | None = None
    evaluation_snapshot_id: str | None = None
    intervals: tuple[Interval, ...] = ()
    failure: Failure | None = None
    metrics: Mapping[str, float] | None = None
    recommended_threshold: float | None = None
    model_uri: str | None = None
    data_uri: str | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    revision: int = Field(default=1, ge=1)

    @property
    def name(self) -> str:
        return f"{self.experiment_name} V{self.version_number}"

    @property
    def job_id(self) -> str:
        return str(self.run_id)

    @property
    def has_search(self) -> bool:
        """Tell whether the run has a search of its own."""
        return self.hyper_parameter_source == "search"

    @property
    def tabular(self) -> TabularSettings | None:
        """The settings of a run of tabular prediction."""
        text = self.hyper_parameters.get(HYPER_PARAMETER)
        return parse_tabular(text) if self.task_type == TASK and text is not None else None

    @property
    def started_at(self) -> datetime | None:
        return self.intervals[0].start if self.intervals else None

    @property
    def training_seconds(self) -> float:
        return total_seconds(self.intervals)

    def frozen_data(self, snapshot_id: str, evaluation_snapshot_id: str | None) -> "Run":
        """Return the run with the snapshots of its data; the same ones again change nothing."""
        known = (self.snapshot_id, self.evaluation_snapshot_id)
        if self.state.is_final or known == (snapshot_id, evaluation_snapshot_id):
            return self
        changes = {"snapshot_id": snapshot_id, "evaluation_snapshot_id": evaluation_snapshot_id}
        return self._changed(self.changed_at, **changes)

    def submitted(self, at: datetime) -> "Run":
        """Return the run handed to compute; one that has moved on already stays as it is."""
        if not self.state.may_become(RunState.QUEUED):
            return self
        return self._changed(at, state=RunState.QUEUED)

    def search_begun(self, at: datetime) -> "Run":
        """Return the run with its search going on; one that has moved on already stays as it is."""
        if not self.state.may_become(RunState.RUNNING):
            return self
        return self._changed(at, state=RunState.RUNNING, searching=True)

    def searched(self, hyper_parameters: Mapping[str, str], intervals: Sequence[Interval]) -> "Run":
        """Return the run with what its search found and used; its own job is next."""
        found = {**self.hyper_parameters, **hyper_parameters}
        known = (self.hyper_parameters, self.search_intervals)
        if not self.searching or known == (found, tuple(intervals)):
            return self
        return self._changed(self.changed_at, hyper_parameters=found, search_intervals=tuple(intervals))

    def search_over(self, at: datetime) -> "Run":
        """Return the run in the hands of its own job."""
        return self._changed(at, searching=False) if self.searching else self

    def cancelled(self, at: datetime) -> "Run":
        """Return the run as it is after a wish to stop: ended if its job does not exist yet, else stopping.

        Raises:
            RunEndedError: it has ended.
        """
        if self.state.is_final:
            raise RunEndedError(run_id=self.run_id, state=self.state)
        if self.state is RunState.PREPARING:
            return self._changed(at, state=RunState.STOPPED, finished_at=at)
        if self.state is RunState.STOPPING:
            return self
        return self._changed(at, state=RunState.STOPPING)

    def broken(self, failure: Failure, at: datetime) -> "Run":
        """Return the run failed before or outside its job."""
        if self.state.is_final:
            return self
        changes = {"state": RunState.FAILED, "failure": failure, "finished_at": at, "searching": False}
        return self._changed(at, **changes, intervals=self.search_intervals)

    def observed(self, seen: Observation) -> "Run":
        """Return the run as its job now stands.

        Events come at least once and out of order: a repeat, a step back and anything after the end leave the
        run as it is. A wish to stop that came too late yields to the true end.
        """
        if not self.state.may_become(seen.state):
            return self
        changes: dict[str, object] = {
            "state": seen.state,
            "intervals": (*self.search_intervals, *seen.intervals),
            "failure": seen.failure,
        }
        if seen.state.is_final:
            changes["searching"] = False
            changes |= {"finished_at": seen.at, "model_uri": seen.model_uri, "data_uri": seen.data_uri}
        if seen.outcome:
            changes |= {
                "metrics": seen.outcome.metrics,
                "recommended_threshold": seen.outcome.recommended_threshold,
            }
        return self._changed(seen.at, **changes)

    def _changed(self, at: datetime, **changes: object) -> "Run":
        return self.model_copy(update={**changes, "changed_at": at, "revision": self.revision + 1})


class RunRepository(Protocol):
    """Port; `tests/contract/training/run_repository_contract.py` holds what implementations owe."""

    def add(self, run: Run, experiment: Experiment) -> None:
        """Store the run as the experiment's next version.

        Raises:
            RunConflictError: another run has taken the version number; read the experiment again.
        """

    def get(self, scope: ProjectScope, run_id: int) -> Run:
        """Raises RunNotFoundError."""

    def save(self, run: Run) -> None:
        """Raises RunConflictError unless the stored revision is the one before."""

    def page(
        self, scope: ProjectScope, experiment_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[Run], Position]:
        """Return a page, the newest version first, and the position of the next one."""

    def preparing(self, scope: ProjectScope | None = None) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all runs, or of a project's runs, that are not handed to compute yet."""
