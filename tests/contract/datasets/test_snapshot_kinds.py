"""Snapshots of every kind of samples, as a training job reads them."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from openbml.core.ids import new_id
from openbml.datasets.datasets import VersionKey
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.request_snapshots import request_snapshot
from openbml.datasets.samples import Sample, sample_id_of, text_digest
from openbml.datasets.snapshots import PackMessage, Selection, Snapshot, SnapshotState
from openbml.datasets.stored_objects import blob_key
from openbml.datasets.tables_dynamodb import chunk_key
from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation, Box, Region, Span
from openbml_kit.snapshots import read_manifest, read_samples
from tests.contract.datasets.conftest import USER, World

pytestmark = pytest.mark.contract

CAT = Region(label="cat", box=Box(x1=1.5, y1=2, x2=3, y2=4), attributes={"pose": "left"})
SAID = {
    "object_detection": Annotation(regions=(CAT,)),
    "ocr": Annotation(regions=(Region(polygons=(((0, 0), (1, 0), (1, 1), (0, 1)),), text="街道"),)),
    "audio_classification": Annotation(labels=("bark",)),
    "text_classification_multi_label": Annotation(labels=("good", "cheap")),
    "short_text_matching": Annotation(labels=("1",)),
    "sequence_labelling": Annotation(tags=("B-PER", "O")),
    "entity_extraction": Annotation(spans=(Span(label="PER", start=0, end=2, text="张三"),)),
}
TEXTS = {
    "text_classification_multi_label": ("好，便宜",),
    "short_text_matching": ("谁", "who"),
    "sequence_labelling": ("张三", "来"),
    "entity_extraction": ("张三来了",),
}


def dataset(world: World, code: str) -> VersionKey:
    kind = dataset_kinds()[code]
    _, version = create_dataset(
        world.scope,
        name=code,
        data_type=kind.data_type,
        annotation_type=kind.annotation_type,
        template=kind.template,
        user_id=USER,
        datasets=world.datasets,
        new_id=new_id,
        now=world.clock,
        **({"tag_scheme": "IOB"} if kind.tag_schemes else {}),
    )
    return version.key


def kept(world: World, key: VersionKey, code: str, annotations: Sequence[Annotation]) -> list[Sample]:
    """Samples with these annotations in a finished chunk; files where the kind has them."""
    chunk = new_id() % 2**40
    rows = []
    for ordinal, said in enumerate(annotations):
        texts = tuple(f"{text}{ordinal}" for text in TEXTS.get(code, ()))
        body = f"content {chunk} {ordinal}".encode()
        sha256 = text_digest(texts) if texts else hashlib.sha256(body).hexdigest()
        if not texts:
            world.data.put(blob_key(world.scope, sha256), body, content_type="x")
        fields: dict[str, Any] = {
            "sample_id": sample_id_of(chunk, ordinal),
            "dataset_id": key.dataset_id,
            "version_number": 1,
            "name": f"{ordinal}.x",
            "sha256": sha256,
            "size_bytes": len(body),
            "texts": texts,
            "extension": "" if texts else ("wav" if code.startswith("audio") else "png"),
        }
        rows.append(Sample.model_validate(fields).annotated(said))
    world.samples.add_chunk(key, chunk, rows)
    world.table.put_item(Item={**chunk_key(key, chunk), "chunk": chunk})
    return rows


def frozen(world: World, key: VersionKey, task: str) -> Snapshot:
    return request_snapshot(
        world.scope,
        [Selection(dataset_id=key.dataset_id, version_number=1)],
        task,
        "run-1",
        datasets=world.datasets,
        samples=world.samples,
        snapshots=world.snapshots,
        scratch=world.archives,
        data=world.data,
        table_of=lambda key: None,
        packing=world.packing,
        executor=world.executor,
        now=world.clock,
    )


def packed(world: World) -> Snapshot | None:
    snapshot = None
    for message in world.packing.taken():
        assert isinstance(message, PackMessage)
        snapshot = world.packed(message)
    return snapshot


def fetched(world: World, snapshot: Snapshot, folder: Path) -> Path:
    prefix = f"{world.scope.prefix}snapshots/{snapshot.snapshot_id}/"
    for key in world.keys("data", prefix):
        (folder / key.removeprefix(prefix)).write_bytes(world.data.read(key))
    return folder


@pytest.mark.parametrize("code", sorted(SAID))
def test_a_job_reads_every_sample_with_its_whole_annotation(world: World, tmp_path: Path, code: str) -> None:
    key = dataset(world, code)
    rows = kept(world, key, code, [SAID[code], Annotation(), SAID[code]])
    frozen(world, key, code)
    snapshot = packed(world)
    assert snapshot is not None
    assert snapshot.state is SnapshotState.READY
    folder = fetched(world, snapshot, tmp_path)
    read = list(read_samples(folder, read_manifest(folder)))
    assert [str(one.document.sample_id) for one in read] == [str(rows[0].sample_id), str(rows[2].sample_id)]
    document = json.loads(read[0].document.model_dump_json(exclude_defaults=True))
    assert tuple(document.get("texts", ())) == rows[0].texts
    said = {name: document[name] for name in ("regions", "spans", "tags") if name in document}
    labels = tuple(label["name"] for label in document["labels"])
    assert Annotation.model_validate({**said, "labels": labels}) == SAID[code]
    if rows[0].texts:
        assert read[0].data is None
    else:
        assert read[0].data == world.data.read(blob_key(world.scope, rows[0].sha256))


def test_an_annotation_too_large_for_its_item_is_frozen_whole(world: World, tmp_path: Path) -> None:
    key = dataset(world, "object_detection")
    many = [
        Region(label="cat", box=Box(x1=n * 1.37, y1=n * 2.11, x2=n * 3.7, y2=n * 5.3)) for n in range(9000)
    ]
    kept(world, key, "object_detection", [Annotation(regions=tuple(many))])
    snapshot = frozen(world, key, "object_detection")
    packed(world)
    folder = fetched(world, snapshot, tmp_path)
    (sample,) = read_samples(folder, read_manifest(folder))
    assert len(sample.document.regions) == 9000


def test_the_same_selection_is_packed_once_and_gives_the_same_bytes(world: World) -> None:
    key = dataset(world, "entity_extraction")
    kept(world, key, "entity_extraction", [SAID["entity_extraction"]] * 3)
    first = frozen(world, key, "entity_extraction")
    packed(world)
    prefix = f"{world.scope.prefix}snapshots/{first.snapshot_id}/"
    before = {name: world.data.read(name) for name in world.keys("data", prefix)}
    assert frozen(world, key, "entity_extraction").snapshot_id == first.snapshot_id
    assert world.packing.messages == []
    world.packed(PackMessage(scope=world.scope, snapshot_id=first.snapshot_id, index=0))
    assert {name: world.data.read(name) for name in world.keys("data", prefix)} == before


def test_a_change_after_the_request_changes_no_snapshot(world: World, tmp_path: Path) -> None:
    key = dataset(world, "object_detection")
    (row,) = kept(world, key, "object_detection", [SAID["object_detection"]])
    snapshot = frozen(world, key, "object_detection")
    changed = row.annotated(Annotation(regions=(Region(label="dog", box=CAT.box),)))
    world.samples.add_chunk(key, row.chunk, [changed.model_copy(update={"annotation_revision": 2})])
    packed(world)
    folder = fetched(world, snapshot, tmp_path)
    (sample,) = read_samples(folder, read_manifest(folder))
    assert sample.document.regions[0]["label"] == "cat"
    assert frozen(world, key, "object_detection").snapshot_id != snapshot.snapshot_id
