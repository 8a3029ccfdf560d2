"""Quality reports of versions: asked for, measured by a data job, kept beside the data (spec 01, F1)."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import DatasetRepository, VersionKey
from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import (
    DataJob,
    DataJobNotFoundError,
    DataJobRefusedError,
    DataJobRepository,
    DataJobState,
    SampleSelection,
    WorkProgress,
)
from openbml.datasets.jobs.quiet_versions import ManifestOf, manifest_of_table, require_quiet
from openbml.datasets.jobs.start_data_jobs import request_data_job
from openbml.datasets.stored_objects import ObjectStore
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.quality import FindingSeverity, QualityReport, QualitySettings

_JSON = "application/json"


class QualityReportView(BaseModel):
    """A report as the API shows it.

    Attributes:
        findings: counted by severity; None before the end, and of a report too long to be kept with its job.
    """

    model_config = ConfigDict(frozen=True)

    report_id: int
    dataset_id: int
    version_number: int
    similar_distance: int
    state: DataJobState
    progress: WorkProgress
    failure: Failure | None
    findings: Mapping[FindingSeverity, int] | None
    created_by: int
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


def request_quality_report(
    key: VersionKey,
    *,
    similar_distance: int,
    user_id: int,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    manifest_of: ManifestOf,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> DataJob:
    """Start a report on the version as it is now.

    Args:
        similar_distance: how many of a look's 64 bits may differ between similar images.

    Raises:
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError
        DataJobRefusedError: an import is running, nothing is there, or too many jobs are.
    """
    dataset, version = datasets.get(key.scope, key.dataset_id), datasets.version(key)
    require_quiet(dataset, version, jobs)
    manifest = manifest_of_table(dataset, key, manifest_of)
    settings = QualitySettings(similar_distance=similar_distance, table_manifest=manifest)
    return request_data_job(
        key,
        DataJobKind.QUALITY_REPORT,
        selection=SampleSelection(),
        settings=settings.model_dump(mode="json"),
        user_id=user_id,
        jobs=jobs,
        starting=starting,
        new_id=new_id,
        now=now,
    )


def quality_report_view(job: DataJob) -> QualityReportView:
    findings = (job.result or {}).get("findings")
    counts = dict.fromkeys(FindingSeverity, 0)
    for finding in findings if isinstance(findings, list) else []:
        if isinstance(finding, dict):
            counts[FindingSeverity(str(finding["severity"]))] += 1
    return QualityReportView(
        report_id=job.job_id,
        dataset_id=job.dataset_id,
        version_number=job.version_number,
        similar_distance=QualitySettings.model_validate(job.settings).similar_distance,
        state=job.state,
        progress=job.progress,
        failure=job.failure,
        findings=counts if isinstance(findings, list) else None,
        created_by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def job_of_kind(key: VersionKey, job_id: int, kind: DataJobKind, *, jobs: DataJobRepository) -> DataJob:
    """Raises DataJobNotFoundError: there is none, or it is of another kind."""
    job = jobs.get(key, job_id)
    if job.kind is not kind:
        raise DataJobNotFoundError(job_id=job_id)
    return job


def quality_document(
    key: VersionKey, report_id: int, *, jobs: DataJobRepository, data: ObjectStore
) -> QualityReport:
    """Return a finished report.

    Raises:
        DataJobNotFoundError
        DataJobRefusedError: it is not finished.
    """
    job = job_of_kind(key, report_id, DataJobKind.QUALITY_REPORT, jobs=jobs)
    if job.state is not DataJobState.FINISHED:
        raise DataJobRefusedError(reason=f"the report is {job.state.value}, not finished")
    return QualityReport.model_validate_json(data.read(document_key(job)))


def document_key(job: DataJob) -> str:
    """Return where a job's document lies, data bucket."""
    return f"{job.scope.prefix}quality-reports/{job.dataset_id}/{job.version_number}/{job.job_id}.json"


class QualityReportHook:
    """`DataJobHook` of reports: the document is put where the version's data are; a repeat puts the same."""

    def __init__(self, data: ObjectStore) -> None:
        self._data = data

    def completed(self, job: DataJob, result: Result) -> None:
        report = QualityReport.model_validate(result)
        self._data.put(document_key(job), report.model_dump_json().encode(), content_type=_JSON)

    def not_completed(self, job: DataJob) -> None:
        """A job that does not end leaves nothing: its document is its last act."""
