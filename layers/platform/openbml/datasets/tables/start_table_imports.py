"""Imports of external tables: nothing is uploaded, a catalogue knows the rows (spec 02 section 8.10)."""

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.datasets import DatasetRepository, VersionKey
from openbml.datasets.importing.complete_imports import begin
from openbml.datasets.importing.data_imports import DataImport, ImportRepository
from openbml.datasets.importing.start_imports import open_version
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables.table_catalogues import CatalogueTableRefusedError, TableCatalogue
from openbml.datasets.tables.table_settings import TableSettings, checked_table_settings
from openbml_catalog.datasets import Content
from openbml_formats.tables.table_imports import TableFormat

_DESCRIPTION_BYTES = 150_000  # goes into the job's record, beside the caller's choice of columns


def import_from_catalogue(
    key: VersionKey,
    settings: TableSettings,
    *,
    user_id: int,
    catalogue: TableCatalogue,
    datasets: DatasetRepository,
    imports: ImportRepository,
    archives: ObjectStore,
    events: EventPublisher,
    new_id: IdFactory,
    now: Clock,
) -> DataImport:
    """Import a table that the settings name; the import starts at once.

    Raises:
        InvalidRequestError: the dataset holds no table, no table is named, or its columns cannot be.
        CatalogueTableNotFoundError, CatalogueTableRefusedError
        DatasetDeletingError, VersionBusyError: the version takes no import now.
    """
    document = checked_table_settings(settings)
    if settings.catalogue is None:
        raise InvalidRequestError(field="table.catalogue", reason="must name database and table")
    dataset, _ = open_version(key, datasets)
    if dataset.kind.content is not Content.ROWS:
        reason = f"does not fit a dataset of {dataset.kind.code}"
        raise InvalidRequestError(field="table.catalogue", reason=reason)
    described = catalogue.describe(settings.catalogue.database, settings.catalogue.table)
    if len(described.model_dump_json()) > _DESCRIPTION_BYTES:
        place = settings.catalogue.model_dump()
        raise CatalogueTableRefusedError(**place, reason="its columns have names that are too long in all")
    data_import = DataImport(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        import_id=new_id(),
        content=Content.ROWS,
        format="parquet" if described.format is TableFormat.PARQUET else "csv",
        settings=document,
        created_by=user_id,
        created_at=now(),
        changed_at=now(),
    )
    imports.add(data_import)
    return begin(data_import, imports=imports, archives=archives, events=events)
