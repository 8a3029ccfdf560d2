"""Shards of an import: lists of samples that a plan has found and a worker commits.

Whoever plans, a function or a job, writes `imports/{import_id}/shards/{index:06}.json.z`, uploads bucket.
"""

import zlib
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from openbml_formats.annotations import Annotation


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class ArchiveEntry(_Value):
    """A file inside a zip that was uploaded; `upload` is the zip's number among the import's files.

    `room` is how many bytes header and data may take at most: up to the next entry.
    """

    upload: int = 0
    name: str
    offset: int
    compressed_size: int
    size: int
    crc: int
    method: int
    room: int


class StoredFile(_Value):
    """A file of its own in the uploads bucket: one that was uploaded, or one that a job made."""

    key: str
    size: int


class KnownContent(_Value):
    """Content that the project holds already: taken by reference, never read again."""

    sha256: str
    size_bytes: int
    extension: str
    width: int = 0
    height: int = 0
    duration_ms: int = 0


class PlannedSample(_Value):
    """One sample to commit.

    Attributes:
        texts: one text, two of a pair, tokens of a sentence; then there is no content.
        annotation: None: as the sidecar says, or unlabelled.
        annotation_source: who made the annotation: `imported`, `human`, `smart`.
        file, line: where it stands, for the report.
    """

    name: str
    texts: tuple[str, ...] = ()
    content: ArchiveEntry | StoredFile | KnownContent | None = None
    annotation: Annotation | None = None
    sidecar: ArchiveEntry | StoredFile | None = None
    annotation_source: str = "imported"
    file: str = ""
    line: int | None = None


_SAMPLES = TypeAdapter(list[PlannedSample])


def packed_plan(samples: Sequence[PlannedSample]) -> bytes:
    return zlib.compress(_SAMPLES.dump_json(list(samples), exclude_defaults=True), level=1)


def unpacked_plan(data: bytes) -> Sequence[PlannedSample]:
    return _SAMPLES.validate_json(zlib.decompress(data))
