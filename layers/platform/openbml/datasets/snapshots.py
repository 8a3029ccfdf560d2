"""Snapshots: selections of samples frozen for training, addressed by their content (contracts, section 3)."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import Sample
from openbml_formats.tables.schemas import TableSchema

FORMAT = "openbml.snapshot/1"


class SnapshotNotFoundError(OpenBMLError):
    """No such snapshot in the project; details: snapshot_id."""


class SelectionRefusedError(OpenBMLError):
    """A selected version cannot be frozen; details: dataset_id, version_number, reason."""


class EmptySelectionError(OpenBMLError):
    """The selections hold no labelled sample."""


class SnapshotLayout(StrEnum):
    """How a snapshot's shards hold its samples.

    `webdataset`: uncompressed tar, a file and a json document of each sample; `json_lines`: a document per
    line, of samples that have no file; `parquet`: the parts of a table, where they lie already.
    """

    WEBDATASET = "webdataset"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"

    @property
    def suffix(self) -> str:
        return {"webdataset": "tar", "json_lines": "jsonl", "parquet": "parquet"}[self.value]


class SnapshotState(StrEnum):
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"


class Selection(BaseModel):
    """A dataset version, or the samples of some of its labels."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int = Field(ge=1)
    labels: Sequence[str] | None = None


class TableOutline(BaseModel):
    """What a version's table is like.

    Attributes:
        source_bytes: text or Parquet bytes that the rows came from, unpacked.
    """

    model_config = ConfigDict(frozen=True)

    columns: TableSchema
    rows: int
    source_bytes: int


class SelectionView(BaseModel):
    """What a version offers to training; `labels` counts labelled samples, `table` is None of a version
    without rows."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int
    annotation_type: str
    template: str
    state: str
    labels: Mapping[str, int]
    table: TableOutline | None = None


class FrozenVersion(BaseModel):
    """A dataset version as it was when the snapshot was asked for."""

    model_config = ConfigDict(frozen=True)

    dataset_id: int
    version_number: int
    revision: int


class Snapshot(BaseModel):
    """One frozen selection; `queued_at` says when its packing was last asked for."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    snapshot_id: str
    task: str
    labels: Sequence[str]
    sample_count: int
    shard_count: int
    dataset_versions: Sequence[FrozenVersion]
    requested_by: str
    created_at: AwareDatetime
    layout: SnapshotLayout = SnapshotLayout.WEBDATASET
    state: SnapshotState = SnapshotState.PREPARING
    queued_at: AwareDatetime | None = None
    failure: str | None = None


class PackedShard(BaseModel):
    """A shard as the manifest names it."""

    model_config = ConfigDict(frozen=True)

    key: str
    sample_count: int
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """`manifest.json`; `columns` are a table's."""

    model_config = ConfigDict(frozen=True)

    format: str = FORMAT
    snapshot_id: str
    task: str
    layout: SnapshotLayout = SnapshotLayout.WEBDATASET
    labels: Sequence[str]
    sample_count: int
    shards: Sequence[PackedShard]
    dataset_versions: Sequence[FrozenVersion]
    columns: TableSchema | None = None


class PackMessage(BaseModel):
    """Asks for one shard of a snapshot to be packed."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    snapshot_id: str
    index: int


class SnapshotRepository(Protocol):
    def add(self, snapshot: Snapshot) -> bool:
        """Return False when the snapshot is there already; a failed one is started again."""

    def find(self, scope: ProjectScope, snapshot_id: str) -> Snapshot | None: ...

    def queued(self, snapshot: Snapshot, at: AwareDatetime) -> None: ...

    def shards(self, snapshot: Snapshot) -> Mapping[int, PackedShard]:
        """Return the packed shards by index."""

    def add_shard(self, snapshot: Snapshot, index: int, shard: PackedShard) -> None:
        """A repeat overwrites it with the same."""

    def end(self, snapshot: Snapshot, state: SnapshotState, failure: str | None) -> bool:
        """Return False when it has ended before."""


def snapshot_digest(task: str, samples: Sequence[Sample]) -> str:
    """Return the id of a snapshot: the same task, labels and annotations give the same one."""
    labels = sorted({name for sample in samples for name in sample.labels})
    lines = sorted(f"{sample.sample_id}:{sample.annotation_revision}" for sample in samples)
    return hashlib.sha256("\n".join([task, *labels, *lines]).encode()).hexdigest()


def snapshot_prefix(scope: ProjectScope, snapshot_id: str) -> str:
    return f"{scope.prefix}snapshots/{snapshot_id}/"


def manifest_key(scope: ProjectScope, snapshot_id: str) -> str:
    return f"{snapshot_prefix(scope, snapshot_id)}manifest.json"


def parts_manifest_key(scope: ProjectScope, snapshot_id: str) -> str:
    """Return where a table's snapshot lists its parts, as a channel of SageMaker's kind `ManifestFile` takes
    it."""
    return f"{snapshot_prefix(scope, snapshot_id)}parts.json"


def packed_shard_key(scope: ProjectScope, snapshot_id: str, index: int, layout: SnapshotLayout) -> str:
    return f"{snapshot_prefix(scope, snapshot_id)}shard-{index:06}.{layout.suffix}"


def shard_list_key(scope: ProjectScope, snapshot_id: str, index: int) -> str:
    """Return where a shard's list of samples lies: not beside the shards, which a job downloads whole."""
    return f"{snapshot_prefix(scope, snapshot_id)}lists/{index:06}.json.z"


def version_key(scope: ProjectScope, selection: Selection) -> VersionKey:
    return VersionKey(scope=scope, dataset_id=selection.dataset_id, version_number=selection.version_number)
