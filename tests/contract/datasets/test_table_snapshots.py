"""Snapshots of tables: rows frozen by the digests of their parts."""

import json
from typing import Any

import pytest

from openbml.datasets.datasets import DatasetVersionNotFoundError, VersionKey
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.garbage.sweep import sweep_objects
from openbml.datasets.request_snapshots import describe_selection, request_snapshot, snapshot_parts_uri
from openbml.datasets.snapshots import (
    EmptySelectionError,
    Manifest,
    Selection,
    SelectionRefusedError,
    Snapshot,
    SnapshotLayout,
    SnapshotState,
    manifest_key,
    parts_manifest_key,
)
from openbml.datasets.stored_objects import table_prefix
from openbml.datasets.tables.browse_tables import first_rows, table_of
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import BrowsePage, TableManifest, TablePart, packed_rows, row_line
from sagemaker_local.inputs.channel_objects import listed_objects
from sagemaker_local.storage.objects_s3 import S3Uri
from tests.contract.datasets.conftest import World
from tests.contract.datasets.table_desk import TableDesk
from tests.contract.datasets.test_snapshot_kinds import dataset

pytestmark = pytest.mark.contract


def table(*parts: str, columns: tuple[str, ...] = ("a", "b")) -> TableManifest:
    fields = [{"name": name, "type": "BIGINT", "ordinal": place} for place, name in enumerate(columns)]
    schema = TableSchema.model_validate({"columns": fields})
    return TableManifest(
        columns=schema,
        rows=10 * len(parts),
        source_bytes=1,
        size_bytes=1,
        parts=[TablePart(key=f"t/{part}.parquet", rows=10, size_bytes=7, sha256=part * 64) for part in parts],
        pages=(),
    )


class Reader:
    """The engine's view of the data bucket."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, uri: S3Uri) -> bytes:
        return self._world.data.read(uri.key)


def frozen(world: World, tables: dict[VersionKey, TableManifest], *selections: Any) -> Snapshot:
    by_id = {key.dataset_id: manifest for key, manifest in tables.items()}
    chosen = selections or [
        Selection(dataset_id=key.dataset_id, version_number=key.version_number) for key in tables
    ]
    return request_snapshot(
        world.scope,
        chosen,
        "tabular_prediction",
        "run-1",
        datasets=world.datasets,
        samples=world.samples,
        snapshots=world.snapshots,
        scratch=world.archives,
        data=world.data,
        table_of=lambda key: by_id.get(key.dataset_id),
        packing=world.packing,
        executor=world.executor,
        now=world.clock,
    )


def test_a_table_is_frozen_at_once_by_naming_its_parts(world: World) -> None:
    key = dataset(world, "table")
    snapshot = frozen(world, {key: table("1", "2")})
    assert (snapshot.state, snapshot.layout) == (SnapshotState.READY, SnapshotLayout.PARQUET)
    body = world.data.read(manifest_key(world.scope, snapshot.snapshot_id))
    manifest = Manifest.model_validate_json(body)
    assert [shard.key for shard in manifest.shards] == ["t/1.parquet", "t/2.parquet"]
    assert manifest.columns is not None
    assert (manifest.sample_count, list(manifest.columns.names)) == (20, ["a", "b"])
    assert frozen(world, {key: table("1", "2")}).snapshot_id == snapshot.snapshot_id
    assert world.packing.messages == []


def test_the_parts_are_listed_as_a_channel_of_a_job_takes_them(world: World) -> None:
    key = dataset(world, "table")
    snapshot = frozen(world, {key: table("1", "2")})
    uri = snapshot_parts_uri(snapshot, data=world.data)
    listed = parts_manifest_key(world.scope, snapshot.snapshot_id)
    assert uri == world.data.uri(listed)
    document = json.loads(world.data.read(listed))
    assert document == [{"prefix": world.data.uri("t/")}, "1.parquet", "2.parquet"]


def test_the_engine_fills_a_channel_from_the_list_of_parts(world: World) -> None:
    tables = TableDesk(world)
    one, other = tables.dataset("one"), tables.dataset("other")
    for version in (one, other):
        tables.imported(version, b"id,amount\n1,2\n3,4\n")
    chosen = {key: table_of(key, tables=world.tables, data=world.data)[1] for key in (one, other)}
    uri = snapshot_parts_uri(frozen(world, chosen), data=world.data)
    source = {"S3DataType": "ManifestFile", "S3Uri": uri}

    found = listed_objects(
        {"ChannelName": "train_parts", "DataSource": {"S3DataSource": source}}, Reader(world)
    )

    keys = [part.key for manifest in chosen.values() for part in manifest.parts]
    assert [row.uri.key for row in found] == keys
    assert all(key.endswith(f"/{row.path}") for key, row in zip(keys, found, strict=True))
    assert len({row.path for row in found}) == 2
    assert all(world.data.size(row.uri.key) for row in found)


def test_a_table_is_described_by_its_columns_and_rows(world: World) -> None:
    key = dataset(world, "table")
    whole = Selection(dataset_id=key.dataset_id, version_number=1)
    view = describe_selection(world.scope, whole, datasets=world.datasets, table_of=lambda _: table("1"))
    assert view.table is not None
    assert (list(view.table.columns.names), view.table.rows, view.table.source_bytes) == (["a", "b"], 10, 1)
    empty = describe_selection(world.scope, whole, datasets=world.datasets, table_of=lambda _: None)
    assert empty.table is None


def test_the_first_rows_are_read_as_far_as_they_are_asked_for(world: World) -> None:
    tables = TableDesk(world)
    key = tables.dataset("first")
    tables.imported(key, b"id,amount\n1,2\n3,4\n5,6\n")
    _, manifest = table_of(key, tables=world.tables, data=world.data)
    assert first_rows(manifest, limit=2, data=world.data) == [[1, 2], [3, 4]]
    assert len(first_rows(manifest, limit=100, data=world.data)) == 3


def test_rows_that_are_too_long_in_all_are_fewer(world: World) -> None:
    page = BrowsePage(key="t/rows.jsonl.z", rows=3)
    lines = [row_line([number, "x" * 5_000_000]) for number in range(3)]
    world.data.put(page.key, packed_rows(lines), content_type="application/octet-stream")
    long = table("1").model_copy(update={"pages": [page]})
    assert [row[0] for row in first_rows(long, limit=9, data=world.data)] == [0]


def test_more_rows_are_another_snapshot(world: World) -> None:
    key = dataset(world, "table")
    first, second = frozen(world, {key: table("1")}), frozen(world, {key: table("1", "2")})
    assert first.snapshot_id != second.snapshot_id


def test_an_empty_table_or_a_choice_of_labels_is_refused(world: World) -> None:
    key = dataset(world, "table")
    whole = Selection(dataset_id=key.dataset_id, version_number=1)
    with pytest.raises(EmptySelectionError):
        frozen(world, {}, whole)
    with pytest.raises(SelectionRefusedError):
        frozen(world, {key: table("1")}, whole.model_copy(update={"labels": ["x"]}))


def test_rows_that_a_snapshot_names_outlive_their_version_and_what_replaced_them(world: World) -> None:
    tables = TableDesk(world)
    key, other = tables.dataset("kept"), tables.dataset("other")
    for version in (key, other):
        tables.imported(version, b"id,amount\n1,2\n3,4\n")
    _, manifest = table_of(key, tables=world.tables, data=world.data)
    frozen(world, {key: manifest})
    tables.imported(key, b"id,amount\n5,6\n", upload_type="overwrite")
    tables.imported(other, b"id,amount\n5,6\n", upload_type="overwrite")
    for version in (key, other):
        delete_dataset(version.scope, version.dataset_id, datasets=world.datasets, deletions=world.deletions)
    world.deletions_carried_out()
    world.clock.pass_time(hours=30)
    sweep_objects(
        marks=world.marks, samples=world.samples, data=world.data, now=world.clock, has_time=lambda: True
    )
    assert all(world.data.size(part.key) for part in manifest.parts)
    assert world.keys("data", table_prefix(other)) == []


def test_a_version_on_its_way_out_is_not_frozen(world: World) -> None:
    key = world.dataset("orders", "table")
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    with pytest.raises(DatasetVersionNotFoundError):
        world.datasets.freeze(key)
    with pytest.raises(SelectionRefusedError):
        frozen(world, {key: table("1")})
