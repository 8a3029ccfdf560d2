"""Removing a version's jobs, a part of its deletion."""

from openbml.compute.jobs import JobNotFoundError
from openbml.datasets.datasets import VersionKey
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRepository
from openbml.datasets.jobs.start_data_jobs import DataJobRuntime
from openbml.datasets.quality.quality_reports import document_key
from openbml.datasets.stored_objects import ObjectStore
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.export_jobs import ExportSettings

_PAGE = 100


def remove_data_jobs(
    key: VersionKey, *, jobs: DataJobRepository, runtime: DataJobRuntime, data: ObjectStore
) -> None:
    """Stop what runs, drop archives and reports of the platform's, forget the jobs; a repeat is harmless."""
    position = None
    while True:
        found, position = jobs.page(key, None, limit=_PAGE, position=position)
        for job in found:
            _end(job, runtime)
            _drop_objects(job, data)
        if position is None:
            break
    jobs.remove_all(key)


def _end(job: DataJob, runtime: DataJobRuntime) -> None:
    if job.state.is_final:
        return
    try:
        runtime.stop_processing(job.compute_id)
    except JobNotFoundError:
        return  # it was never handed over


def _drop_objects(job: DataJob, data: ObjectStore) -> None:
    if job.kind is DataJobKind.QUALITY_REPORT:
        data.delete(document_key(job))
    if job.kind is not DataJobKind.EXPORT:
        return
    settings = ExportSettings.model_validate(job.settings)
    if not settings.customers:
        data.delete(settings.target_key)
