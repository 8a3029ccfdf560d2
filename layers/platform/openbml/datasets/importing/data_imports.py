"""Imports: files on their way into a dataset version (spec 02 sections 1.3, 3.3, 4.1)."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.importing.inputs import ImportFile, SourceVersion
from openbml_catalog.datasets import Content, DataFormat, data_formats

# Storage aborts an unfinished multipart upload a day after its start; with that the import has no way on.
UPLOAD_LIFETIME = timedelta(hours=24)
# A shard is redelivered for at most 5 x 30 min; an import silent for longer has lost its work.
SILENCE_LIMIT = timedelta(hours=3)


class ImportNotFoundError(OpenBMLError):
    """No such import in the version; details: import_id."""


class ImportStateError(OpenBMLError):
    """The import's state does not allow the call; details: import_id, state, wanted."""


class ImportChangedError(OpenBMLError):
    """The import changed at the same moment; details: import_id."""


class ImportState(StrEnum):
    UPLOADING = "uploading"
    PLANNING = "planning"
    IMPORTING = "importing"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)


class FailureReason(StrEnum):
    """Why an import failed; the first three are the manual's (spec 02 section 1.3)."""

    ARCHIVE_FORMAT = "archive_format"
    NAME_MISMATCH = "name_mismatch"
    VOLUME_LIMIT = "volume_limit"
    ENCODING = "encoding"
    TAG_SCHEME = "tag_scheme"
    SCHEMA = "schema"
    BAD_VALUE = "bad_value"
    SOURCE_DATASET = "source_dataset"
    SOURCE_TABLE = "source_table"
    DATASET_DELETED = "dataset_deleted"
    INTERNAL = "internal"


class ImportFailure(BaseModel):
    model_config = ConfigDict(frozen=True)

    reason: FailureReason
    message: str


class ImportCounts(BaseModel):
    """What became of an import's samples, files and lines.

    Attributes:
        accepted: samples the version has more than before; `unlabelled` are among them.
        duplicate: samples that were there already, or stood in the source twice.
        replaced: of the duplicates, those whose annotation took the place of the one that was there.
        rejected: samples with a fault.
        skipped: files and lines that are no samples.
        cut, changed: accepted ones that were shortened, or adapted otherwise; by remark.
        ignored: samples over the limit of data volume.
    """

    model_config = ConfigDict(frozen=True)

    accepted: int = 0
    duplicate: int = 0
    replaced: int = 0
    rejected: int = 0
    skipped: int = 0
    cut: int = 0
    changed: int = 0
    ignored: int = 0
    unlabelled: int = 0

    def plus(self, other: "ImportCounts") -> "ImportCounts":
        mine, theirs = self.model_dump(), other.model_dump()
        return ImportCounts(**{name: mine[name] + theirs[name] for name in mine})


class ImportProgress(BaseModel):
    """Counted in samples."""

    model_config = ConfigDict(frozen=True)

    entries_total: int = 0
    entries_done: int = 0


class DataImport(BaseModel):
    """One import.

    Attributes:
        content: what a sample of its dataset is; samples are counted apart by it.
        format: code of the catalogue's formats; of a copy from another dataset, empty.
        files: what is uploaded; empty where `source` is copied.
        settings: what else the format needs to know, a table's schema for one.
        first_chunk: the chunks `first_chunk … first_chunk + shard_count - 1` are this import's, one a shard.
        reserved: how many samples it still holds of its account's and its user's allowance.
        removed: how many of the accepted samples were deleted since, and their volume given back.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    import_id: int
    content: Content
    format: str
    files: tuple[ImportFile, ...] = ()
    source: SourceVersion | None = None
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    created_by: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    state: ImportState = ImportState.UPLOADING
    finished_at: AwareDatetime | None = None
    failure: ImportFailure | None = None
    first_chunk: int | None = None
    shard_count: int = 0
    shards_done: int = 0
    reserved: int = 0
    entries_total: int = 0
    entries_done: int = 0
    accepted: int = 0
    duplicate: int = 0
    replaced: int = 0
    rejected: int = 0
    skipped: int = 0
    cut: int = 0
    changed: int = 0
    ignored: int = 0
    unlabelled: int = 0
    removed: int = 0

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)

    @property
    def data_format(self) -> DataFormat | None:
        return data_formats().get(self.format)

    @property
    def prefix(self) -> str:
        return import_prefix(self.scope, self.import_id)

    @property
    def marker_key(self) -> str:
        """Return the object whose arrival starts planning: all files are whole then."""
        return f"{self.prefix}uploaded.json"

    def file_key(self, index: int) -> str:
        return f"{self.prefix}files/{index:03}"

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def counts(self) -> ImportCounts:
        return ImportCounts(**{name: getattr(self, name) for name in ImportCounts.model_fields})

    @property
    def progress(self) -> ImportProgress:
        return ImportProgress(entries_total=self.entries_total, entries_done=self.entries_done)


class ImportPlan(BaseModel):
    """What planning found out; `counts` are of what became no sample."""

    model_config = ConfigDict(frozen=True)

    first_chunk: int
    shard_count: int
    entries_total: int
    counts: ImportCounts


class LabelDelta(BaseModel):
    """What is added to a label's counts: samples that carry it, objects (boxes, spans) of it."""

    model_config = ConfigDict(frozen=True)

    samples: int = 0
    objects: int = 0


class ShardDone(BaseModel):
    """What one shard adds to its import and version, once."""

    model_config = ConfigDict(frozen=True)

    index: int
    chunk: int
    entries: int
    counts: ImportCounts
    labels: dict[str, LabelDelta]
    size_bytes: int = 0


def import_prefix(scope: ProjectScope, import_id: int) -> str:
    return f"{scope.prefix}imports/{import_id}/"


def import_of_key(key: str) -> tuple[int, int] | None:
    """Return project id and import id of a marker's key, None for any other key."""
    parts = key.split("/")
    if len(parts) != 5 or (parts[0], parts[2], parts[4]) != ("projects", "imports", "uploaded.json"):
        return None
    if not (parts[1].isdecimal() and parts[3].isdecimal()):
        return None
    return int(parts[1]), int(parts[3])


class ImportRepository(Protocol):
    """Imports and their shards; every change is conditional on the state it starts from."""

    def add(self, data_import: DataImport) -> None: ...

    def get(self, key: VersionKey, import_id: int) -> DataImport:
        """Raises ImportNotFoundError."""

    def find(self, project_id: int, import_id: int) -> DataImport | None:
        """Return the import a marker's key names."""

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[DataImport], Position | None]:
        """Newest first."""

    def open_since(self, changed_before: AwareDatetime) -> Sequence[DataImport]:
        """Return imports that are not final and have not changed since."""

    def start(self, data_import: DataImport) -> DataImport:
        """Claim the version and move the import from uploading to planning.

        Raises:
            VersionBusyError: another import runs into the version.
            DatasetDeletingError: the dataset is on its way out.
            ImportChangedError: the import is not uploading any more.
        """

    def release(self, data_import: DataImport) -> None:
        """Undo `start` because the upload could not be completed."""

    def reserve_chunks(self, scope: ProjectScope, count: int) -> int:
        """Return the first of `count` chunk numbers that are nobody else's in the project."""

    def plan(self, data_import: DataImport, plan: ImportPlan) -> DataImport:
        """Record the plan, reserve its volume and move on to importing.

        Raises:
            ImportChangedError: the import is not planning any more.
            VolumeTakenError: others took the room between the look and the reservation.
        """

    def room(self, data_import: DataImport) -> int:
        """Return how many samples account, user and dataset can still take."""

    def shard_is_done(self, data_import: DataImport, index: int) -> bool: ...

    def finish_shard(self, data_import: DataImport, shard: ShardDone) -> None:
        """Add a shard's counts once; a repeat changes nothing.

        Raises:
            ImportChangedError: the import is not importing any more.
        """

    def end(
        self, data_import: DataImport, state: ImportState, failure: ImportFailure | None, at: AwareDatetime
    ) -> DataImport | None:
        """Move to a final state, give the version free and the reserved volume back.

        Returns:
            The import as it ended now, or None when it had ended before.
        """

    def remove(self, data_import: DataImport) -> None:
        """Drop an ended import with its shards and give its samples' volume back, once."""

    def remove_rest(self, key: VersionKey) -> None:
        """Drop what is left below a version: labels and chunks."""


class VolumeTakenError(OpenBMLError):
    """The account's or user's allowance is used up; details: import_id."""
