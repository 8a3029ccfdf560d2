"""Use cases: follow a data job's compute job, take its result, cancel it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import JobNotFoundError
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.datasets.datasets import VersionKey
from openbml.datasets.events import DataJobStateChanged
from openbml.datasets.jobs.data_job_kinds import Hooks, Result
from openbml.datasets.jobs.data_jobs import (
    OWNER_CONTEXT,
    DataJob,
    DataJobConflictError,
    DataJobRepository,
    DataJobState,
    WorkProgress,
    compute_id_of,
    result_key,
)
from openbml.datasets.jobs.start_data_jobs import DataJobRuntime
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore

_ATTEMPTS = 4  # of one change beside others
_RESULT = TypeAdapter(dict[str, JsonValue])
_KEPT_RESULT_BYTES = 100_000  # of a larger one the kind keeps what it needs itself


class JobChange(BaseModel):
    """`JobStateChanged` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: Owner
    state: Literal["queued", "running", "stopping", "completed", "failed", "stopped"]
    failure: Failure | None = None
    at: AwareDatetime


class JobOutput(BaseModel):
    """`JobProgressed` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    owner: Owner
    records: Sequence[Mapping[str, JsonValue]] = ()


class _Progress(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["progress"]
    done: int = Field(ge=0, lt=2**53)
    total: int = Field(ge=0, lt=2**53)


def track_data_job(
    change: JobChange,
    *,
    jobs: DataJobRepository,
    scratch: ObjectStore,
    runtime: DataJobRuntime,
    hooks: Hooks,
    events: EventPublisher,
) -> DataJob | None:
    """Copy a compute job's change into its data job; at the end its kind takes the result.

    The result is taken and the event published before the state is saved that would skip them.

    Raises:
        DataJobConflictError
    """
    if change.owner.context != OWNER_CONTEXT:
        return None
    tracking = _Tracking(change, jobs, scratch, runtime, hooks, events)
    for _ in range(_ATTEMPTS - 1):
        try:
            return tracking.tracked()
        except DataJobConflictError:  # a cancellation or another change was faster: look again
            logger.info("data job changed while tracking", job_id=change.owner.id)
    return tracking.tracked()


def record_work_progress(
    output: JobOutput, *, jobs: DataJobRepository, runtime: DataJobRuntime, events: EventPublisher
) -> DataJob | None:
    """Keep how far a job is and tell it; lines come again and out of order.

    A job that goes on although nobody wants it any more is stopped.
    """
    if output.owner.context != OWNER_CONTEXT:
        return None
    told = [progress for record in output.records if (progress := _progress_of(record))]
    if not told:
        return None
    furthest = max(told, key=lambda progress: progress.done)
    job = jobs.find(int(output.owner.id))
    if job is None:
        if furthest.done < furthest.total:
            _stop_leftover(compute_id_of(int(output.owner.id)), runtime)
        return None
    if not jobs.record_progress(job, furthest):
        return job
    moved = job.model_copy(update={"progress_done": furthest.done, "progress_total": furthest.total})
    events.publish([DataJobStateChanged.of(moved)])
    return moved


def cancel_data_job(
    key: VersionKey,
    job_id: int,
    *,
    jobs: DataJobRepository,
    runtime: DataJobRuntime,
    hooks: Hooks,
    events: EventPublisher,
    now: Clock,
) -> DataJob:
    """Ask a job to stop. One that has ended, or ends meanwhile, keeps its true end.

    Raises:
        DataJobNotFoundError, DataJobConflictError
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _cancelled(key, job_id, jobs=jobs, runtime=runtime, hooks=hooks, events=events, now=now)
        except DataJobConflictError:  # it moved on meanwhile: look again
            logger.info("data job changed while cancelling", job_id=job_id)
    return _cancelled(key, job_id, jobs=jobs, runtime=runtime, hooks=hooks, events=events, now=now)


def _cancelled(
    key: VersionKey,
    job_id: int,
    *,
    jobs: DataJobRepository,
    runtime: DataJobRuntime,
    hooks: Hooks,
    events: EventPublisher,
    now: Clock,
) -> DataJob:
    job = jobs.get(key, job_id)
    if not job.state.may_become(DataJobState.STOPPING):
        return job
    stopping = job.stopping(now())
    if stopping.state.is_final:
        hooks[job.kind].not_completed(stopping)
    events.publish([DataJobStateChanged.of(stopping)])
    jobs.save(stopping)
    if not stopping.state.is_final:
        runtime.stop_processing(job.compute_id)
    return stopping


class _Tracking:
    """One change of one compute job."""

    def __init__(
        self,
        change: JobChange,
        jobs: DataJobRepository,
        scratch: ObjectStore,
        runtime: DataJobRuntime,
        hooks: Hooks,
        events: EventPublisher,
    ) -> None:
        self._change = change
        self._jobs = jobs
        self._scratch = scratch
        self._runtime = runtime
        self._hooks = hooks
        self._events = events

    def tracked(self) -> DataJob | None:
        job = self._jobs.find(int(self._change.owner.id))
        if job is None:
            logger.warning("change of an unknown data job", job_id=self._change.owner.id)
            self._stop_if_alive(compute_id_of(int(self._change.owner.id)))
            return None
        if job.state.is_final:
            self._stop_if_alive(job.compute_id)
            return job
        after = self._after(job)
        if after is None:
            return job
        self._events.publish([DataJobStateChanged.of(after)])
        self._jobs.save(after)
        return after

    def _stop_if_alive(self, compute_id: str) -> None:
        if self._change.state in ("queued", "running"):
            _stop_leftover(compute_id, self._runtime)

    def _after(self, job: DataJob) -> DataJob | None:
        at = self._change.at
        match self._change.state:
            case "completed":
                return self._completed(job)
            case "failed":
                return self._not_completed(job.failed(self._failure(), at))
            case "stopped":
                return self._not_completed(self._stopped(job))
            case "stopping":
                return job.stopping(at) if job.state.may_become(DataJobState.STOPPING) else None
            case "running":
                return job.running(at) if job.state.may_become(DataJobState.RUNNING) else None
            case _:
                return None  # `queued` is noted by whoever hands the job over

    def _stopped(self, job: DataJob) -> DataJob:
        if self._change.failure:  # nobody asked: its time was over
            return job.failed(self._change.failure, self._change.at)
        return job.ended(DataJobState.CANCELLED, self._change.at)

    def _failure(self) -> Failure:
        return self._change.failure or Failure(
            fault=Fault.PLATFORM, message="the job failed without a reason"
        )

    def _completed(self, job: DataJob) -> DataJob:
        try:
            body = self._scratch.read(result_key(job.scope, job.job_id))
            result: Result = _RESULT.validate_json(body)
            self._hooks[job.kind].completed(job, result)
        except (ObjectMissingError, ValidationError) as error:
            logger.exception("data job left no usable result", job_id=job.job_id)
            reason = f"the job's result cannot be read: {type(error).__name__}"
            failure = Failure(fault=Fault.PLATFORM, message=reason)
            return self._not_completed(job.failed(failure, self._change.at))
        return job.finished(result if len(body) <= _KEPT_RESULT_BYTES else None, self._change.at)

    def _not_completed(self, after: DataJob) -> DataJob:
        self._hooks[after.kind].not_completed(after)
        return after


def _stop_leftover(compute_id: str, runtime: DataJobRuntime) -> None:
    """The job of a data job that was cancelled while it was submitted, or removed, may be alive."""
    logger.warning("the compute job of an ended data job is alive", compute_id=compute_id)
    try:
        runtime.stop_processing(compute_id)
    except JobNotFoundError:
        logger.warning("an ended data job has no compute job", compute_id=compute_id)


def _progress_of(record: Mapping[str, JsonValue]) -> WorkProgress | None:
    try:
        progress = _Progress.model_validate(record)
    except ValidationError:
        return None  # another kind of line
    return WorkProgress(done=progress.done, total=progress.total)
