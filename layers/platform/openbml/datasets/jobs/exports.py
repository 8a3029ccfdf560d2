"""Exports: a version's samples as one zip, where the project or the customer keeps data (spec 02, 8.12)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetRepository,
    StorageType,
    VersionExportingError,
    VersionKey,
)
from openbml.datasets.garbage.marks import Mark, MarkKind, MarkRepository
from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import (
    DataJob,
    DataJobRepository,
    DataJobState,
    SampleSelection,
    WorkProgress,
)
from openbml.datasets.jobs.quiet_versions import ManifestOf, manifest_of_table, require_quiet
from openbml.datasets.jobs.start_data_jobs import request_data_job
from openbml.datasets.limits import DOWNLOAD_URL_S, EXPORT_DAYS, MIB, OPEN_JOBS_PER_VERSION
from openbml.datasets.samples import AnnotationState
from openbml.datasets.storage_paths import location_of
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import data_formats
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.export_jobs import ExportResult, ExportSettings


class ExportOrder(BaseModel):
    """What a caller wants; without a storage of its own, the dataset's is taken."""

    model_config = ConfigDict(frozen=True)

    format: str
    labels: Sequence[str] | None = None
    annotation_state: AnnotationState | None = None
    storage_type: StorageType | None = None
    storage_path: str | None = None


class ExportTarget(BaseModel):
    model_config = ConfigDict(frozen=True)

    bucket: str
    key: str
    customers: bool


class ExportView(BaseModel):
    """An export as the APIs show it; `download_url` is good for an hour from now."""

    model_config = ConfigDict(frozen=True)

    export_id: int
    dataset_id: int
    version_number: int
    format: str
    labels: Sequence[str] | None
    annotation_state: AnnotationState | None
    state: DataJobState
    progress: WorkProgress
    failure: Failure | None
    storage_type: StorageType
    storage_path: str
    sample_count: int
    size_bytes: int | None
    size_MB: float | None  # noqa: N815 - the manual's name
    download_url: str | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


def request_export(
    key: VersionKey,
    order: ExportOrder,
    *,
    user_id: int,
    data_bucket: str,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    manifest_of: ManifestOf,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> DataJob:
    """Start an export. The version stays usable; what changes in it meanwhile may be in the export or not.

    Args:
        manifest_of: gives the key of a table's manifest, None while the version holds no rows.

    Raises:
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError
        InvalidRequestError: the format cannot hold the kind, a malformed path, a label of the unlabelled.
        DataJobRefusedError: an import is running, nothing is there, or too many jobs are.
    """
    dataset, version = datasets.get(key.scope, key.dataset_id), datasets.version(key)
    _require_format(dataset, order.format)
    if order.labels is not None and order.annotation_state is AnnotationState.UNLABELLED:
        raise InvalidRequestError(field="labels", reason="unlabelled samples have no label")
    require_quiet(dataset, version, jobs)
    manifest = manifest_of_table(dataset, key, manifest_of)
    job_id = new_id()
    identified = datasets.identified(version, new_id())
    name = f"DatasetId_{identified.version_id}_export_{_start(version.key, jobs, now())}.zip"
    target = _target(dataset, order, job_id, name, data_bucket)
    settings = ExportSettings(
        format=order.format,
        target_bucket=target.bucket,
        target_key=target.key,
        customers=target.customers,
        table_manifest=manifest,
    )
    labels = None if order.labels is None else tuple(order.labels)
    return request_data_job(
        key,
        DataJobKind.EXPORT,
        selection=SampleSelection(labels=labels, annotation_state=order.annotation_state),
        settings=settings.model_dump(mode="json"),
        user_id=user_id,
        jobs=jobs,
        starting=starting,
        new_id=new_id,
        now=now,
        job_id=job_id,
    )


def export_view(job: DataJob, *, data: ObjectStore, dataset_name: str, now: Clock) -> ExportView:
    settings = ExportSettings.model_validate(job.settings)
    selection = job.selection or SampleSelection()
    result = ExportResult.model_validate(job.result) if job.result else None
    filename = f"{dataset_name}_V{job.version_number}_{settings.format}.zip"
    return ExportView(
        export_id=job.job_id,
        dataset_id=job.dataset_id,
        version_number=job.version_number,
        format=settings.format,
        labels=selection.labels,
        annotation_state=selection.annotation_state,
        state=job.state,
        progress=job.progress,
        failure=job.failure,
        storage_type=StorageType.CUSTOMER if settings.customers else StorageType.PLATFORM,
        storage_path=f"s3://{settings.target_bucket}/{settings.target_key}",
        sample_count=result.sample_count if result else 0,
        size_bytes=result.size_bytes if result else None,
        size_MB=round(result.size_bytes / MIB, 2) if result else None,
        download_url=(
            data.download_url(settings.target_key, filename, lifetime_s=DOWNLOAD_URL_S)
            if result and not settings.customers and not _is_over(job, now())
            else None
        ),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


class ExportHook:
    """`DataJobHook` of exports: the archive lies where it belongs; one with the platform goes after days."""

    def __init__(self, marks: MarkRepository, *, now: Clock) -> None:
        self._marks = marks
        self._now = now

    def completed(self, job: DataJob, result: Result) -> None:
        ExportResult.model_validate(result)
        settings = ExportSettings.model_validate(job.settings)
        if settings.customers:
            return
        due_at = self._now() + timedelta(days=EXPORT_DAYS)
        self._marks.mark(Mark(scope=job.scope, kind=MarkKind.OBJECT, name=settings.target_key, due_at=due_at))

    def not_completed(self, job: DataJob) -> None:
        """A job that does not end leaves nothing: its upload is aborted."""


def _is_over(job: DataJob, at: datetime) -> bool:
    """Return whether the archive's days are over; the sweep takes it soon, or has."""
    return job.finished_at is not None and at >= job.finished_at + timedelta(days=EXPORT_DAYS)


def check_not_exporting(key: VersionKey, *, jobs: DataJobRepository) -> None:
    """Raises VersionExportingError."""
    for job in jobs.open_of(key):
        if job.kind is DataJobKind.EXPORT:
            raise VersionExportingError(
                dataset_id=key.dataset_id, version_number=key.version_number, export_id=job.job_id
            )


def export_prefix(scope: ProjectScope, job_id: int) -> str:
    """Return where an export lies in the project's own storage, data bucket."""
    return f"{scope.prefix}exports/{job_id}/download/"


def _require_format(dataset: Dataset, code: str) -> None:
    kind = dataset.kind.code
    fitting = sorted(row.code for row in data_formats().values() if kind in row.writes)
    if code not in fitting:
        raise InvalidRequestError(field="format", reason=f"{kind} is exported as {', '.join(fitting)}")


def _start(key: VersionKey, jobs: DataJobRepository, at: datetime) -> int:
    """Return the second that names an export: of two in one second the later takes the next."""
    latest, _ = jobs.page(key, DataJobKind.EXPORT, limit=OPEN_JOBS_PER_VERSION, position=None)
    taken = {str(job.settings["target_key"]).rpartition("_")[2] for job in latest}
    second = int(at.timestamp())
    while f"{second}.zip" in taken:
        second += 1
    return second


def _target(dataset: Dataset, order: ExportOrder, job_id: int, name: str, data_bucket: str) -> ExportTarget:
    storage_type = order.storage_type or dataset.storage_type
    if storage_type is StorageType.PLATFORM:
        folder = export_prefix(dataset.scope, job_id)
        return ExportTarget(bucket=data_bucket, key=f"{folder}{name}", customers=False)
    path = order.storage_path or dataset.storage_path or ""
    place = location_of(f"{path.rstrip('/')}/")
    if place is None:
        reason = "must be s3://bucket/prefix/ or bos:/bucket/dir/"
        raise InvalidRequestError(field="storage_path", reason=reason)
    if place.bucket == data_bucket:
        raise InvalidRequestError(field="storage_path", reason="the bucket is the platform's own")
    return ExportTarget(bucket=place.bucket, key=f"{place.prefix}{name}", customers=True)
