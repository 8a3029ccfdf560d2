"""Schedules of batch predictions: when they are due, what became of each time, where they are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.batch.recurrences import Recurrence

Position = dict[str, Any] | None


class ScheduleNotFoundError(OpenBMLError):
    """The project has no such schedule; details: schedule_id."""


class ScheduleConflictError(OpenBMLError):
    """Someone else changed the schedule; details: schedule_id. Read again, then repeat."""


class TooManySchedulesError(OpenBMLError):
    """The project has as many schedules as it may; details: most."""


class MissedRuns(StrEnum):
    """What becomes of times that were missed, while nothing looked: one run for all of them, or none."""

    RUN_ONCE = "run_once"
    SKIP = "skip"


class Outcome(StrEnum):
    """`overlapped`: the run before was still at work; `refused`: it could not be created."""

    STARTED = "started"
    OVERLAPPED = "overlapped"
    MISSED = "missed"
    REFUSED = "refused"


class BatchSchedule(BaseModel):
    """A schedule.

    Attributes:
        template: the form of each run.
        next_due_at: None when nothing is due any more.
        last_batch_id: of the latest run that was started.
        created_by: in whose name runs are started.
        version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    schedule_id: int
    name: str
    template: Mapping[str, JsonValue]
    recurrence: Recurrence
    missed: MissedRuns = MissedRuns.RUN_ONCE
    next_due_at: AwareDatetime | None = None
    last_batch_id: int | None = None
    created_by: int
    created_at: AwareDatetime
    version: int = Field(default=1, ge=1)

    def changed(self, **changes: object) -> "BatchSchedule":
        return self.model_copy(update={**changes, "version": self.version + 1})

    def after(self, due_at: datetime, batch_id: int | None) -> "BatchSchedule":
        """Return it with a time dealt with."""
        return self.changed(
            next_due_at=self.recurrence.first_after(due_at), last_batch_id=batch_id or self.last_batch_id
        )


class ScheduledRun(BaseModel):
    """A time that was due; the first who writes it decides what becomes of it.

    Attributes:
        batch_id: of the batch prediction that it starts, chosen before it is created.
    """

    model_config = ConfigDict(frozen=True)

    due_at: AwareDatetime
    outcome: Outcome
    batch_id: int | None = None
    reason: str = ""


class ScheduleRepository(Protocol):
    """Port; `tests/contract/services/test_batch_schedules.py` holds what implementations owe."""

    def add(self, schedule: BatchSchedule) -> None: ...

    def get(self, scope: ProjectScope, schedule_id: int) -> BatchSchedule:
        """Raises ScheduleNotFoundError."""

    def save(self, schedule: BatchSchedule) -> None:
        """Raises ScheduleConflictError unless the version before is stored."""

    def remove(self, schedule: BatchSchedule) -> None:
        """Its runs' batch predictions stay; a repeat is harmless."""

    def all_of(self, scope: ProjectScope) -> Sequence[BatchSchedule]:
        """Return the project's schedules, the newest first."""

    def due(self, at: datetime, *, limit: int) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of schedules that are due, the longest overdue first."""

    def claim(self, schedule: BatchSchedule, run: ScheduledRun) -> ScheduledRun:
        """Keep a time's run, once: return the one that is kept, which another may have written before."""

    def settle(self, schedule: BatchSchedule, run: ScheduledRun) -> None:
        """Write a kept run's outcome anew."""

    def runs(self, schedule: BatchSchedule, *, limit: int) -> Sequence[ScheduledRun]:
        """Return the latest runs, the newest first; they are kept for 90 days."""
