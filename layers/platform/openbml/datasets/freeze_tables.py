"""Snapshots of tables: parts never change, so that naming them by their digests freezes the rows."""

import hashlib
import json
from collections.abc import Callable, Sequence
from posixpath import commonpath, dirname

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.snapshots import (
    EmptySelectionError,
    FrozenVersion,
    Manifest,
    PackedShard,
    Selection,
    SelectionRefusedError,
    Snapshot,
    SnapshotLayout,
    SnapshotRepository,
    SnapshotState,
    manifest_key,
    parts_manifest_key,
    version_key,
)
from openbml.datasets.stored_objects import ObjectStore
from openbml_formats.tables.table_imports import TableManifest, TablePart

TableOf = Callable[[VersionKey], TableManifest | None]


def freeze_tables(
    scope: ProjectScope,
    selections: Sequence[Selection],
    task: str,
    requester: str,
    versions: Sequence[FrozenVersion],
    *,
    table_of: TableOf,
    snapshots: SnapshotRepository,
    data: ObjectStore,
    now: Clock,
) -> Snapshot:
    """Name the parts of the chosen tables in two manifests, ours and one that fills a job's channel; the same
    rows give the same snapshot.

    Raises:
        SelectionRefusedError: tables of different columns, or labels chosen of a table.
        EmptySelectionError: there are no rows.
    """
    tables = [_table(scope, selection, table_of) for selection in selections]
    columns = tables[0].columns
    for selection, table in zip(selections, tables, strict=True):
        if (table.columns.names, table.columns.types) != (columns.names, columns.types):
            raise _refused(selection, "its columns are not those of the other tables")
    parts = [part for table in tables for part in table.parts]
    snapshot = Snapshot(
        scope=scope,
        snapshot_id=_digest(task, columns.model_dump_json(), [part.sha256 for part in parts]),
        task=task,
        layout=SnapshotLayout.PARQUET,
        labels=[],
        sample_count=sum(table.rows for table in tables),
        shard_count=len(parts),
        dataset_versions=versions,
        requested_by=requester,
        created_at=now(),
        state=SnapshotState.READY,
    )
    known = snapshots.find(scope, snapshot.snapshot_id)
    if known is not None:
        return known
    manifest = Manifest(
        snapshot_id=snapshot.snapshot_id,
        task=task,
        layout=snapshot.layout,
        labels=[],
        sample_count=snapshot.sample_count,
        shards=[
            PackedShard(key=part.key, sample_count=part.rows, size_bytes=part.size_bytes, sha256=part.sha256)
            for part in parts
        ],
        dataset_versions=versions,
        columns=columns,
    )
    listed = parts_manifest_key(scope, snapshot.snapshot_id)
    data.put(listed, _parts_manifest(parts, data), content_type="application/json")
    body = manifest.model_dump_json(indent=1).encode()
    data.put(manifest_key(scope, snapshot.snapshot_id), body, content_type="application/json")
    snapshots.add(snapshot)  # the last act: who finds it finds the manifests
    return snapshot


def _parts_manifest(parts: Sequence[TablePart], data: ObjectStore) -> bytes:
    """Return SageMaker's form: a prefix, then keys below it; these are their places in the channel.

    The prefix is the nearest folder of all parts: a job's role may list tables, not the whole bucket.
    """
    folder = commonpath([dirname(part.key) for part in parts])
    prefix = f"{folder}/" if folder else ""
    names = [part.key.removeprefix(prefix) for part in parts]
    return json.dumps([{"prefix": data.uri(prefix)}, *names]).encode()


def _table(scope: ProjectScope, selection: Selection, table_of: TableOf) -> TableManifest:
    if selection.labels is not None:
        raise _refused(selection, "a table has no labels")
    table = table_of(version_key(scope, selection))
    if table is None or not table.rows:
        raise EmptySelectionError
    return table


def _refused(selection: Selection, reason: str) -> SelectionRefusedError:
    return SelectionRefusedError(
        dataset_id=selection.dataset_id, version_number=selection.version_number, reason=reason
    )


def _digest(task: str, columns: str, parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([task, columns, *parts]).encode()).hexdigest()
