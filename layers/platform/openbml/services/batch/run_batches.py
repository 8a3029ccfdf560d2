"""Use cases of the queue and the clock: hand batch predictions to compute, follow their jobs."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.jobs import JobConflictError, JobNotFoundError, ProcessingJobRequest
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_files import BatchFiles
from openbml.services.batch.batch_predictions import (
    OWNER_CONTEXT,
    BatchConflictError,
    BatchNotFoundError,
    BatchPrediction,
    BatchRepository,
    BatchState,
    NodeProgress,
    StartBatch,
    folder_of,
)
from openbml.services.batch.events import BatchStateChanged, UsageReported
from openbml.services.batch.locations import Buckets
from openbml.services.batch.order_batches import BatchJobs, stop_job_of
from openbml_catalog.tasks import tasks
from openbml_formats.batch_orders import BatchOrder

_ATTEMPTS = 4  # of one change beside others
_LEFT_BEHIND = timedelta(minutes=2)  # younger ones are on their way
_MOST_S = 5 * 86400  # SageMaker's limit
_ENTRY = "batch"
# Many threads with an arena each would hold twice the memory for nothing.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
_PART_ROWS = 10_000
_PART_ITEMS = 500  # some seconds to a minute of work, which a stop may lose
_STATES = {
    "queued": BatchState.QUEUED,
    "running": BatchState.RUNNING,
    "stopping": BatchState.STOPPING,
    "completed": BatchState.SUCCEEDED,
    "failed": BatchState.FAILED,
    "stopped": BatchState.STOPPED,
}


class JobChange(BaseModel):
    """`JobStateChanged` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    job_id: str
    owner: Owner
    state: Literal["queued", "running", "stopping", "completed", "failed", "stopped"]
    failure: Failure | None = None
    intervals: Sequence[Interval] = ()
    at: AwareDatetime


class JobOutput(BaseModel):
    """`JobProgressed` as this context reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    owner: Owner
    records: Sequence[Mapping[str, JsonValue]] = ()


class _Told(NodeProgress):
    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["batch"]
    node: int = Field(ge=0, lt=100)


def start_batch(
    message: StartBatch,
    *,
    batches: BatchRepository,
    files: BatchFiles,
    jobs: BatchJobs,
    buckets: Buckets,
    events: EventPublisher,
    now: Clock,
) -> BatchPrediction | None:
    """Write the order and hand it to compute; repeating it is harmless.

    A repeat writes the same order again, and compute knows the attempt by its id. One that was deleted
    leaves files behind, which go now.
    """
    scope, batch_id = message.scope, message.batch_id
    try:
        batch = batches.get(scope, batch_id)
    except BatchNotFoundError:
        files.clear(folder_of(scope, batch_id))
        return None
    if batch.submitted or batch.state.is_final:
        return batch
    folder = f"{folder_of(scope, batch_id)}order/{batch.attempt}/"
    order_uri = files.put_order(folder, _order(batch, buckets).model_dump_json().encode())
    jobs.submit_processing(_request(batch, order_uri))
    after = batch.handed_over(now())
    try:
        batches.save(after)
    except BatchConflictError:
        current = batches.get(scope, batch_id)
        if current.state.is_final and current.attempt == batch.attempt:  # stopped meanwhile
            stop_job_of(batch, jobs)
        return current
    logger.info("batch prediction submitted", batch_id=batch_id, attempt=batch.attempt)
    events.publish([BatchStateChanged.of(after)])
    return after


def track_batch(
    change: JobChange, *, batches: BatchRepository, jobs: BatchJobs, events: EventPublisher
) -> BatchPrediction | None:
    """Copy a job's change into its batch prediction; at the end tell the usage.

    Events are published before the state is saved that would skip them.

    Raises:
        BatchConflictError
    """
    if change.owner.context != OWNER_CONTEXT:
        return None
    for _ in range(_ATTEMPTS - 1):
        try:
            return _tracked(change, batches=batches, jobs=jobs, events=events)
        except BatchConflictError:  # a stop or another change was faster: look again
            logger.info("batch prediction changed while tracking", batch_id=change.owner.id)
    return _tracked(change, batches=batches, jobs=jobs, events=events)


def record_batch_progress(
    output: JobOutput, *, batches: BatchRepository, events: EventPublisher
) -> BatchPrediction | None:
    """Keep how far each node is and tell it; lines come again and out of order."""
    if output.owner.context != OWNER_CONTEXT:
        return None
    furthest: dict[int, _Told] = {}
    for told in (told for record in output.records if (told := _told(record))):
        if told.node not in furthest or told.done >= furthest[told.node].done:
            furthest[told.node] = told
    batch_id = int(output.owner.id)
    kept = [
        batches.record_progress(output.scope, batch_id, f"n{node}", _progress(told))
        for node, told in furthest.items()
    ]
    if not any(kept):
        return None
    try:
        batch = batches.get(output.scope, batch_id)
    except BatchNotFoundError:
        return None
    events.publish([BatchStateChanged.of(batch)])
    return batch


def resume_batches(*, batches: BatchRepository, starting: MessageQueue, jobs: BatchJobs, now: Clock) -> int:
    """Push on what a lost message or a killed function left behind; return how many."""
    left = 0
    for scope, batch_id in batches.open_everywhere():
        try:
            batch = batches.get(scope, batch_id)
            if now() - batch.changed_at >= _LEFT_BEHIND:
                left += 1
                _push_on(batch, starting, jobs)
        except (BatchNotFoundError, JobNotFoundError, JobConflictError) as error:
            logger.warning(
                "batch prediction could not be pushed on", batch_id=batch_id, cause=type(error).__name__
            )
    return left


def _push_on(batch: BatchPrediction, starting: MessageQueue, jobs: BatchJobs) -> None:
    if not batch.submitted:
        starting.send([StartBatch(scope=batch.scope, batch_id=batch.batch_id)])
        return
    if batch.state is BatchState.STOPPING:
        jobs.stop_processing(batch.compute_id)
    jobs.announce_end(batch.compute_id)


def _tracked(
    change: JobChange, *, batches: BatchRepository, jobs: BatchJobs, events: EventPublisher
) -> BatchPrediction | None:
    try:
        batch = batches.get(change.scope, int(change.owner.id))
    except BatchNotFoundError:
        logger.warning("change of an unknown batch prediction's job", batch_id=change.owner.id)
        return None
    if change.job_id != batch.compute_id:
        return batch  # of an earlier attempt
    state = _STATES[change.state]
    if batch.state.is_final:
        if not state.is_final:  # stopped while its job was being submitted
            stop_job_of(batch, jobs)
        return batch
    after = batch.observed(state, change.failure, change.intervals, change.at)
    if after is batch:
        return batch
    usage = UsageReported.of(after)
    events.publish([BatchStateChanged.of(after), *([usage] if usage else [])])
    batches.save(after)
    return after


def _request(batch: BatchPrediction, order_uri: str) -> ProcessingJobRequest:
    return ProcessingJobRequest(
        job_id=batch.compute_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(batch.batch_id)),
        scope=batch.scope,
        image=batch.work.image,
        arguments=(_ENTRY,),
        environment=_ENVIRONMENT,
        machine_type=batch.work.machine_type,
        order_uri=order_uri,
        model_uri=batch.work.model_uri,
        node_count=batch.work.nodes,
        max_runtime_s=_MOST_S,
    )


def _order(batch: BatchPrediction, buckets: Buckets) -> BatchOrder:
    work = batch.work
    is_table = tasks()[work.task_type].data_type == "table"
    return BatchOrder(
        job_id=str(batch.batch_id),
        input_uri=work.input_uri,
        input_format=work.input_format,
        output_uri=work.output_uri,
        output_format=work.output_format,
        journal_uri=f"s3://{buckets.data_bucket_name}/{folder_of(batch.scope, batch.batch_id)}journal/",
        variant=work.variant,
        parameters=work.parameters,
        part_items=_PART_ROWS if is_table else _PART_ITEMS,
    )


def _told(record: Mapping[str, JsonValue]) -> _Told | None:
    try:
        return _Told.model_validate(record)
    except ValidationError:
        return None  # another kind of line


def _progress(told: _Told) -> NodeProgress:
    return NodeProgress(done=told.done, failed=told.failed, total=told.total, share=told.share)
