"""Events this context publishes (contracts, section 6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import AwareDatetime, JsonValue

from openbml.compute.failures import Failure, Fault
from openbml.compute.usage import UsageReport, UsedResource
from openbml.core.events import Event
from openbml.training.auto_publishing import AutoPublish
from openbml.training.leaderboards import Leaderboard
from openbml.training.run_progress import LogEntry, Progress
from openbml.training.runs import Run, RunState
from openbml_catalog.machines import Module

SOURCE = "openbml.training"


class RunStateChanged(Event):
    source: ClassVar[str] = SOURCE

    run_id: int
    experiment_id: int
    name: str
    version_number: int
    state: RunState
    network: str
    search_id: int | None
    searching: bool
    failure: Failure | None
    auto_publish: AutoPublish | None
    metrics: Mapping[str, float] | None
    cost_estimate: Decimal
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    training_seconds: float
    at: AwareDatetime

    @classmethod
    def of(cls, run: Run) -> "RunStateChanged":
        return cls(
            scope=run.scope,
            run_id=run.run_id,
            experiment_id=run.experiment_id,
            name=run.name,
            version_number=run.version_number,
            state=run.state,
            network=run.network,
            search_id=run.search_id,
            searching=run.searching,
            failure=run.failure,
            auto_publish=run.auto_publish,
            metrics=run.metrics,
            cost_estimate=run.cost_estimate,
            created_at=run.created_at,
            started_at=run.started_at,
            finished_at=run.finished_at,
            training_seconds=run.training_seconds,
            at=run.changed_at,
        )


class RunProgressed(Event):
    """New epochs, stage, notes, leaderboard and lines of a run; the same may come again."""

    source: ClassVar[str] = SOURCE

    run_id: int
    progress: Progress
    epochs: Sequence[Mapping[str, JsonValue]]
    notes: Sequence[str]
    leaderboard: Leaderboard | None
    lines: Sequence[LogEntry]


class UsageReported(UsageReport):
    """What a run has used, once, at its end (spec 01 section 2.1, T3)."""

    source: ClassVar[str] = SOURCE

    @classmethod
    def of(cls, run: Run) -> "UsageReported | None":
        """Return the ended run's usage; None when nothing ran or the platform was at fault (T4)."""
        platform_fault = run.failure is not None and run.failure.fault is Fault.PLATFORM
        intervals = [span for span in run.intervals if span.end]
        if not run.state.is_final or platform_fault or not intervals:
            return None
        return cls(
            scope=run.scope,
            usage_id=f"run:{run.run_id}",
            module=Module.PRESET,
            machine=run.machine_type,
            resource=UsedResource(type="run", id=str(run.run_id), name=run.name),
            units=run.node_count,
            intervals=intervals,
            closed=True,
        )
