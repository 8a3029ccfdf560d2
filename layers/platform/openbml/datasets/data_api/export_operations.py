"""createExportTask, describeExportTask (spec 02 sections 8.12, 8.13)."""

from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.errors import ParameterInvalidError, TaskNotFoundError
from openbml.datasets.data_api.replies import ApiReply, Flat, size_in_mb, time_text
from openbml.datasets.data_api.requests import ApiRequest, Id, Text, storage_of
from openbml.datasets.data_api.version_operations import found_version
from openbml.datasets.datasets import DatasetRepository
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRepository, DataJobState
from openbml.datasets.jobs.exports import ExportOrder, export_view, request_export
from openbml.datasets.jobs.quiet_versions import ManifestOf
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.version_states import check_changeable
from openbml_formats.data_jobs import DataJobKind

_STATUS = {
    DataJobState.FINISHED: "ExportFinished",
    DataJobState.FAILED: "ExportFailed",
    DataJobState.CANCELLED: "ExportFailed",
}
_RUNNING = "Exporting"


class ExportCollaborators(NamedTuple):
    datasets: DatasetRepository
    jobs: DataJobRepository
    manifest_of: ManifestOf
    starting: MessageQueue
    data: ObjectStore
    data_bucket: str
    new_id: IdFactory
    now: Clock


class CreateExportRequest(ApiRequest):
    dataset_id: Id
    storage_type: Text
    storage_path: str | None = None


class TaskCreated(ApiReply):
    task_id: int


def create_export_task(
    caller: Caller, request: CreateExportRequest, *, using: ExportCollaborators
) -> TaskCreated:
    storage_type, storage_path = storage_of(request.storage_type, request.storage_path)
    dataset, version = found_version(caller, request.dataset_id, datasets=using.datasets)
    check_changeable(version)
    if dataset.kind.api is None:
        raise ParameterInvalidError(field="dataset_id")
    job = request_export(
        version.key,
        ExportOrder(
            format=dataset.kind.api.export_format, storage_type=storage_type, storage_path=storage_path
        ),
        user_id=caller.user_id,
        data_bucket=using.data_bucket,
        datasets=using.datasets,
        jobs=using.jobs,
        manifest_of=using.manifest_of,
        starting=using.starting,
        new_id=using.new_id,
        now=using.now,
    )
    return TaskCreated(task_id=job.job_id)


class TaskRequest(ApiRequest):
    task_id: Id


class ExportDetail(Flat):
    storage_type: str
    storage_path: str
    size_MB: float  # noqa: N815 - the manual's spelling
    sample_count: int
    export_status: str
    start_time: str
    finish_time: str
    download_url: str


def describe_export_task(caller: Caller, request: TaskRequest, *, using: ExportCollaborators) -> ExportDetail:
    """Describe an export; its address is made now and good for an hour, none in the customer's storage."""
    job = _export(caller, request.task_id, using.jobs)
    name = using.datasets.get(caller.scope, job.dataset_id).name
    view = export_view(job, data=using.data, dataset_name=name, now=using.now)
    return ExportDetail(
        storage_type=view.storage_type.value,
        storage_path=view.storage_path,
        size_MB=size_in_mb(view.size_bytes or 0),
        sample_count=view.sample_count,
        export_status=_STATUS.get(view.state, _RUNNING),
        start_time=time_text(view.created_at),
        finish_time=time_text(view.finished_at),
        download_url=view.download_url or "",
    )


def _export(caller: Caller, task_id: int, jobs: DataJobRepository) -> DataJob:
    job = jobs.find(task_id)
    if job is None or job.scope != caller.scope or job.kind is not DataJobKind.EXPORT:
        raise TaskNotFoundError(task_id=task_id)
    return job
