"""Uploads come in parts, straight into storage, can be resumed, and start the import when they are whole."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.events import EventPublisher
from openbml.datasets.datasets import VersionBusyError
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportChangedError,
    ImportRepository,
    ImportState,
    ImportStateError,
)
from openbml.datasets.importing.end_imports import cancel_import
from openbml.datasets.importing.inputs import ImportFile
from openbml.datasets.limits import URLS_PER_CALL
from openbml.datasets.stored_objects import (
    ObjectMissingError,
    ObjectStore,
    UploadedPart,
    UploadGoneError,
    UploadStore,
)

_LISTED = 100


class UploadIncompleteError(OpenBMLError):
    """Parts are missing or differ from what is stored; details: import_id, file, missing, differing."""


class GivenPart(BaseModel):
    """A part as the uploader believes to have stored it."""

    model_config = ConfigDict(frozen=True)

    part_number: int
    etag: str


GivenParts = Mapping[int, Sequence[GivenPart]]


def part_urls(
    data_import: DataImport, part_numbers: Sequence[int], *, file: int = 0, uploads: UploadStore
) -> Mapping[int, str]:
    """Return fresh addresses for parts of one of the files.

    Raises:
        ImportStateError: the upload is over.
        InvalidRequestError: a number is not of this upload, or there are too many.
    """
    check_uploading(data_import)
    chosen = _file(data_import, file)
    if len(part_numbers) > URLS_PER_CALL:
        raise InvalidRequestError(field="part_numbers", reason=f"takes at most {URLS_PER_CALL} numbers")
    if any(not 1 <= number <= chosen.part_count for number in part_numbers):
        raise InvalidRequestError(field="part_numbers", reason=f"must be 1 to {chosen.part_count}")
    return uploads.part_urls(data_import.file_key(file), chosen.upload_id, part_numbers)


def uploaded_parts(
    data_import: DataImport,
    *,
    file: int = 0,
    imports: ImportRepository,
    uploads: UploadStore,
    events: EventPublisher,
    now: Clock,
) -> Sequence[UploadedPart]:
    """Return what is stored of a file; of an upload that storage has given up, the import is cancelled.

    Raises:
        ImportStateError: the upload is over.
    """
    check_uploading(data_import)
    chosen = _file(data_import, file)
    try:
        return uploads.parts(data_import.file_key(file), chosen.upload_id)
    except UploadGoneError as error:
        ended = cancel_import(data_import, imports=imports, uploads=uploads, events=events, now=now)
        raise _state_error(ended) from error


def complete_import(
    data_import: DataImport,
    given: GivenParts,
    *,
    imports: ImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
    events: EventPublisher,
) -> DataImport:
    """Put the files together and start the import. Repeating it is harmless, and heals one that was cut off.

    Args:
        given: the parts of each file by the file's index.

    Raises:
        UploadIncompleteError: parts are missing or not the given ones.
        VersionBusyError: another import runs; complete this one after it.
        ImportStateError: the import has ended.
    """
    if data_import.state.is_final:
        raise _state_error(data_import)
    if data_import.state is not ImportState.UPLOADING and _exists(archives, data_import.marker_key):
        return data_import
    parts = {
        index: _checked_parts(data_import, index, file, given.get(index, ()), uploads)
        for index, file in enumerate(data_import.files)
        if not _is_whole(data_import, index, file, archives)
    }
    started = _started(data_import, imports)
    events.publish([ImportStateChanged.of(started)])
    for index, listed in parts.items():
        _complete_file(started, index, listed, imports, uploads, archives)
    _mark(started, archives)
    return started


def begin(
    data_import: DataImport, *, imports: ImportRepository, archives: ObjectStore, events: EventPublisher
) -> DataImport:
    """Start an import that uploads nothing. Raises VersionBusyError."""
    started = _started(data_import, imports)
    events.publish([ImportStateChanged.of(started)])
    _mark(started, archives)
    return started


def check_uploading(data_import: DataImport) -> None:
    """Raises ImportStateError."""
    if data_import.state is not ImportState.UPLOADING:
        raise _state_error(data_import)


def _mark(started: DataImport, archives: ObjectStore) -> None:
    """Leave the object whose arrival starts planning; it comes last, when everything else is there."""
    body = f'{{"import_id": {started.import_id}}}'.encode()
    archives.put(started.marker_key, body, content_type="application/json")


def _complete_file(
    started: DataImport,
    index: int,
    parts: Sequence[UploadedPart],
    imports: ImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
) -> None:
    file = started.files[index]
    try:
        uploads.complete(started.file_key(index), file.upload_id, parts)
    except UploadGoneError as error:
        if not _is_whole(started, index, file, archives):  # it is: a repeat was faster
            imports.release(started)
            raise UploadIncompleteError(
                import_id=started.import_id,
                file=file.name,
                missing=list(range(1, min(file.part_count, _LISTED) + 1)),
                differing=[],
            ) from error


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
    except VersionBusyError as error:
        if error.details["import_id"] == data_import.import_id:  # a repeat was faster
            return imports.get(data_import.version_key, data_import.import_id)
        raise


def _checked_parts(
    data_import: DataImport,
    index: int,
    file: ImportFile,
    given: Sequence[GivenPart],
    uploads: UploadStore,
) -> Sequence[UploadedPart]:
    try:
        listed = uploads.parts(data_import.file_key(index), file.upload_id)
    except UploadGoneError:
        listed = []
    stored = {part.part_number: part for part in listed}
    wanted = {part.part_number: part.etag.strip('"') for part in given}
    numbers = range(1, file.part_count + 1)
    missing = [number for number in numbers if number not in stored or number not in wanted]
    differing = [
        number
        for number in numbers
        if number in stored
        and number in wanted
        and (
            stored[number].etag.strip('"') != wanted[number]
            or stored[number].size_bytes != file.part_length(number)
        )
    ]
    if missing or differing:
        raise UploadIncompleteError(
            import_id=data_import.import_id,
            file=file.name,
            missing=missing[:_LISTED],
            differing=differing[:_LISTED],
        )
    return [stored[number] for number in numbers]


def _is_whole(data_import: DataImport, index: int, file: ImportFile, archives: ObjectStore) -> bool:
    try:
        return archives.size(data_import.file_key(index)) == file.size_bytes
    except ObjectMissingError:
        return False


def _exists(archives: ObjectStore, key: str) -> bool:
    try:
        archives.size(key)
    except ObjectMissingError:
        return False
    return True


def _file(data_import: DataImport, index: int) -> ImportFile:
    if not 0 <= index < len(data_import.files):
        raise InvalidRequestError(field="file", reason=f"must be 0 to {len(data_import.files) - 1}")
    return data_import.files[index]


def _state_error(data_import: DataImport) -> ImportStateError:
    return ImportStateError(
        import_id=data_import.import_id, state=data_import.state.value, wanted=ImportState.UPLOADING.value
    )
