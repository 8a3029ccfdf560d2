"""Reads a snapshot: `manifest.json` and WebDataset tar shards (docs/reference/contracts.md section 3)."""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of

FORMAT = "openbml.snapshot/1"
_IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp"})


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


class Manifest(_Document):
    format: str
    snapshot_id: str
    task: str
    labels: Sequence[str]
    sample_count: int
    shards: Sequence[Shard]
    dataset_versions: Sequence[DatasetVersion] = ()


class _Label(_Document):
    name: str


class _Annotation(_Document):
    sample_id: int | str
    name: str
    labels: Sequence[_Label]


@dataclass(frozen=True)
class Extent:
    """Where a file lies inside an uncompressed shard, so that it can be read again by itself."""

    path: Path
    offset: int
    size: int

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


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
    """Yield every sample of the snapshot, in order of its shards.

    Raises:
        PlatformFault: a shard is missing, differs from its digest, or its pairs do not match.
    """
    seen = 0
    for shard in manifest.shards:
        path = folder / PurePosixPath(shard.key).name
        if not path.is_file():
            raise PlatformFault(f"snapshot shard {shard.key} is missing")
        if path.stat().st_size != shard.size_bytes or sha256_of(path) != shard.sha256:
            raise PlatformFault(
                f"snapshot shard {shard.key} is damaged: size or SHA-256 differ from the manifest"
            )
        for sample in _images_of_shard(path):
            seen += 1
            yield sample
    if seen != manifest.sample_count:
        raise PlatformFault(f"snapshot holds {seen} samples, its manifest says {manifest.sample_count}")


def _images_of_shard(path: Path) -> Iterator[ImageSample]:
    waiting: dict[str, dict[str, _Member]] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for member in archive:
                file = archive.extractfile(member)
                if file is None:
                    continue
                name = PurePosixPath(member.name)
                parts = waiting.setdefault(name.stem, {})
                extent = Extent(path, member.offset_data, member.size)
                parts["json" if name.suffix == ".json" else _image_kind(name)] = _Member(file.read(), extent)
                if len(parts) == 2:
                    yield _sample(waiting.pop(name.stem))
    except tarfile.TarError as error:
        raise PlatformFault(f"snapshot shard {path.name} is not a tar archive: {error}") from error
    if waiting:
        raise PlatformFault(f"snapshot shard {path.name}: {min(waiting)} has no partner")


def _image_kind(name: PurePosixPath) -> str:
    if name.suffix.lower() not in _IMAGE_SUFFIXES:
        raise PlatformFault(f"snapshot file {name} is neither an image nor json")
    return "image"


def _sample(parts: dict[str, _Member]) -> ImageSample:
    try:
        annotation = _Annotation.model_validate(json.loads(parts["json"].data))
    except ValueError as error:
        raise PlatformFault(f"snapshot annotation is malformed: {error}") from error
    labels = tuple(label.name for label in annotation.labels)
    image = parts["image"]
    return ImageSample(str(annotation.sample_id), annotation.name, labels, image.data, image.extent)
