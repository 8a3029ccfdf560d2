"""A new version from another one of the same dataset: an empty one, into which the other is imported."""

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.datasets import DatasetRepository, DatasetVersion, VersionKey
from openbml.datasets.importing.data_imports import ImportRepository
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.source_rules import check_source
from openbml.datasets.importing.start_imports import import_from_version, readable_version
from openbml.datasets.manage_versions import create_version
from openbml.datasets.stored_objects import ObjectStore


def copy_version(
    source: VersionKey,
    *,
    description: str,
    user_id: int,
    datasets: DatasetRepository,
    imports: ImportRepository,
    archives: ObjectStore,
    events: EventPublisher,
    new_id: IdFactory,
    now: Clock,
) -> DatasetVersion:
    """Add a version with the samples and annotations of another, by reference; rows of tables are copied.

    Of a version without samples the copy is empty at once; else it is importing when this returns.

    Raises:
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError, VersionBusyError,
        DatasetQuotaError
    """
    dataset, version = readable_version(source, datasets)
    taken = SourceVersion(dataset_id=source.dataset_id, version_number=source.version_number, take=Take.ALL)
    check_source(dataset, dataset, taken)
    new = create_version(
        source.scope,
        source.dataset_id,
        description=description,
        datasets=datasets,
        new_id=new_id,
        now=now,
    )
    if not version.sample_count:
        return new
    import_from_version(
        new.key,
        taken,
        user_id=user_id,
        datasets=datasets,
        imports=imports,
        archives=archives,
        events=events,
        new_id=new_id,
        now=now,
    )
    return datasets.version(new.key)
