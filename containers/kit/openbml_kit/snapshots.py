"""Reads a snapshot: `manifest.json` and its shards (docs/reference/contracts.md section 3)."""

import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of

FORMAT = "openbml.snapshot/1"
_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})
_SOUND_SUFFIXES = frozenset({".wav", ".mp3", ".m4a"})


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class Shard(_Document):
    key: str
    sample_count: int
    size_bytes: int
    sha256: str


class DatasetVersion(_Document):
    model_config = ConfigDict(frozen=True, extra="allow")

    dataset_id: int | str


class TableColumn(_Document):
    """A column of a table; its type as the data API writes it."""

    name: str
    type: str


class TableColumns(_Document):
    columns: Sequence[TableColumn]

    @property
    def names(self) -> Sequence[str]:
        return [column.name for column in self.columns]


class Manifest(_Document):
    """Attributes:
    columns: a table's, whose parts the shards are.
    """

    format: str
    snapshot_id: str
    task: str
    layout: Literal["webdataset", "json_lines", "parquet"] = "webdataset"
    labels: Sequence[str]
    sample_count: int
    shards: Sequence[Shard]
    dataset_versions: Sequence[DatasetVersion] = ()
    columns: TableColumns | None = None


class _Label(_Document):
    name: str


class SampleDocument(_Document):
    """What a snapshot says of a sample; regions, spans and tags as in `openbml_formats.annotations`.

    Attributes:
        labels: classes of the whole sample.
        texts: one text, two of a pair, or the tokens of a sentence.
    """

    sample_id: int | str
    name: str
    labels: Sequence[_Label]
    texts: Sequence[str] = ()
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    regions: Sequence[Mapping[str, Any]] = ()
    spans: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[str] = ()
    attributes: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def label_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.labels)


@dataclass(frozen=True)
class Extent:
    """Where a file lies inside an uncompressed shard, so that it can be read again by itself."""

    path: Path
    offset: int
    size: int
    kind: str = "image"

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


@dataclass(frozen=True)
class SnapshotSample:
    """A sample of any kind; one of texts has no file."""

    document: SampleDocument
    data: bytes | None = None
    extent: Extent | None = None


@dataclass(frozen=True)
class ImageSample:
    sample_id: str
    name: str
    labels: tuple[str, ...]
    data: bytes
    extent: Extent


@dataclass(frozen=True)
class _Member:
    data: bytes
    extent: Extent


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a channel's folder.

    Raises:
        PlatformFault: it is missing, of another format or malformed.
    """
    path = folder / "manifest.json"
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"snapshot manifest {path.name} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise PlatformFault(f"snapshot format {manifest.format!r} is not {FORMAT}")
    return manifest


def read_images(folder: Path, manifest: Manifest) -> Iterator[ImageSample]:
    """Yield every image of the snapshot with its classes, in order of its shards.

    Raises:
        PlatformFault: a shard is missing, differs from its digest, or its pairs do not match.
    """
    for sample in read_samples(folder, manifest):
        if sample.data is None or sample.extent is None:
            raise PlatformFault(f"snapshot sample {sample.document.sample_id} has no image")
        if sample.extent.kind != "image":
            raise PlatformFault(f"snapshot sample {sample.document.sample_id} is no image")
        document = sample.document
        yield ImageSample(
            str(document.sample_id), document.name, document.label_names, sample.data, sample.extent
        )


def read_samples(folder: Path, manifest: Manifest) -> Iterator[SnapshotSample]:
    """Yield every sample of the snapshot, in order of its shards.

    Raises:
        PlatformFault: a shard is missing, differs from its digest, or its pairs do not match; or the
            snapshot is a table, whose parts are read as they are.
    """
    if manifest.layout == "parquet":
        raise PlatformFault("a table's snapshot has no samples: read its parts")
    read = _lines_of_shard if manifest.layout == "json_lines" else _files_of_shard
    seen = 0
    for shard in manifest.shards:
        for sample in read(_checked(folder, shard)):
            seen += 1
            yield sample
    if seen != manifest.sample_count:
        raise PlatformFault(f"snapshot holds {seen} samples, its manifest says {manifest.sample_count}")


def checked_part(folder: Path, shard: Shard) -> Path:
    """Return where a channel has a shard that was listed to it by key: at its longest tail that exists.

    Raises:
        PlatformFault: it is not there, or differs from its size or digest.
    """
    parts = PurePosixPath(shard.key).parts
    tails = (folder.joinpath(*parts[start:]) for start in range(len(parts)))
    return _intact(next((path for path in tails if path.is_file()), folder / parts[-1]), shard)


def _checked(folder: Path, shard: Shard) -> Path:
    return _intact(folder / PurePosixPath(shard.key).name, shard)


def _intact(path: Path, shard: Shard) -> Path:
    if not path.is_file():
        raise PlatformFault(f"snapshot shard {shard.key} is missing")
    if path.stat().st_size != shard.size_bytes or sha256_of(path) != shard.sha256:
        raise PlatformFault(
            f"snapshot shard {shard.key} is damaged: size or SHA-256 differ from the manifest"
        )
    return path


def _lines_of_shard(path: Path) -> Iterator[SnapshotSample]:
    with path.open("rb") as lines:
        for line in lines:
            yield SnapshotSample(_document(line))


def _files_of_shard(path: Path) -> Iterator[SnapshotSample]:
    waiting: dict[str, dict[str, _Member]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is None:
                    continue
                name = PurePosixPath(member.name)
                parts = waiting.setdefault(name.stem, {})
                kind = _kind_of(name)
                extent = Extent(path, member.offset_data, member.size, kind)
                parts["json" if kind == "json" else "file"] = _Member(file.read(), extent)
                if len(parts) == 2:
                    yield _sample(waiting.pop(name.stem))
    except tarfile.TarError as error:
        raise PlatformFault(f"snapshot shard {path.name} is not a tar archive: {error}") from error
    if waiting:
        raise PlatformFault(f"snapshot shard {path.name}: {min(waiting)} has no partner")


def _kind_of(name: PurePosixPath) -> str:
    suffix = name.suffix.lower()
    if suffix in _IMAGE_SUFFIXES:
        return "image"
    if suffix in _SOUND_SUFFIXES:
        return "sound"
    if suffix == ".json":
        return "json"
    raise PlatformFault(f"snapshot file {name} is neither an image, a sound nor json")


def _sample(parts: dict[str, _Member]) -> SnapshotSample:
    file = parts["file"]
    return SnapshotSample(_document(parts["json"].data), file.data, file.extent)


def _document(data: bytes) -> SampleDocument:
    try:
        return SampleDocument.model_validate(json.loads(data))
    except ValueError as error:
        raise PlatformFault(f"snapshot annotation is malformed: {error}") from error
