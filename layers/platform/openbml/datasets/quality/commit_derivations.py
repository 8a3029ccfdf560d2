"""What a cleaning or augmentation has made becomes the samples of its new version, by an import."""

from collections.abc import Callable

from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetNotFoundError,
    DatasetRepository,
    DatasetVersionNotFoundError,
    LastVersionError,
    VersionBusyError,
    VersionState,
)
from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportChangedError,
    ImportCounts,
    ImportPlan,
    ImportState,
    VolumeTakenError,
)
from openbml.datasets.importing.end_imports import fail_import
from openbml.datasets.importing.plan_imports import Planner, send_shards
from openbml.datasets.importing.shards import shard_key
from openbml.datasets.jobs.data_job_kinds import Result
from openbml.datasets.jobs.data_jobs import DataJob
from openbml.datasets.jobs.job_plans import JobPlan, plan_from_job
from openbml.datasets.manage_versions import delete_version
from openbml.datasets.quality.derivations import target_of
from openbml_formats.derivations import DerivationResult

_GONE = (DatasetDeletingError, DatasetNotFoundError, DatasetVersionNotFoundError)


class DerivationHook:
    """`DataJobHook` of cleanings and augmentations.

    The import has the job's id: a repeat finds it and goes on where the one before stopped. Collaborators
    are asked for when they are needed; functions that only cancel jobs have no shards to send.
    """

    def __init__(
        self,
        *,
        planner: Callable[[], Planner],
        datasets: Callable[[], DatasetRepository],
        deletions: Callable[[], MessageQueue],
    ) -> None:
        self._planner = planner
        self._datasets = datasets
        self._deletions = deletions

    def completed(self, job: DataJob, result: Result) -> None:
        """Raises VersionBusyError: someone imports into the new version right now; try again."""
        DerivationResult.model_validate(result)
        plan = plan_from_job(job, result)
        try:
            _commit(job, plan, self._planner())
        except _GONE:
            logger.warning("the version that a job was to fill is gone", job_id=job.job_id)

    def not_completed(self, job: DataJob) -> None:
        """Delete the new version again where it is still empty; anything else in it is its owner's."""
        datasets = self._datasets()
        target = target_of(job)
        try:
            version = datasets.version(target)
            if version.sample_count or version.state in (VersionState.IMPORTING, VersionState.DELETING):
                return
            delete_version(target, datasets=datasets, deletions=self._deletions())
        except (*_GONE, LastVersionError, VersionBusyError) as error:
            logger.info("an unused version stays", job_id=job.job_id, why=type(error).__name__)


def _commit(job: DataJob, plan: JobPlan, planner: Planner) -> DataImport:
    data_import = planner.imports.find(job.scope.project_id, job.job_id) or _added(job, planner)
    if data_import.state.is_final:
        return data_import
    if data_import.state is ImportState.UPLOADING:
        data_import = planner.imports.start(data_import)
    if data_import.state is ImportState.PLANNING:
        try:
            data_import = _planned(data_import, plan, planner)
        except VolumeTakenError:
            return _refused(data_import, plan, planner)
        except ImportChangedError:
            return planner.imports.get(data_import.version_key, data_import.import_id)  # cancelled meanwhile
    return send_shards(data_import, planner)


def _planned(data_import: DataImport, plan: JobPlan, planner: Planner) -> DataImport:
    """Raises VolumeTakenError: there is no room; ImportChangedError."""
    if plan.sample_count > planner.imports.room(data_import):
        raise VolumeTakenError(import_id=data_import.import_id)
    _copy_shards(data_import, plan, planner)
    chunks = planner.imports.reserve_chunks(data_import.scope, max(len(plan.shard_keys), 1))
    recorded = ImportPlan(
        first_chunk=chunks,
        shard_count=len(plan.shard_keys),
        entries_total=plan.sample_count,
        counts=ImportCounts(),
    )
    return planner.imports.plan(data_import, recorded)


def _added(job: DataJob, planner: Planner) -> DataImport:
    target = target_of(job)
    dataset = planner.datasets.get(target.scope, target.dataset_id)
    planner.datasets.version(target)
    at = planner.now()
    data_import = DataImport(
        scope=target.scope,
        dataset_id=target.dataset_id,
        version_number=target.version_number,
        import_id=job.job_id,
        content=dataset.kind.content,
        format="",
        created_by=job.created_by,
        created_at=at,
        changed_at=at,
    )
    planner.imports.add(data_import)
    return data_import


def _copy_shards(data_import: DataImport, plan: JobPlan, planner: Planner) -> None:
    for index, key in enumerate(plan.shard_keys):
        body = planner.archives.read(key)
        planner.archives.put(shard_key(data_import, index), body, content_type="application/octet-stream")


def _refused(data_import: DataImport, plan: JobPlan, planner: Planner) -> DataImport:
    limits = planner.quotas.of(data_import.content).describe()
    return fail_import(
        data_import,
        FailureReason.VOLUME_LIMIT,
        f"There is no room for {plan.sample_count} samples: {limits}. Delete data you no longer need.",
        imports=planner.imports,
        events=planner.events,
        now=planner.now,
    )
