"""Items of samples, their index and their contents, as every adapter of the samples writes and reads them."""

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

from openbml.core.items import from_item
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.sample_columns import Columns, packed_columns
from openbml.datasets.samples import Sample, chunk_of
from openbml.datasets.stored_objects import ObjectStore, annotation_key
from openbml_formats.annotations import Annotation

ORDINALS = 1024
INLINE_ANNOTATION_BYTES = 50_000  # larger ones lie in S3 (contracts, section 5)

_INLINE_COLUMN_BYTES = 200_000
_LEFT_OUT = frozenset({"texts", "extension", "width", "height", "duration_ms", "label_counts"})


def samples_pk(scope: ProjectScope, chunk: int) -> str:
    return f"samples#{scope.key}#{chunk}"


def sample_key(scope: ProjectScope, sample_id: int) -> dict[str, str]:
    ordinal = sample_id % ORDINALS
    return {"pk": samples_pk(scope, chunk_of(sample_id)), "sk": f"{ordinal:04}"}


def history_pk(scope: ProjectScope, chunk: int) -> str:
    return f"history#{scope.key}#{chunk}"


def history_prefix(sample_id: int) -> str:
    return f"{sample_id % ORDINALS:04}#"


def history_key(scope: ProjectScope, sample_id: int, revision: int) -> dict[str, str]:
    sk = f"{history_prefix(sample_id)}{revision:010}"
    return {"pk": history_pk(scope, chunk_of(sample_id)), "sk": sk}


def content_pk(scope: ProjectScope, sha256: str) -> str:
    return f"content#{scope.key}#{sha256[:2]}"


def content_key(key: VersionKey, sha256: str) -> dict[str, str]:
    return {
        "pk": content_pk(key.scope, sha256),
        "sk": f"{sha256}#{key.dataset_id}#{key.version_number}",
    }


def index_pk(key: VersionKey, facet: str) -> str:
    return f"index#{key.scope.key}#{key.dataset_id}#{key.version_number}#{facet}"


def index_key(key: VersionKey, facet: str, chunk: int) -> dict[str, str]:
    return {"pk": index_pk(key, facet), "sk": f"{chunk:012}"}


def columns_pk(key: VersionKey) -> str:
    return f"columns#{key.scope.key}#{key.dataset_id}#{key.version_number}"


def columns_key(key: VersionKey, chunk: int) -> dict[str, str]:
    return {"pk": columns_pk(key), "sk": f"{chunk:012}"}


def bitmap(ordinals: Iterable[int]) -> bytes:
    return packed_bits(sum(1 << ordinal for ordinal in ordinals))


def packed_bits(bits: int) -> bytes:
    return bits.to_bytes(ORDINALS // 8, "little")


def unpacked_bits(value: Any) -> int:
    return int.from_bytes(bytes(value), "little")


def ordinals_of(bits: int) -> list[int]:
    """Return the places of the ones, ascending."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def sample_item(scope: ProjectScope, sample: Sample, objects: ObjectStore) -> dict[str, Any]:
    """Return the sample's item, without what it has nothing of; a large annotation is stored first."""
    bare = sample.model_dump(mode="json", exclude_none=True, exclude={"annotation"})
    item = {name: value for name, value in bare.items() if value or name not in _LEFT_OUT}
    item |= sample_key(scope, sample.sample_id)
    if sample.annotation is None or sample.annotation == Annotation():
        return item
    return {**item, **annotation_attributes(scope, sample.chunk, sample.annotation, objects)}


def annotation_attributes(
    scope: ProjectScope, chunk: int, annotation: Annotation, objects: ObjectStore
) -> dict[str, Any]:
    """Return an annotation's attributes: compressed, or the SHA-256 that a large one is stored by now."""
    packed = zlib.compress(annotation.model_dump_json(exclude_defaults=True).encode(), level=1)
    if len(packed) <= INLINE_ANNOTATION_BYTES:
        return {"annotation": packed}
    digest = hashlib.sha256(packed)
    where = annotation_key(scope, chunk, digest.hexdigest())
    objects.put(where, packed, content_type="application/octet-stream", sha256=digest.digest())
    return {"annotation_sha256": digest.hexdigest()}


def columns_item(key: VersionKey, chunk: int, columns: Columns, objects: ObjectStore) -> dict[str, Any]:
    """Return the item of a chunk's columns; large ones (names are long) are stored first."""
    packed = packed_columns(columns)
    at = columns_key(key, chunk)
    if len(packed) <= _INLINE_COLUMN_BYTES:
        return {**at, "columns": packed}
    objects.put(_columns_object(key, chunk), packed, content_type="application/octet-stream")
    return at


def kept_columns(key: VersionKey, item: dict[str, Any], objects: ObjectStore) -> bytes:
    """Return an item's columns as they were packed, wherever they are kept."""
    if "columns" in item:
        return bytes(item["columns"])
    return objects.read(_columns_object(key, int(item["sk"])))


def drop_columns(key: VersionKey, chunk: int, table: Any, objects: ObjectStore) -> None:
    """Drop a chunk's columns, wherever they are kept; a repeat is harmless."""
    at = columns_key(key, chunk)
    item = table.get_item(Key=at).get("Item")
    if item is not None and "columns" not in item:
        objects.delete(_columns_object(key, chunk))
    table.delete_item(Key=at)


def _columns_object(key: VersionKey, chunk: int) -> str:
    return f"{key.scope.prefix}columns/{key.dataset_id}/{key.version_number}/{chunk}.json.z"


def sample_of(item: dict[str, Any]) -> Sample:
    """Return the sample; its annotation is None where that is kept by itself."""
    fields = {name: value for name, value in item.items() if name not in ("annotation", "labels")}
    return from_item(Sample, fields).model_copy(update={"annotation": inline_annotation(item)})


def inline_annotation(item: dict[str, Any]) -> Annotation | None:
    if "annotation" in item:
        return _unpacked(bytes(item["annotation"]))
    return None if "annotation_sha256" in item else Annotation()


def kept_annotation(scope: ProjectScope, item: dict[str, Any], objects: ObjectStore) -> Annotation:
    """Return an item's annotation, wherever it is kept."""
    inline = inline_annotation(item)
    if inline is not None:
        return inline
    chunk = chunk_of(int(item["sample_id"]))
    return _unpacked(objects.read(annotation_key(scope, chunk, item["annotation_sha256"])))


def _unpacked(data: bytes) -> Annotation:
    return Annotation.model_validate_json(zlib.decompress(data))
