"""Use cases of the API: create, stop, resume, delete."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from openbml.compute.jobs import Job, JobNotFoundError, ProcessingJobRequest
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_forms import BatchTemplate
from openbml.services.batch.batch_predictions import (
    BatchConflictError,
    BatchPrediction,
    BatchRepository,
    BatchState,
    BatchStateError,
    BatchWork,
    StartBatch,
)
from openbml.services.batch.events import BatchStateChanged
from openbml.services.batch.locations import Buckets, checked_input, checked_output
from openbml.services.collaborators import (
    AllowanceUsedUpError,
    Funds,
    ServableVersion,
    ServableVersions,
    VariantMissingError,
)
from openbml_catalog.machines import Module, machines_of
from openbml_catalog.prediction_apis import prediction_apis

_ATTEMPTS = 5


class BatchJobs(Protocol):
    """Port to compute (contracts, section 7)."""

    def submit_processing(self, request: ProcessingJobRequest) -> Job: ...

    def stop_processing(self, job_id: str) -> Job:
        """Raises JobNotFoundError."""

    def announce_end(self, job_id: str) -> Job:
        """Tell a job's end once more, if it has ended. Raises JobNotFoundError."""


class BatchCollaborators(NamedTuple):
    """What creating takes."""

    batches: BatchRepository
    versions: ServableVersions
    funds: Funds
    buckets: Buckets
    events: EventPublisher
    starting: MessageQueue
    new_id: IdFactory
    now: Clock


class BatchNaming(NamedTuple):
    """What a batch prediction is called, and who asked for it.

    Attributes:
        batch_id: chosen before, so that asking again is the same one; None: a new one.
        unique: no other of the project may have the name.
    """

    name: str
    user_id: int
    description: str = ""
    batch_id: int | None = None
    schedule_id: int | None = None
    unique: bool = False


def create_batch(
    form: BatchTemplate, naming: BatchNaming, *, scope: ProjectScope, using: BatchCollaborators
) -> BatchPrediction:
    """Record a batch prediction and ask for its start; of one that was created before, only the latter.

    Raises:
        InvalidRequestError, VersionNotFoundError, VersionNotReadyError,
        VariantMissingError, AllowanceUsedUpError, BatchNameTakenError
    """
    batch_id = naming.batch_id or using.new_id()
    version = using.versions.get(scope, form.model_id, form.model_version)
    work = _work(form, version, scope, batch_id, using.buckets)
    if not using.funds.has_means(scope.account_id, Module.BATCH, form.machine_type):
        raise AllowanceUsedUpError(machine_type=form.machine_type)
    at = using.now()
    batch = BatchPrediction(
        scope=scope,
        batch_id=batch_id,
        name=naming.name,
        description=naming.description,
        work=work,
        schedule_id=naming.schedule_id,
        unique_name=naming.unique,
        created_by=naming.user_id,
        created_at=at,
        changed_at=at,
    )
    if not using.batches.add(batch):
        batch = using.batches.get(scope, batch_id)
    _ask_for_start(batch, using.starting)
    using.events.publish([BatchStateChanged.of(batch)])
    logger.info("batch prediction recorded", batch_id=batch_id, task_type=work.task_type)
    return batch


def stop_batch(
    scope: ProjectScope,
    batch_id: int,
    *,
    batches: BatchRepository,
    jobs: BatchJobs,
    events: EventPublisher,
    now: Clock,
) -> BatchPrediction:
    """Ask it to stop; the parts that are done stay. One that stops already is fine.

    Raises:
        BatchNotFoundError, BatchConflictError
        BatchStateError: it has ended.
    """
    for _ in range(_ATTEMPTS):
        batch = batches.get(scope, batch_id)
        after = batch.stopping(now())
        if after is batch:
            break
        events.publish([BatchStateChanged.of(after)])
        try:
            batches.save(after)
        except BatchConflictError:
            logger.info("batch prediction changed while it was being stopped", batch_id=batch_id)
            continue
        break
    else:
        raise BatchConflictError(batch_id=batch_id)
    if after.state is BatchState.STOPPING:
        stop_job_of(after, jobs)
    return after


def resume_batch(scope: ProjectScope, batch_id: int, *, using: BatchCollaborators) -> BatchPrediction:
    """Start a stopped or failed one again, behind the parts that are done.

    Raises:
        BatchNotFoundError, BatchStateError, BatchConflictError, AllowanceUsedUpError,
        VersionNotFoundError, VersionNotReadyError
    """
    batch = using.batches.get(scope, batch_id)
    after = batch.resumed(using.now())
    using.versions.get(scope, batch.work.model_id, batch.work.model_version)
    if not using.funds.has_means(scope.account_id, Module.BATCH, batch.work.machine_type):
        raise AllowanceUsedUpError(machine_type=batch.work.machine_type)
    using.batches.save(after)
    _ask_for_start(after, using.starting)
    using.events.publish([BatchStateChanged.of(after)])
    return after


def delete_batch(
    scope: ProjectScope, batch_id: int, *, batches: BatchRepository, starting: MessageQueue
) -> None:
    """Forget one that has ended, and what the platform keeps of its output.

    Raises:
        BatchNotFoundError, BatchConflictError
        BatchStateError: it is still at work.
    """
    batch = batches.get(scope, batch_id)
    if not batch.state.is_final:
        raise BatchStateError(batch_id=batch_id, state=batch.state, action="deleted")
    batches.remove(batch)
    starting.send([StartBatch(scope=scope, batch_id=batch_id)])  # finds the record gone, and clears


def stop_job_of(batch: BatchPrediction, jobs: BatchJobs) -> None:
    try:
        jobs.stop_processing(batch.compute_id)
    except JobNotFoundError:
        logger.warning("a batch prediction that stops has no job", batch_id=batch.batch_id)


def _ask_for_start(batch: BatchPrediction, starting: MessageQueue) -> None:
    if not batch.submitted and not batch.state.is_final:
        starting.send([StartBatch(scope=batch.scope, batch_id=batch.batch_id)])


def _work(
    form: BatchTemplate, version: ServableVersion, scope: ProjectScope, batch_id: int, buckets: Buckets
) -> BatchWork:
    _require_servable(version, form.variant)
    _require_machine(form.machine_type)
    return BatchWork(
        model_id=version.model_id,
        model_version=version.version_number,
        task_type=version.task_type,
        model_uri=version.model_uri,
        image=version.image,
        variant=form.variant,
        input_uri=checked_input(form.input.uri, scope=scope, buckets=buckets),
        input_format=form.input_format,
        output_uri=checked_output(form.output.uri, scope=scope, batch_id=batch_id, buckets=buckets),
        output_format=form.output_format,
        machine_type=form.machine_type,
        nodes=form.nodes,
        parameters=_checked_parameters(form.parameters, version.task_type),
    )


def _require_servable(version: ServableVersion, variant: str) -> None:
    if variant not in version.variants:
        raise VariantMissingError(
            model_id=version.model_id,
            version_number=version.version_number,
            variant=variant,
            available=", ".join(version.variants),
        )


def _require_machine(machine_type: str) -> None:
    known = [machine.code for machine in machines_of(Module.BATCH)]
    if machine_type not in known:
        raise InvalidRequestError(field="machine_type", reason=f"must be one of {', '.join(known)}")


def _checked_parameters(parameters: Mapping[str, JsonValue], task_type: str) -> Mapping[str, JsonValue]:
    api = prediction_apis().get(task_type)
    known = [field.name for field in api.request if not field.required] if api else []
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        allowed = ", ".join(known) or "none"
        raise InvalidRequestError(
            field=f"parameters.{unknown[0]}", reason=f"is none of the task's parameters: {allowed}"
        )
    return parameters
