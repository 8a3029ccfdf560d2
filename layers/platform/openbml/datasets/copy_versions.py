"""New versions from existing ones: samples and annotations by reference, by an import of the dataset."""

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.datasets import DatasetRepository, DatasetVersion, VersionKey
from openbml.datasets.importing.data_imports import ImportRepository
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.start_imports import import_from_version, open_version
from openbml.datasets.manage_versions import create_version
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import Content


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
    """Add a version that takes all of another one of the dataset; the copy runs on as an import.

    Raises:
        InvalidRequestError: the description, or a table: its rows are imported from their files again.
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError, VersionBusyError
        DatasetQuotaError: too many versions.
    """
    dataset, _ = open_version(source, datasets)
    if dataset.kind.content is Content.ROWS:
        raise InvalidRequestError(field="source", reason="tables are imported from files")
    made = create_version(
        source.scope,
        source.dataset_id,
        description=description,
        datasets=datasets,
        new_id=new_id,
        now=now,
    )
    import_from_version(
        made.key,
        SourceVersion(dataset_id=source.dataset_id, version_number=source.version_number, take=Take.ALL),
        user_id=user_id,
        datasets=datasets,
        imports=imports,
        archives=archives,
        events=events,
        new_id=new_id,
        now=now,
    )
    return datasets.version(made.key)
