"""Packing: samples into deterministic shards, and the manifest when all are there."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

from openbml.core.events import EventPublisher
from openbml.core.scope import ProjectScope
from openbml.datasets.events import SnapshotFailed, SnapshotReady
from openbml.datasets.snapshots import (
    Manifest,
    PackedShard,
    PackMessage,
    Snapshot,
    SnapshotLayout,
    SnapshotRepository,
    SnapshotState,
    manifest_key,
    packed_shard_key,
    shard_list_key,
)
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore, blob_key
from openbml_formats.annotations import canonical
from openbml_formats.listings import ListedSample, unpacked_listing

_TYPES = {
    SnapshotLayout.WEBDATASET: "application/x-tar",
    SnapshotLayout.JSON_LINES: "application/x-ndjson",
}


def pack_shard(
    message: PackMessage,
    *,
    snapshots: SnapshotRepository,
    scratch: ObjectStore,
    data: ObjectStore,
    events: EventPublisher,
    executor: Executor,
) -> Snapshot | None:
    """Pack one shard; whoever finds all shards packed writes the manifest. Repeating it is harmless."""
    snapshot = snapshots.find(message.scope, message.snapshot_id)
    if snapshot is None or snapshot.state is not SnapshotState.PREPARING:
        return snapshot
    try:
        if message.index not in snapshots.shards(snapshot):
            shard = _packed(snapshot, message.index, scratch, data, executor)
            snapshots.add_shard(snapshot, message.index, shard)
    except ObjectMissingError:
        reason = "Samples were deleted while the snapshot was being packed."
        return fail_snapshot(snapshot, reason, snapshots=snapshots, events=events)
    shards = snapshots.shards(snapshot)
    if len(shards) == snapshot.shard_count:
        _finish(snapshot, [shards[index] for index in sorted(shards)], snapshots, data, events)
    return snapshots.find(message.scope, message.snapshot_id)


def fail_snapshot(
    snapshot: Snapshot, reason: str, *, snapshots: SnapshotRepository, events: EventPublisher
) -> Snapshot | None:
    events.publish([SnapshotFailed(scope=snapshot.scope, snapshot_id=snapshot.snapshot_id, reason=reason)])
    snapshots.end(snapshot, SnapshotState.FAILED, reason)
    return snapshots.find(snapshot.scope, snapshot.snapshot_id)


def _packed(
    snapshot: Snapshot, index: int, scratch: ObjectStore, data: ObjectStore, executor: Executor
) -> PackedShard:
    scope, snapshot_id = snapshot.scope, snapshot.snapshot_id
    samples = unpacked_listing(scratch.read(shard_list_key(scope, snapshot_id, index)))
    if snapshot.layout is SnapshotLayout.WEBDATASET:
        body = _tar(samples, scope, data, executor)
    else:
        body = b"".join(sample_document(sample) + b"\n" for sample in samples)
    digest = hashlib.sha256(body)
    key = packed_shard_key(scope, snapshot_id, index, snapshot.layout)
    data.put(key, body, content_type=_TYPES[snapshot.layout], sha256=digest.digest())
    return PackedShard(key=key, sample_count=len(samples), size_bytes=len(body), sha256=digest.hexdigest())


def _tar(
    samples: Sequence[ListedSample], scope: ProjectScope, data: ObjectStore, executor: Executor
) -> bytes:
    read = partial(_blob, scope, data)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for sample, content in zip(samples, executor.map(read, samples), strict=True):
            _add(archive, f"{sample.sample_id}.{sample.extension}", content)
            _add(archive, f"{sample.sample_id}.json", sample_document(sample))
    return out.getvalue()


def _blob(scope: ProjectScope, data: ObjectStore, sample: ListedSample) -> bytes:
    return data.read(blob_key(scope, sample.sha256))


def sample_document(sample: ListedSample) -> bytes:
    """Return what a snapshot says of a sample: always id, name and labels, the rest where there is any."""
    said = canonical(sample.annotation)
    document: dict[str, Any] = {
        "sample_id": sample.sample_id,
        "name": sample.name,
        "labels": [{"name": name} for name in sample.annotation.labels],
        **({"texts": list(sample.texts)} if sample.texts else {}),
        **({"width": sample.width, "height": sample.height} if sample.width else {}),
        **({"duration_ms": sample.duration_ms} if sample.duration_ms else {}),
        **{member: said[member] for member in ("regions", "spans", "tags", "attributes") if member in said},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    # Time, owner and mode are fixed: the same samples give the same bytes.
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _finish(
    snapshot: Snapshot,
    shards: Sequence[PackedShard],
    snapshots: SnapshotRepository,
    data: ObjectStore,
    events: EventPublisher,
) -> None:
    manifest = Manifest(
        snapshot_id=snapshot.snapshot_id,
        task=snapshot.task,
        layout=snapshot.layout,
        labels=snapshot.labels,
        sample_count=snapshot.sample_count,
        shards=shards,
        dataset_versions=snapshot.dataset_versions,
    )
    body = manifest.model_dump_json(indent=1).encode()
    data.put(manifest_key(snapshot.scope, snapshot.snapshot_id), body, content_type="application/json")
    events.publish(
        [
            SnapshotReady(
                scope=snapshot.scope,
                snapshot_id=snapshot.snapshot_id,
                task=snapshot.task,
                sample_count=snapshot.sample_count,
                labels=snapshot.labels,
            )
        ]
    )
    snapshots.end(snapshot, SnapshotState.READY, None)
