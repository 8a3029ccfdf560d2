"""Use cases of schedules: keep them, and start what is due, each time exactly once."""

from datetime import datetime, timedelta

from pydantic import ValidationError

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_forms import BatchTemplate, ScheduleChange, ScheduleRequest
from openbml.services.batch.batch_predictions import BatchNotFoundError, BatchRepository
from openbml.services.batch.locations import Buckets, checked_input, checked_output
from openbml.services.batch.order_batches import BatchCollaborators, BatchNaming, create_batch
from openbml.services.batch.recurrences import Recurrence
from openbml.services.batch.schedules import (
    BatchSchedule,
    MissedRuns,
    Outcome,
    ScheduleConflictError,
    ScheduledRun,
    ScheduleNotFoundError,
    ScheduleRepository,
    TooManySchedulesError,
)
from openbml.services.collaborators import ServableVersions

MOST_SCHEDULES = 100
_AT_ONCE = 100  # of one look
_LATE = timedelta(minutes=10)  # a later look has missed the time
_REASON_CHARACTERS = 300


def create_schedule(
    request: ScheduleRequest,
    *,
    scope: ProjectScope,
    user_id: int,
    schedules: ScheduleRepository,
    versions: ServableVersions,
    buckets: Buckets,
    new_id: IdFactory,
    now: Clock,
) -> BatchSchedule:
    """Keep a schedule; times before now are none.

    Raises:
        InvalidRequestError, TooManySchedulesError, VersionNotFoundError, VersionNotReadyError
    """
    if len(schedules.all_of(scope)) >= MOST_SCHEDULES:
        raise TooManySchedulesError(most=MOST_SCHEDULES)
    schedule_id, at = new_id(), now()
    _check_template(request.template, scope, versions, buckets)
    recurrence = _recurrence(
        request.model_dump(include={"unit", "every", "starts_at", "ends_at", "time_zone"})
    )
    schedule = BatchSchedule(
        scope=scope,
        schedule_id=schedule_id,
        name=request.name,
        template=request.template.model_dump(mode="json"),
        recurrence=recurrence,
        missed=request.missed,
        next_due_at=recurrence.first_after(at),
        created_by=user_id,
        created_at=at,
    )
    if schedule.next_due_at is None:
        raise InvalidRequestError(field="ends_at", reason="nothing is due before it")
    schedules.add(schedule)
    return schedule


def change_schedule(
    change: ScheduleChange,
    *,
    scope: ProjectScope,
    schedule_id: int,
    schedules: ScheduleRepository,
    versions: ServableVersions,
    buckets: Buckets,
    now: Clock,
) -> BatchSchedule:
    """Change what the form names; what is due next is counted anew from now.

    Raises:
        InvalidRequestError, ScheduleNotFoundError, ScheduleConflictError, VersionNotFoundError,
        VersionNotReadyError
    """
    schedule = schedules.get(scope, schedule_id)
    if change.template is not None:
        _check_template(change.template, scope, versions, buckets)
    given = {
        name: value
        for name in change.model_fields_set
        if (value := getattr(change, name)) is not None or name == "ends_at"
    }
    template = given.pop("template", None)
    own = {name: given.pop(name) for name in ("name", "missed") if name in given}
    recurrence = _recurrence({**schedule.recurrence.model_dump(), **given})
    after = schedule.changed(
        **own,
        template=template.model_dump(mode="json") if template else schedule.template,
        recurrence=recurrence,
        next_due_at=recurrence.first_after(now()),
    )
    schedules.save(after)
    return after


def start_scheduled(*, schedules: ScheduleRepository, using: BatchCollaborators) -> int:
    """Deal with every schedule that is due; return how many batch predictions were started.

    Whoever keeps a time's run first decides what becomes of it; a second look, beside or after a crash,
    finds the run and its batch prediction's id, and goes on from there.
    """
    started = 0
    at = using.now()
    for scope, schedule_id in schedules.due(at, limit=_AT_ONCE):
        try:
            schedule = schedules.get(scope, schedule_id)
            started += _dealt_with(schedule, at, schedules=schedules, using=using)
        except (ScheduleNotFoundError, ScheduleConflictError):
            logger.info("schedule changed while it was due", schedule_id=schedule_id)
    return started


def _dealt_with(
    schedule: BatchSchedule, at: datetime, *, schedules: ScheduleRepository, using: BatchCollaborators
) -> bool:
    due = schedule.recurrence.last_until(at)
    if schedule.next_due_at is None or due is None or due < schedule.next_due_at:
        return False
    run = schedules.claim(schedule, _planned(schedule, due, at, using))
    started = False
    if run.outcome is Outcome.STARTED and run.batch_id is not None:
        run, started = _started(schedule, run, schedules=schedules, using=using)
    logger.info("schedule dealt with", schedule_id=schedule.schedule_id, outcome=run.outcome)
    schedules.save(schedule.after(due, run.batch_id if run.outcome is Outcome.STARTED else None))
    return started


def _planned(schedule: BatchSchedule, due: datetime, at: datetime, using: BatchCollaborators) -> ScheduledRun:
    if schedule.missed is MissedRuns.SKIP and at - due > _LATE:
        return ScheduledRun(due_at=due, outcome=Outcome.MISSED, reason=f"looked at {at.isoformat()} only")
    if _is_at_work(schedule, using.batches):
        reason = f"batch prediction {schedule.last_batch_id} was still at work"
        return ScheduledRun(due_at=due, outcome=Outcome.OVERLAPPED, reason=reason)
    return ScheduledRun(due_at=due, outcome=Outcome.STARTED, batch_id=using.new_id())


def _started(
    schedule: BatchSchedule, run: ScheduledRun, *, schedules: ScheduleRepository, using: BatchCollaborators
) -> tuple[ScheduledRun, bool]:
    template = BatchTemplate.model_validate(schedule.template)
    stamp = run.due_at.strftime("%Y%m%dT%H%M%SZ")
    if template.output.uri:
        output = template.output.model_copy(update={"uri": f"{template.output.uri}{stamp}/"})
        template = template.model_copy(update={"output": output})
    naming = BatchNaming(
        name=f"{schedule.name[:33]} {stamp}",
        user_id=schedule.created_by,
        batch_id=run.batch_id,
        schedule_id=schedule.schedule_id,
    )
    try:
        create_batch(template, naming, scope=schedule.scope, using=using)
    except OpenBMLError as error:
        refused = run.model_copy(
            update={"outcome": Outcome.REFUSED, "batch_id": None, "reason": str(error)[:_REASON_CHARACTERS]}
        )
        schedules.settle(schedule, refused)
        return refused, False
    return run, True


def _is_at_work(schedule: BatchSchedule, batches: BatchRepository) -> bool:
    if schedule.last_batch_id is None:
        return False
    try:
        return not batches.get(schedule.scope, schedule.last_batch_id).state.is_final
    except BatchNotFoundError:
        return False


def _check_template(
    template: BatchTemplate, scope: ProjectScope, versions: ServableVersions, buckets: Buckets
) -> None:
    versions.get(scope, template.model_id, template.model_version)
    checked_input(template.input.uri, scope=scope, buckets=buckets)
    checked_output(template.output.uri, scope=scope, batch_id=0, buckets=buckets)


def _recurrence(fields: dict[str, object]) -> Recurrence:
    try:
        return Recurrence.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "ends_at"
        raise InvalidRequestError(field=field, reason=first["msg"]) from error
