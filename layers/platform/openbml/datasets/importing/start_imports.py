"""Imports begin: an upload of one file or some, or a copy of another version (spec 02 sections 3.3, 4.1)."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, JsonValue

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.datasets import (
    Dataset,
    DatasetDeletingError,
    DatasetRepository,
    DatasetVersion,
    SmartLabellingRunningError,
    VersionBusyError,
    VersionKey,
    VersionState,
)
from openbml.datasets.importing.complete_imports import begin
from openbml.datasets.importing.data_imports import DataImport, ImportRepository, import_prefix
from openbml.datasets.importing.file_rules import check_format, checked_files, known_format
from openbml.datasets.importing.inputs import ImportFile, SourceVersion
from openbml.datasets.importing.source_rules import check_source
from openbml.datasets.stored_objects import ObjectStore, UploadStore


class GivenFile(BaseModel):
    """A file that is going to be uploaded, as the uploader announces it."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int


def start_import(
    key: VersionKey,
    *,
    format_code: str,
    files: Sequence[GivenFile],
    user_id: int,
    settings: Mapping[str, JsonValue] | None = None,
    datasets: DatasetRepository,
    imports: ImportRepository,
    uploads: UploadStore,
    new_id: IdFactory,
    now: Clock,
) -> DataImport:
    """Open the uploads of an import into a version.

    Raises:
        InvalidRequestError: the format is not one of the dataset's, or the files are not the format's: by
            their names, their number or their sizes.
        DatasetDeletingError, VersionBusyError, SmartLabellingRunningError: the version takes no import now.
    """
    names = checked_files(known_format(format_code), [(file.name, file.size_bytes) for file in files])
    dataset, _ = open_version(key, datasets)
    check_format(format_code, dataset.kind)
    import_id = new_id()
    prefix = import_prefix(key.scope, import_id)
    data_import = DataImport(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        import_id=import_id,
        content=dataset.kind.content,
        format=format_code,
        files=tuple(
            ImportFile(
                name=name,
                size_bytes=file.size_bytes,
                upload_id=uploads.open(f"{prefix}files/{index:03}"),
            )
            for index, (name, file) in enumerate(zip(names, files, strict=True))
        ),
        settings=settings or {},
        created_by=user_id,
        created_at=now(),
        changed_at=now(),
    )
    imports.add(data_import)
    return data_import


def import_from_version(
    key: VersionKey,
    source: SourceVersion,
    *,
    user_id: int,
    datasets: DatasetRepository,
    imports: ImportRepository,
    archives: ObjectStore,
    events: EventPublisher,
    new_id: IdFactory,
    now: Clock,
) -> DataImport:
    """Take samples of another version, by reference; the import starts at once.

    Should the caller die in between, completing the import without parts goes on.

    Raises:
        InvalidRequestError: the source is of another kind than the dataset can take from.
        DatasetNotFoundError, DatasetVersionNotFoundError: of the source too.
        DatasetDeletingError, VersionBusyError: one of the two versions is in use now.
    """
    dataset, _ = open_version(key, datasets)
    if (source.dataset_id, source.version_number) == (key.dataset_id, key.version_number):
        raise InvalidRequestError(field="source", reason="is the version itself")
    source_dataset, _ = readable_version(source.key(key.scope), datasets)
    check_source(dataset, source_dataset, source)
    data_import = DataImport(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        import_id=new_id(),
        content=dataset.kind.content,
        format="",
        source=source,
        created_by=user_id,
        created_at=now(),
        changed_at=now(),
    )
    imports.add(data_import)
    return begin(data_import, imports=imports, archives=archives, events=events)


def open_version(key: VersionKey, datasets: DatasetRepository) -> tuple[Dataset, DatasetVersion]:
    """Return a version that can take samples now.

    Raises:
        DatasetDeletingError, VersionBusyError, SmartLabellingRunningError
    """
    dataset, version = readable_version(key, datasets)
    if version.state is VersionState.SMART_LABELLING:
        raise SmartLabellingRunningError(dataset_id=key.dataset_id, version_number=key.version_number)
    return dataset, version


def readable_version(key: VersionKey, datasets: DatasetRepository) -> tuple[Dataset, DatasetVersion]:
    """Return a version whose samples can be read. Raises DatasetDeletingError, VersionBusyError."""
    dataset = datasets.get(key.scope, key.dataset_id)
    version = datasets.version(key)
    if dataset.deleting or version.state is VersionState.DELETING:
        raise DatasetDeletingError(dataset_id=key.dataset_id)
    if version.state is VersionState.IMPORTING:
        raise VersionBusyError(
            dataset_id=key.dataset_id, version_number=key.version_number, import_id=version.active_import_id
        )
    return dataset, version
