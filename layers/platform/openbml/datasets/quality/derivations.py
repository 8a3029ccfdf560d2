"""Cleaning and augmentation of a version into a new one (spec 01, F8 and F9)."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from openbml.compute.failures import Failure
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import DatasetRepository, DatasetVersion, VersionKey
from openbml.datasets.jobs.data_jobs import (
    DataJob,
    DataJobRepository,
    DataJobState,
    SampleSelection,
    WorkProgress,
)
from openbml.datasets.jobs.quiet_versions import require_quiet
from openbml.datasets.jobs.start_data_jobs import request_data_job
from openbml.datasets.limits import (
    DESCRIPTION_CHARACTERS,
    IMAGE_ASPECT_RATIO,
    IMAGE_BYTES,
    IMAGE_LONGEST_SIDE,
    IMAGE_SHORTEST_SIDE,
)
from openbml.datasets.manage_versions import create_version
from openbml.datasets.quality.checked_orders import checked_order
from openbml.datasets.quotas import Quotas
from openbml_catalog.datasets import DatasetKind
from openbml_catalog.datasets.operators import OperatorUse, data_operators
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.derivations import (
    AugmentationSettings,
    CleaningSettings,
    DerivationResult,
    ImageLimits,
)
from openbml_formats.operators.operations import Operation

_INNER = frozenset({"target_version_number", "limits"})  # not what people ordered
_KINDS = {OperatorUse.CLEANING: DataJobKind.CLEANING, OperatorUse.AUGMENTATION: DataJobKind.AUGMENTATION}


class DerivationView(BaseModel):
    """A cleaning or augmentation as the API shows it.

    Attributes:
        target_version_number: the new version; it fills once the job has finished, by an import of the
            same id as the job.
        settings: what was ordered, every parameter filled in.
        result: what became of the samples, None before the end.
    """

    model_config = ConfigDict(frozen=True)

    job_id: int
    kind: DataJobKind
    dataset_id: int
    version_number: int
    target_version_number: int
    settings: Mapping[str, JsonValue]
    state: DataJobState
    progress: WorkProgress
    failure: Failure | None
    result: DerivationResult | None
    created_by: int
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


def image_limits(kind: DatasetKind) -> ImageLimits:
    """Return what images of a kind must keep to, as `image_rules` holds imports to it."""
    return ImageLimits(
        most_bytes=IMAGE_BYTES,
        shortest_side=IMAGE_SHORTEST_SIDE,
        longest_side=IMAGE_LONGEST_SIDE,
        aspect_ratio=None if kind.any_aspect_ratio else IMAGE_ASPECT_RATIO,
    )


def request_cleaning(
    key: VersionKey,
    operations: tuple[Operation, ...],
    *,
    user_id: int,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> DataJob:
    """Start a cleaning into a new version.

    Raises:
        InvalidRequestError: an operation that is unknown, unfit for the kind or wrongly set.
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError, DatasetQuotaError
        DataJobRefusedError: an import is running, nothing is there, or too many jobs are.
    """
    dataset, version = datasets.get(key.scope, key.dataset_id), datasets.version(key)
    checked = checked_order(operations, kind=dataset.kind, use=OperatorUse.CLEANING)
    require_quiet(dataset, version, jobs)
    settings = CleaningSettings(operations=checked, limits=image_limits(dataset.kind))
    return _requested(
        key,
        OperatorUse.CLEANING,
        settings,
        user_id=user_id,
        datasets=datasets,
        jobs=jobs,
        starting=starting,
        new_id=new_id,
        now=now,
    )


def request_augmentation(
    key: VersionKey,
    settings: AugmentationSettings,
    *,
    quotas: Quotas,
    user_id: int,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> DataJob:
    """Start an augmentation into a new version; limits of the settings are set here.

    Raises:
        InvalidRequestError: an operation that is unknown, unfit for the kind or wrongly set; more samples
            than a dataset takes would come of it.
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError, DatasetQuotaError
        DataJobRefusedError: an import is running, nothing is there, or too many jobs are.
    """
    dataset, version = datasets.get(key.scope, key.dataset_id), datasets.version(key)
    checked = checked_order(settings.operations, kind=dataset.kind, use=OperatorUse.AUGMENTATION)
    require_quiet(dataset, version, jobs)
    _require_room(version, settings, quotas.of(dataset.kind.content).dataset)
    ordered = settings.model_copy(update={"operations": checked, "limits": image_limits(dataset.kind)})
    return _requested(
        key,
        OperatorUse.AUGMENTATION,
        ordered,
        user_id=user_id,
        datasets=datasets,
        jobs=jobs,
        starting=starting,
        new_id=new_id,
        now=now,
    )


def derivation_view(job: DataJob) -> DerivationView:
    settings = {name: value for name, value in job.settings.items() if name not in _INNER}
    return DerivationView(
        job_id=job.job_id,
        kind=job.kind,
        dataset_id=job.dataset_id,
        version_number=job.version_number,
        target_version_number=target_of(job).version_number,
        settings=settings,
        state=job.state,
        progress=job.progress,
        failure=job.failure,
        result=DerivationResult.model_validate(job.result) if job.result else None,
        created_by=job.created_by,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def target_of(job: DataJob) -> VersionKey:
    """Return the version that a cleaning or augmentation fills."""
    number = job.settings["target_version_number"]
    return job.version_key.model_copy(update={"version_number": number})


def _require_room(version: DatasetVersion, settings: AugmentationSettings, limit: int | None) -> None:
    made = version.sample_count * (settings.copies + settings.keep_originals)
    if limit is not None and not settings.labels and made > limit:
        reason = f"{made} samples would come of it; a dataset takes {limit}"
        raise InvalidRequestError(field="copies", reason=reason)


def _requested(
    key: VersionKey,
    use: OperatorUse,
    settings: CleaningSettings | AugmentationSettings,
    *,
    user_id: int,
    datasets: DatasetRepository,
    jobs: DataJobRepository,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> DataJob:
    """Make the new version and the job; should the caller die in between, the version stays empty."""
    description = _described(key, use, settings.operations)
    target = create_version(
        key.scope, key.dataset_id, description=description, datasets=datasets, new_id=new_id, now=now
    )
    targeted = settings.model_copy(update={"target_version_number": target.version_number})
    return request_data_job(
        key,
        _KINDS[use],
        selection=SampleSelection(),
        settings=targeted.model_dump(mode="json"),
        user_id=user_id,
        jobs=jobs,
        starting=starting,
        new_id=new_id,
        now=now,
    )


def _described(key: VersionKey, use: OperatorUse, operations: tuple[Operation, ...]) -> str:
    titles = ", ".join(data_operators()[operation.code].title for operation in operations)
    return f"{use.value.capitalize()} of version {key.version_number}: {titles}"[:DESCRIPTION_CHARACTERS]
