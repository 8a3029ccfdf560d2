"""Use cases of the queue and of the clock: copy what was submitted, end what nobody goes on with."""

import io
from collections.abc import Callable
from typing import BinaryIO, cast

from openbml.compute.failures import Failure, Fault
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.datasets.stored_objects import ObjectStore, UploadStore
from openbml.models.imports.check_imports import CheckedModel, RefusedFilesError, checked_model
from openbml.models.imports.file_sources import (
    FileSources,
    SourceUnreadableError,
    VersionFolders,
)
from openbml.models.imports.limits import PATIENCE, SILENCE
from openbml.models.imports.model_imports import (
    FileProblem,
    ModelImport,
    ModelImportConflictError,
    ModelImportNotFoundError,
    ModelImportRepository,
    ModelImportState,
)
from openbml.models.imports.submit_imports import ImportOrder, drop_uploads, source_of
from openbml.models.model_files import ModelFiles
from openbml.models.models import ModelRepository
from openbml.models.publish_versions import settle_version
from openbml.models.versions import ModelContent, ModelVersion, VersionState
from openbml_catalog.frameworks.manifest import MANIFEST_FILE
from openbml_formats.sources import MemberUnreadableError


def import_model(
    order: ImportOrder,
    *,
    models: ModelRepository,
    imports: ModelImportRepository,
    sources: FileSources,
    folders: VersionFolders,
    files: ModelFiles,
    uploads: UploadStore,
    archives: ObjectStore,
    orders: MessageQueue,
    events: EventPublisher,
    has_time: Callable[[], bool],
    now: Clock,
) -> ModelImport | None:
    """Copy the files into the version's folder, as far as the time allows, and make the version ready.

    Files that are whole already are skipped, so that a repeat after a kill goes on where it ended. The last
    of two orders of one import finds the work done. None: the import is gone.

    Raises:
        VersionConflictError, ModelImportConflictError
    """
    try:
        model_import = imports.get(order.scope, order.model_id, order.import_id)
    except ModelImportNotFoundError:
        return None
    if model_import.state is not ModelImportState.SUBMITTED:
        return model_import
    version = models.version_of_import(order.scope, order.import_id)
    if version is not None and version.state is VersionState.PUBLISHING:
        after = _outcome(model_import, version, sources, folders, has_time)
        if after is None:
            orders.send([order])
            return model_import
        version = settle_version(version, after, models=models, files=files, events=events)
    return _ended(model_import, version, imports, uploads, archives, now)


def expire_imports(
    *,
    imports: ModelImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
    orders: MessageQueue,
    now: Clock,
) -> int:
    """End imports that nobody goes on with, and ask again for the work of submitted ones that went silent.

    Returns:
        How many were ended.
    """
    ended = 0
    for model_import in imports.unfinished():
        silence = now() - model_import.changed_at
        try:
            if model_import.state.is_open and silence >= PATIENCE:
                drop_uploads(model_import, uploads=uploads, archives=archives)
                imports.save(model_import.ended(now(), _EXPIRED))
                ended += 1
            elif model_import.state is ModelImportState.SUBMITTED and silence >= SILENCE:
                imports.save(model_import.touched(now()))
                orders.send(
                    [
                        ImportOrder(
                            scope=model_import.scope,
                            model_id=model_import.model_id,
                            import_id=model_import.import_id,
                        )
                    ]
                )
        except ModelImportConflictError:
            logger.info("an import went on while it was looked at", import_id=model_import.import_id)
    return ended


_EXPIRED = FileProblem(code="expired", message="The files were not submitted within a day; import them anew.")


def _outcome(
    model_import: ModelImport,
    version: ModelVersion,
    sources: FileSources,
    folders: VersionFolders,
    has_time: Callable[[], bool],
) -> ModelVersion | None:
    """Return the version with its files, or broken by them; None when the time was over before."""
    try:
        checked = checked_model(model_import, source_of(model_import, sources))
        content = _copied(version, checked, folders, has_time)
    except RefusedFilesError as error:
        return version.broken(Failure(fault=Fault.USER, message=_cause(error)))
    except SourceUnreadableError as error:
        reason = f"{error.details['place']} cannot be read: {error.details['reason']}"
        return version.broken(Failure(fault=Fault.USER, message=reason))
    except MemberUnreadableError as error:
        return version.broken(Failure(fault=Fault.USER, message=f"a file of the archive is damaged: {error}"))
    if content is None:
        return None
    return version.imported(checked.framework, checked.manifest).ready(content)


def _copied(
    version: ModelVersion,
    checked: CheckedModel,
    folders: VersionFolders,
    has_time: Callable[[], bool],
) -> ModelContent | None:
    digests = dict(folders.stored(version.model_uri))
    sizes = {file.name: file.size_bytes for file in checked.source.files}
    for name, target in checked.files.items():
        known = digests.get(target)
        if known is not None and known.size_bytes == sizes[name]:
            continue
        if not has_time():
            return None
        digests[target] = folders.store(version.model_uri, target, checked.source.open(name))
    if checked.manifest is not None:
        document = cast(BinaryIO, io.BytesIO(checked.manifest.model_dump_json(indent=2).encode()))
        digests[MANIFEST_FILE] = folders.store(version.model_uri, MANIFEST_FILE, document)
    kept = {*checked.files.values(), *([MANIFEST_FILE] if checked.manifest else [])}
    whole = [digest for name, digest in digests.items() if name in kept]
    size = sum(digest.size_bytes for digest in whole)
    digest = folders.list_digests(version.model_uri, whole)
    if checked.content is not None:
        return checked.content.model_copy(update={"size_bytes": size, "content_digest": digest})
    manifest = checked.manifest
    return ModelContent(
        labels=tuple(manifest.labels) if manifest else (),
        recommended_threshold=manifest.recommended_threshold if manifest and manifest.labels else None,
        size_bytes=size,
        content_digest=digest,
    )


def _cause(error: RefusedFilesError) -> str:
    first = error.problems[0]
    return f"{first.file}: {first.message}" if first.file else first.message


def _ended(
    model_import: ModelImport,
    version: ModelVersion | None,
    imports: ModelImportRepository,
    uploads: UploadStore,
    archives: ObjectStore,
    now: Clock,
) -> ModelImport:
    problem = None
    if version is None or version.state is not VersionState.READY:
        message = version.failure.message if version and version.failure else "the version was deleted"
        problem = FileProblem(code="import_failed", message=message)
    drop_uploads(model_import, uploads=uploads, archives=archives)
    after = model_import.ended(now(), problem)
    try:
        imports.save(after)
    except ModelImportConflictError:
        current = imports.get(model_import.scope, model_import.model_id, model_import.import_id)
        if current.state is ModelImportState.SUBMITTED:
            raise
        return current
    return after
