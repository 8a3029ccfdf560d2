"""Deleting a dataset or a version: refused to everyone at once, done in the background, resumable anywhere.

Contents are marked, not deleted (`garbage`): what a project's other versions hold stays, the rest goes a day
later. Snapshots stay: models were trained on them.
"""

from collections.abc import Callable, Iterator, Sequence

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
    DatasetVersionNotFoundError,
    VersionKey,
    VersionState,
)
from openbml.datasets.garbage.marks import GRACE, Mark, MarkKind, MarkRepository, blob_marks
from openbml.datasets.importing.data_imports import DataImport, FailureReason, ImportRepository
from openbml.datasets.importing.end_imports import abort_uploads, fail_import
from openbml.datasets.importing.reports import ReportRepository
from openbml.datasets.jobs.data_jobs import DataJob, DataJobRepository
from openbml.datasets.quality.quality_reports import document_key
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore, UploadStore, annotations_prefix, table_prefix
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.export_jobs import ExportSettings

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
    deletions: MessageQueue,
    remover: "VersionRemover",
    has_time: Callable[[], bool],
) -> bool:
    """Delete as much as the time allows; ask for the rest.

    Args:
        has_time: asked before each chunk of samples.

    Returns:
        Whether the dataset, or the version of it, is gone.
    """
    try:
        dataset = datasets.get(message.scope, message.dataset_id)
        chosen = _chosen(message, dataset, datasets)
    except (DatasetNotFoundError, DatasetVersionNotFoundError):
        return True
    for version in chosen:
        if not remover.emptied(version, has_time):
            deletions.send([message])
            return False
        if message.version_number is not None:
            datasets.remove_version(version)
    if message.version_number is None:
        datasets.remove(dataset)
    return True


def _chosen(
    message: DeletionMessage, dataset: Dataset, datasets: DatasetRepository
) -> Sequence[DatasetVersion]:
    if message.version_number is None:
        # Once more: whoever asked may have been cut off before the last version was marked.
        datasets.mark_deleting(dataset)
        return datasets.versions(message.scope, message.dataset_id)
    key = VersionKey(
        scope=message.scope, dataset_id=message.dataset_id, version_number=message.version_number
    )
    version = datasets.version(key)
    return [version] if version.state is VersionState.DELETING else []


class VersionRemover:
    """Drops what lies below a version that nobody may change any more; each step may be repeated."""

    def __init__(
        self,
        *,
        imports: ImportRepository,
        samples: SampleRepository,
        reports: ReportRepository,
        jobs: DataJobRepository,
        marks: MarkRepository,
        uploads: UploadStore,
        archives: ObjectStore,
        data: ObjectStore,
        events: EventPublisher,
        now: Clock,
    ) -> None:
        self._imports = imports
        self._samples = samples
        self._reports = reports
        self._jobs = jobs
        self._marks = marks
        self._uploads = uploads
        self._archives = archives
        self._data = data
        self._events = events
        self._now = now

    def emptied(self, version: DatasetVersion, has_time: Callable[[], bool]) -> bool:
        """Return whether nothing is left; False when the time was over before."""
        for data_import in self._found_imports(version.key):
            ended = self._ended(data_import)
            for chunk in _chunks(ended):
                if not has_time():
                    return False
                self._remove_chunk(version.key, chunk)
            for index in range(len(ended.files)):
                self._archives.delete(ended.file_key(index))
            self._reports.remove(ended)
            self._imports.remove(ended)
        self._remove_jobs(version.key)
        if not version.frozen:
            self._data.delete_below(table_prefix(version.key))
        self._imports.remove_rest(version.key)
        return True

    def _found_imports(self, key: VersionKey) -> Iterator[DataImport]:
        """Yield what is left, from the start each time: what was yielded has been removed since."""
        while True:
            found, _ = self._imports.page(key, limit=_PAGE, position=None)
            if not found:
                return
            yield from found

    def _ended(self, data_import: DataImport) -> DataImport:
        abort_uploads(data_import, self._uploads)
        return fail_import(
            data_import,
            FailureReason.DATASET_DELETED,
            "The dataset was deleted during the import.",
            imports=self._imports,
            events=self._events,
            now=self._now,
        )

    def _remove_chunk(self, key: VersionKey, chunk: int) -> None:
        rows = self._samples.of_chunk(key.scope, chunk)
        # Before the claims go: a mark that comes too early only makes the sweep look and keep.
        for mark in blob_marks(key.scope, (row.sha256 for row in rows if not row.texts), self._now()):
            self._marks.mark(mark)
        self._data.delete_below(annotations_prefix(key.scope, chunk))
        self._samples.remove_chunk(key, chunk, rows)

    def _remove_jobs(self, key: VersionKey) -> None:
        """Drop the version's jobs with their reports; exports that lie with the platform go a day later."""
        position = None
        while True:
            found, position = self._jobs.page(key, None, limit=_PAGE, position=position)
            for job in found:
                self._remove_output(job)
            if position is None:
                break
        self._jobs.remove_all(key)

    def _remove_output(self, job: DataJob) -> None:
        if job.kind is DataJobKind.QUALITY_REPORT:
            self._data.delete(document_key(job))
        if job.kind is not DataJobKind.EXPORT:
            return
        settings = ExportSettings.model_validate(job.settings)
        if settings.customers:
            return
        due_at = self._now() + GRACE
        self._marks.mark(Mark(scope=job.scope, kind=MarkKind.OBJECT, name=settings.target_key, due_at=due_at))


def _chunks(data_import: DataImport) -> Iterator[int]:
    """Yield all chunks an import may have written, finished or not."""
    if data_import.first_chunk is not None:
        yield from range(data_import.first_chunk, data_import.first_chunk + data_import.shard_count)
