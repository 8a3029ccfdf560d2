"""Whether a version can have a job now."""

from collections.abc import Callable

from openbml.datasets.datasets import (
    Dataset,
    DatasetDeletingError,
    DatasetVersion,
    VersionKey,
    VersionState,
)
from openbml.datasets.jobs.data_jobs import DataJobRefusedError, DataJobRepository
from openbml.datasets.limits import OPEN_JOBS_PER_VERSION
from openbml_catalog.datasets import Content

ManifestOf = Callable[[VersionKey], str | None]


def require_quiet(dataset: Dataset, version: DatasetVersion, jobs: DataJobRepository) -> None:
    """Raises DatasetDeletingError, DataJobRefusedError: an import runs, nothing is there, too many jobs."""
    if dataset.deleting or version.state is VersionState.DELETING:
        raise DatasetDeletingError(dataset_id=dataset.dataset_id)
    if version.state is VersionState.IMPORTING:
        raise DataJobRefusedError(reason="an import is running into the version")
    if dataset.kind.content is not Content.ROWS and not version.sample_count:
        raise DataJobRefusedError(reason="the version holds no samples")
    if len(jobs.open_of(version.key)) >= OPEN_JOBS_PER_VERSION:
        raise DataJobRefusedError(reason=f"{OPEN_JOBS_PER_VERSION} jobs of the version are open already")


def manifest_of_table(dataset: Dataset, key: VersionKey, manifest_of: ManifestOf) -> str | None:
    """Return the key of a table's manifest, None for other kinds. Raises DataJobRefusedError: no rows."""
    if dataset.kind.content is not Content.ROWS:
        return None
    manifest = manifest_of(key)
    if manifest is None:
        raise DataJobRefusedError(reason="the version holds no rows")
    return manifest
