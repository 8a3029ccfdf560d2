"""Deleting a dataset: refused to everyone at once, carried out in the background, resumable anywhere.

What a project's other datasets still hold stays; the rest expires a day later, so that an import that stores
the same content at this moment loses nothing. Snapshots stay: models were trained on them.
"""

from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetNotFoundError,
    DatasetRepository,
    DatasetVersion,
    VersionKey,
)
from openbml.datasets.importing.data_imports import DataImport, FailureReason, ImportRepository, ImportState
from openbml.datasets.importing.end_imports import fail_import
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore, UploadStore, blob_key, thumbnail_key

_PAGE = 100


class DeletionMessage(BaseModel):
    """Asks for the rest of a deletion: of a dataset, or of one version of it."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int | None = None


def delete_dataset(
    scope: ProjectScope,
    dataset_id: int,
    *,
    datasets: DatasetRepository,
    deletions: MessageQueue,
) -> Dataset:
    """Mark the dataset, free its name, and ask for its deletion; a repeat asks again.

    Raises:
        DatasetNotFoundError: no such dataset, or it is gone already.
    """
    dataset = datasets.get(scope, dataset_id)
    datasets.mark_deleting(dataset)
    deletions.send([DeletionMessage(scope=scope, dataset_id=dataset_id)])
    return dataset


def carry_out_deletion(
    message: DeletionMessage,
    *,
    datasets: DatasetRepository,
    imports: ImportRepository,
    samples: SampleRepository,
    uploads: UploadStore,
    archives: ObjectStore,
    data: ObjectStore,
    deletions: MessageQueue,
    events: EventPublisher,
    now: Clock,
    has_time: Callable[[], bool],
) -> bool:
    """Delete as much as the time allows; ask for the rest.

    Args:
        has_time: asked before each chunk of samples.

    Returns:
        Whether the dataset is gone.
    """
    try:
        dataset = datasets.get(message.scope, message.dataset_id)
    except DatasetNotFoundError:
        return True
    for version in datasets.versions(message.scope, message.dataset_id):
        for data_import in _imports(version.key, imports):
            ended = _ended(data_import, imports=imports, uploads=uploads, events=events, now=now)
            for chunk in _chunks(ended):
                if not has_time():
                    deletions.send([message])
                    return False
                _remove_chunk(version, chunk, samples, data)
            archives.delete(ended.archive_key)
            imports.remove(ended)
        imports.remove_rest(version.key)
    datasets.remove(dataset)
    return True


def _imports(key: VersionKey, imports: ImportRepository) -> Iterator[DataImport]:
    """Yield what is left, from the start each time: what was yielded has been removed since."""
    while True:
        found, _ = imports.page(key, limit=_PAGE, position=None)
        if not found:
            return
        yield from found


def _ended(
    data_import: DataImport,
    *,
    imports: ImportRepository,
    uploads: UploadStore,
    events: EventPublisher,
    now: Clock,
) -> DataImport:
    if data_import.state is ImportState.UPLOADING:
        uploads.abort(data_import.archive_key, data_import.upload_id)
    return fail_import(
        data_import,
        FailureReason.DATASET_DELETED,
        "The dataset was deleted during the import.",
        imports=imports,
        events=events,
        now=now,
    )


def _chunks(data_import: DataImport) -> Iterator[int]:
    """Yield all chunks an import may have written, finished or not."""
    if data_import.first_chunk is not None:
        yield from range(data_import.first_chunk, data_import.first_chunk + data_import.shard_count)


def _remove_chunk(version: DatasetVersion, chunk: int, samples: SampleRepository, data: ObjectStore) -> None:
    rows = samples.of_chunk(version.scope, chunk)
    for sha256 in sorted({sample.sha256 for sample in rows}):
        # Marked while this version still holds it, and unmarked where another does: an import claims content
        # before it stores it, so that one of the two looks sees the other.
        others = samples.is_referenced(version.scope, sha256, besides=version.key)
        if not others:
            _mark(version.scope, sha256, data, unreferenced=True)
            if samples.is_referenced(version.scope, sha256, besides=version.key):
                _mark(version.scope, sha256, data, unreferenced=False)
    samples.remove_chunk(version.key, chunk, rows)


def _mark(scope: ProjectScope, sha256: str, data: ObjectStore, *, unreferenced: bool) -> None:
    for key in (blob_key(scope, sha256), thumbnail_key(scope, sha256)):
        data.set_unreferenced(key, unreferenced=unreferenced)
