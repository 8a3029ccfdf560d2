"""Use cases: look at an import's files, submit it, give it up."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.stored_objects import (
    ObjectMissingError,
    ObjectStore,
    UploadedPart,
    UploadGoneError,
    UploadRefusedError,
    UploadStore,
)
from openbml.models.imports.check_imports import RefusedFilesError, checked_model
from openbml.models.imports.file_sources import FileSource, FileSources, SourceUnreadableError
from openbml.models.imports.limits import URLS_PER_CALL
from openbml.models.imports.model_imports import (
    FileProblem,
    ModelImport,
    ModelImportRefusedError,
    ModelImportRepository,
    ModelImportState,
    ModelImportStateError,
    UploadedFile,
)
from openbml.models.manage_models import usable_model
from openbml.models.model_files import ModelFiles
from openbml.models.models import Model, ModelRepository
from openbml.models.sources import ModelSource
from openbml.models.versions import Lineage, ModelVersion, VersionConflictError

_ATTEMPTS = 8
_SHOWN = 20


class ImportOrder(BaseModel):
    """Message to `import_model`."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    model_id: int
    import_id: int


def part_urls(
    model_import: ModelImport, part_numbers: Sequence[int], *, file: int, uploads: UploadStore
) -> Mapping[int, str]:
    """Return fresh addresses for parts of one of the files.

    Raises:
        ModelImportStateError, InvalidRequestError
    """
    chosen = _uploading_file(model_import, file)
    if len(part_numbers) > URLS_PER_CALL:
        raise InvalidRequestError(field="part_numbers", reason=f"takes at most {URLS_PER_CALL} numbers")
    if any(not 1 <= number <= chosen.part_count for number in part_numbers):
        raise InvalidRequestError(field="part_numbers", reason=f"must be 1 to {chosen.part_count}")
    return uploads.part_urls(model_import.file_key(file), chosen.upload_id, part_numbers)


def uploaded_parts(model_import: ModelImport, *, file: int, uploads: UploadStore) -> Sequence[UploadedPart]:
    """Return what is stored of a file. Raises ModelImportStateError."""
    chosen = _uploading_file(model_import, file)
    try:
        return uploads.parts(model_import.file_key(file), chosen.upload_id)
    except UploadGoneError as error:
        raise _state_error(model_import, "resumed") from error


def check_import(
    model_import: ModelImport,
    *,
    imports: ModelImportRepository,
    sources: FileSources,
    uploads: UploadStore,
    archives: ObjectStore,
    now: Clock,
) -> ModelImport:
    """Put the uploaded files together and look at them; what is wrong stands in `problems`. Again is fine.

    Raises:
        ModelImportStateError: it is submitted already, or over.
        ModelImportConflictError
    """
    if not model_import.state.is_open:
        raise _state_error(model_import, "checked")
    missing = _completed(model_import, uploads, archives)
    if missing:
        return _looked_at(model_import, ModelImportState.UPLOADING, missing, imports, now)
    return _looked_at(model_import, ModelImportState.CHECKING, _problems(model_import, sources), imports, now)


def submit_import(
    model_import: ModelImport,
    *,
    models: ModelRepository,
    imports: ModelImportRepository,
    sources: FileSources,
    uploads: UploadStore,
    archives: ObjectStore,
    files: ModelFiles,
    orders: MessageQueue,
    now: Clock,
) -> ModelImport:
    """Check once more, take the model's next version number, and order the copy. Again is the same version.

    Raises:
        ModelImportStateError: it has failed.
        ModelImportRefusedError: there are problems; the import stays as it is, with them.
        ModelNotFoundError, ModelDeletingError, VersionConflictError, ModelImportConflictError
    """
    if model_import.state is ModelImportState.SUBMITTED:
        orders.send([_order(model_import)])
        return model_import
    if not model_import.state.is_open:
        raise _state_error(model_import, "submitted")
    model = usable_model(model_import.scope, model_import.model_id, models)
    looked_at = check_import(
        model_import, imports=imports, sources=sources, uploads=uploads, archives=archives, now=now
    )
    if looked_at.problems:
        raise ModelImportRefusedError(
            import_id=model_import.import_id,
            count=len(looked_at.problems),
            problems=[row.model_dump() for row in looked_at.problems[:_SHOWN]],
        )
    version = models.version_of_import(model_import.scope, model_import.import_id) or _added(
        looked_at, model, models=models, files=files, now=now
    )
    after = looked_at.submitted(version.version_number, now())
    imports.save(after)
    orders.send([_order(after)])
    return after


def give_up_import(
    model_import: ModelImport,
    *,
    imports: ModelImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
) -> None:
    """Forget an import and what was uploaded; the version that it became stays.

    Raises:
        ModelImportStateError: it is being copied.
    """
    if model_import.state is ModelImportState.SUBMITTED:
        raise _state_error(model_import, "deleted")
    drop_uploads(model_import, uploads=uploads, archives=archives)
    imports.remove(model_import)


def drop_uploads(model_import: ModelImport, *, uploads: UploadStore, archives: ObjectStore) -> None:
    for index, file in enumerate(model_import.files):
        uploads.abort(model_import.file_key(index), file.upload_id)
    archives.delete_below(model_import.prefix)


def source_of(model_import: ModelImport, sources: FileSources) -> FileSource:
    """Raises SourceUnreadableError."""
    if model_import.s3_uri is not None:
        return sources.folder(model_import.s3_uri)
    keys = {file.name: model_import.file_key(index) for index, file in enumerate(model_import.files)}
    return sources.uploaded(keys)


def _problems(model_import: ModelImport, sources: FileSources) -> Sequence[FileProblem]:
    try:
        checked_model(model_import, source_of(model_import, sources))
    except RefusedFilesError as error:
        return error.problems
    except SourceUnreadableError as error:
        place, reason = error.details["place"], error.details["reason"]
        return [FileProblem(code="source_unreadable", message=f"{place} cannot be read: {reason}")]
    return ()


def _looked_at(
    model_import: ModelImport,
    state: ModelImportState,
    problems: Sequence[FileProblem],
    imports: ModelImportRepository,
    now: Clock,
) -> ModelImport:
    after = model_import.looked_at(state, problems, now())
    imports.save(after)
    return after


def _completed(
    model_import: ModelImport, uploads: UploadStore, archives: ObjectStore
) -> Sequence[FileProblem]:
    """Put every file together whose parts are all there; return what is missing of the others."""
    return list(_missing(model_import, uploads, archives))


def _missing(model_import: ModelImport, uploads: UploadStore, archives: ObjectStore) -> Iterator[FileProblem]:
    for index, file in enumerate(model_import.files):
        key = model_import.file_key(index)
        if _size(archives, key) == file.size_bytes:
            continue
        try:
            parts = {part.part_number: part for part in uploads.parts(key, file.upload_id)}
            wanted = range(1, file.part_count + 1)
            lacking = [number for number in wanted if not _is_whole(file, number, parts.get(number))]
            if not lacking:
                uploads.complete(key, file.upload_id, [parts[number] for number in wanted])
                continue
            message = f"{len(lacking)} of {file.part_count} parts are missing or of another size"
        except (UploadGoneError, UploadRefusedError):
            if _size(archives, key) == file.size_bytes:  # a repeat was faster
                continue
            message = "the upload is over; import the files anew"
        yield FileProblem(file=file.name, code="upload_incomplete", message=message)


def _is_whole(file: UploadedFile, number: int, part: UploadedPart | None) -> bool:
    return part is not None and part.size_bytes == file.part_length(number)


def _size(archives: ObjectStore, key: str) -> int | None:
    try:
        return archives.size(key)
    except ObjectMissingError:
        return None


def _added(
    model_import: ModelImport, model: Model, *, models: ModelRepository, files: ModelFiles, now: Clock
) -> ModelVersion:
    for _ in range(_ATTEMPTS):
        version = _draft(model_import, model, files=files, now=now)
        try:
            models.add_version(version, model, None)
        except VersionConflictError:
            added = models.version_of_import(model.scope, model_import.import_id)
            if added is not None:
                return added
            model = usable_model(model.scope, model.model_id, models)
        else:
            return version
    raise VersionConflictError(model_id=model.model_id)


def _draft(model_import: ModelImport, model: Model, *, files: ModelFiles, now: Clock) -> ModelVersion:
    number = model.latest_version + 1
    source = model_import.s3_uri or files.uri(model_import.prefix)
    return ModelVersion(
        scope=model.scope,
        model_id=model.model_id,
        version_number=number,
        import_id=model_import.import_id,
        task_type=model.task_type,
        source=ModelSource.LOCAL,
        framework=model_import.framework,
        description=model_import.description,
        lineage=Lineage(),
        source_uri=source,
        model_uri=files.uri(f"{model.scope.prefix}models/{model.model_id}/{number}/"),
        created_at=now(),
    )


def _uploading_file(model_import: ModelImport, index: int) -> UploadedFile:
    if model_import.state is not ModelImportState.UPLOADING:
        raise _state_error(model_import, "uploaded to")
    if not 0 <= index < len(model_import.files):
        raise InvalidRequestError(field="file", reason=f"must be 0 to {len(model_import.files) - 1}")
    return model_import.files[index]


def _order(model_import: ModelImport) -> ImportOrder:
    return ImportOrder(
        scope=model_import.scope, model_id=model_import.model_id, import_id=model_import.import_id
    )


def _state_error(model_import: ModelImport, action: str) -> ModelImportStateError:
    return ModelImportStateError(
        import_id=model_import.import_id, state=model_import.state.value, action=action
    )
