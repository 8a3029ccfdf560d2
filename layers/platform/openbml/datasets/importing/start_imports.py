"""Uploads: an archive comes in parts, straight into storage, and can be resumed (spec 02 section 3.3)."""

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetRepository,
    VersionBusyError,
    VersionKey,
    VersionState,
)
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.importing.data_imports import (
    AnnotationFormat,
    DataImport,
    ImportChangedError,
    ImportRepository,
    ImportState,
    ImportStateError,
    archive_key,
)
from openbml.datasets.importing.end_imports import cancel_import
from openbml.datasets.limits import ARCHIVE_BYTES, MIB, PART_BYTES, PARTS, URLS_PER_CALL
from openbml.datasets.stored_objects import (
    ObjectMissingError,
    ObjectStore,
    UploadedPart,
    UploadGoneError,
    UploadStore,
)


class UploadIncompleteError(OpenBMLError):
    """Parts are missing or differ from what is stored; details: import_id, missing, differing."""


class GivenPart(BaseModel):
    """A part as the uploader believes to have stored it."""

    model_config = ConfigDict(frozen=True)

    part_number: int
    etag: str


def part_size_bytes(size_bytes: int) -> int:
    """Return a part size of whole MiB with which the archive has at most `PARTS` parts."""
    return max(PART_BYTES, math.ceil(size_bytes / PARTS / MIB) * MIB)


def start_import(
    key: VersionKey,
    *,
    filename: str,
    size_bytes: int,
    annotation_format: AnnotationFormat,
    user_id: int,
    datasets: DatasetRepository,
    imports: ImportRepository,
    uploads: UploadStore,
    new_id: IdFactory,
    now: Clock,
) -> DataImport:
    """Open an upload into a version.

    Raises:
        InvalidRequestError: not a zip by its name, empty, or over 5 GB.
        DatasetDeletingError, VersionBusyError: the version takes no import now.
    """
    if PurePosixPath(filename).suffix.lower() != ".zip":
        raise InvalidRequestError(field="filename", reason="must end in .zip")
    if not 0 < size_bytes <= ARCHIVE_BYTES:
        raise InvalidRequestError(field="size_bytes", reason=f"must be 1 to {ARCHIVE_BYTES} (5 GB)")
    version = datasets.version(key)
    if version.state is VersionState.DELETING:
        raise DatasetDeletingError(dataset_id=key.dataset_id)
    if version.state is VersionState.IMPORTING:
        raise VersionBusyError(
            dataset_id=key.dataset_id, version_number=key.version_number, import_id=version.active_import_id
        )
    import_id = new_id()
    part_size = part_size_bytes(size_bytes)
    data_import = DataImport(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        import_id=import_id,
        filename=filename,
        size_bytes=size_bytes,
        annotation_format=annotation_format,
        created_by=user_id,
        created_at=now(),
        changed_at=now(),
        upload_id=uploads.open(archive_key(key.scope, import_id)),
        part_size_bytes=part_size,
        part_count=math.ceil(size_bytes / part_size),
    )
    imports.add(data_import)
    return data_import


def part_urls(
    data_import: DataImport, part_numbers: Sequence[int], *, uploads: UploadStore
) -> Mapping[int, str]:
    """Return fresh addresses.

    Raises:
        ImportStateError: the upload is over.
        InvalidRequestError: a number is not of this upload, or there are too many.
    """
    _check_uploading(data_import)
    if len(part_numbers) > URLS_PER_CALL:
        raise InvalidRequestError(field="part_numbers", reason=f"takes at most {URLS_PER_CALL} numbers")
    if any(not 1 <= number <= data_import.part_count for number in part_numbers):
        raise InvalidRequestError(field="part_numbers", reason=f"must be 1 to {data_import.part_count}")
    return uploads.part_urls(data_import.archive_key, data_import.upload_id, part_numbers)


def uploaded_parts(
    data_import: DataImport,
    *,
    imports: ImportRepository,
    uploads: UploadStore,
    events: EventPublisher,
    now: Clock,
) -> Sequence[UploadedPart]:
    """Return what is stored already; of an upload that storage has given up, the import is cancelled.

    Raises:
        ImportStateError: the upload is over.
    """
    _check_uploading(data_import)
    try:
        return uploads.parts(data_import.archive_key, data_import.upload_id)
    except UploadGoneError as error:
        ended = cancel_import(data_import, imports=imports, uploads=uploads, events=events, now=now)
        raise _state_error(ended) from error


def complete_import(
    data_import: DataImport,
    given: Sequence[GivenPart],
    *,
    imports: ImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    """Put the archive together, which starts the import. Repeating it is harmless.

    Raises:
        UploadIncompleteError: parts are missing or not the given ones.
        VersionBusyError: another import runs; complete this one after it.
        ImportStateError: the import has ended.
    """
    if data_import.state.is_final:
        raise _state_error(data_import)
    if data_import.state is not ImportState.UPLOADING and _exists(archives, data_import.archive_key):
        return data_import
    parts = _checked_parts(data_import, given, uploads)
    started = _started(data_import, imports)
    events.publish([ImportStateChanged.of(started)])
    try:
        uploads.complete(started.archive_key, started.upload_id, parts)
    except UploadGoneError as error:
        if not _exists(archives, started.archive_key):  # it exists: a repeat was faster
            imports.release(started)
            raise UploadIncompleteError(
                import_id=started.import_id, missing=_all_numbers(data_import), differing=[]
            ) from error
    return started


def _started(data_import: DataImport, imports: ImportRepository) -> DataImport:
    if data_import.state is not ImportState.UPLOADING:
        return data_import
    try:
        return imports.start(data_import)
    except ImportChangedError as error:
        current = imports.get(data_import.version_key, data_import.import_id)
        if current.state.is_final:
            raise _state_error(current) from error
        return current


def _checked_parts(
    data_import: DataImport, given: Sequence[GivenPart], uploads: UploadStore
) -> Sequence[UploadedPart]:
    try:
        stored = {
            part.part_number: part for part in uploads.parts(data_import.archive_key, data_import.upload_id)
        }
    except UploadGoneError as error:
        missing = _all_numbers(data_import)
        raise UploadIncompleteError(import_id=data_import.import_id, missing=missing, differing=[]) from error
    wanted = {part.part_number: part.etag.strip('"') for part in given}
    numbers = range(1, data_import.part_count + 1)
    missing = [number for number in numbers if number not in stored or number not in wanted]
    differing = [
        number
        for number in numbers
        if number not in missing
        and (
            stored[number].etag.strip('"') != wanted[number]
            or stored[number].size_bytes != _part_length(data_import, number)
        )
    ]
    if missing or differing:
        raise UploadIncompleteError(
            import_id=data_import.import_id, missing=missing[:100], differing=differing[:100]
        )
    return [stored[number] for number in numbers]


def _part_length(data_import: DataImport, number: int) -> int:
    return min(
        data_import.part_size_bytes, data_import.size_bytes - (number - 1) * data_import.part_size_bytes
    )


def _all_numbers(data_import: DataImport) -> list[int]:
    return list(range(1, min(data_import.part_count, 100) + 1))


def _exists(archives: ObjectStore, key: str) -> bool:
    try:
        archives.size(key)
    except ObjectMissingError:
        return False
    return True


def _check_uploading(data_import: DataImport) -> None:
    if data_import.state is not ImportState.UPLOADING:
        raise _state_error(data_import)


def _state_error(data_import: DataImport) -> ImportStateError:
    return ImportStateError(
        import_id=data_import.import_id, state=data_import.state.value, wanted=ImportState.UPLOADING.value
    )
