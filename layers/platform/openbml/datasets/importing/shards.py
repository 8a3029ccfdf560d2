"""Shards of an import: a thousand samples or some megabytes, the work of one worker for some seconds."""

import zlib
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.archives import Entry
from openbml.datasets.importing.data_imports import AnnotationFormat, DataImport
from openbml.datasets.importing.pairing import Pair
from openbml.datasets.limits import ANNOTATION_BYTES, IMAGE_BYTES, SHARD_BYTES, SHARD_SAMPLES

_PAIRS = TypeAdapter(list[Pair])


class ShardMessage(BaseModel):
    """Asks for one shard of an import to be imported."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    import_id: int
    index: int

    @property
    def version_key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


def shard_messages(data_import: DataImport) -> Sequence[ShardMessage]:
    return [
        ShardMessage(
            scope=data_import.scope,
            dataset_id=data_import.dataset_id,
            version_number=data_import.version_number,
            import_id=data_import.import_id,
            index=index,
        )
        for index in range(data_import.shard_count)
    ]


def shard_key(data_import: DataImport, index: int) -> str:
    """Return where a shard's list of entries lies; it expires with the archive."""
    return f"{data_import.scope.prefix}imports/{data_import.import_id}/shards/{index:06}.json.z"


def cut(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    """Yield shards in the order of the archive; deterministic, so that planning may be repeated."""
    shard: list[Pair] = []
    total = 0
    for pair in pairs:
        weight = _weight(pair.image, IMAGE_BYTES) + (
            _weight(pair.annotation, ANNOTATION_BYTES) if pair.annotation else 0
        )
        if shard and (len(shard) == SHARD_SAMPLES or total + weight > SHARD_BYTES):
            yield shard
            shard, total = [], 0
        shard.append(pair)
        total += weight
    if shard:
        yield shard


def is_readable(entry: Entry, limit: int) -> bool:
    """Return whether an entry is small enough, by its own figures, to be read at all."""
    return entry.size <= limit and entry.compressed_size <= limit


def _weight(entry: Entry, limit: int) -> int:
    return max(entry.size, entry.compressed_size) if is_readable(entry, limit) else 0


def packed(pairs: Sequence[Pair]) -> bytes:
    return zlib.compress(_PAIRS.dump_json(list(pairs)), level=1)


def unpacked(data: bytes) -> Sequence[Pair]:
    return _PAIRS.validate_json(zlib.decompress(data))


def is_labelled(annotation_format: AnnotationFormat) -> bool:
    return annotation_format is AnnotationFormat.JSON
