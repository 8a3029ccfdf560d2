"""From an archive to a snapshot."""

import hashlib
import io
import json
import tarfile
import urllib.request

from openbml.datasets.datasets import VersionState
from openbml.datasets.events import ImportStateChanged, SnapshotReady
from openbml.datasets.importing.data_imports import ImportState
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.samples import AnnotationState, Facet
from openbml.datasets.snapshots import PackMessage, Selection, SnapshotState, manifest_key
from openbml.datasets.stored_objects import blob_key, thumbnail_key
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import archive, labelled_pairs

LIMIT = 100


def test_an_archive_becomes_samples_with_labels_and_thumbnails(world: World) -> None:
    key = world.dataset()
    ended = world.imported(key, archive(labelled_pairs(30)))

    assert ended.state is ImportState.FINISHED
    assert ended.counts.model_dump() == {
        "accepted": 30,
        "duplicate": 0,
        "replaced": 0,
        "rejected": 0,
        "skipped": 0,
        "cut": 0,
        "changed": 0,
        "ignored": 0,
        "unlabelled": 0,
    }
    version = world.datasets.version(key)
    assert (version.state, version.sample_count, version.labelled_count) == (
        VersionState.IMPORT_FINISHED,
        30,
        30,
    )
    labels, _ = world.datasets.labels(key, limit=LIMIT, position=None)
    assert {label.name: label.sample_count for label in labels} == {"cat": 15, "dog": 15}
    cats, following = world.samples.page(key, Facet.label("cat"), limit=LIMIT, position=None)
    assert following is None
    assert [sample.name for sample in cats] == [f"image_{seed:05}.jpg" for seed in range(0, 30, 2)]
    with urllib.request.urlopen(world.data.url(thumbnail_key(key.scope, cats[0].sha256))) as reply:
        assert reply.read(2) == b"\xff\xd8"
    blob = world.data.read(blob_key(key.scope, cats[0].sha256))
    assert hashlib.sha256(blob).hexdigest() == cats[0].sha256


def test_samples_come_in_pages_that_miss_nothing(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(23)))
    world.imported(key, archive(labelled_pairs(9, first=100)))

    names: list[str] = []
    position = None
    while True:
        page, position = world.samples.page(key, Facet.everything(), limit=5, position=position)
        names += [sample.name for sample in page]
        if position is None:
            break

    assert names == [f"image_{seed:05}.jpg" for seed in [*range(23), *range(100, 109)]]
    unlabelled, _ = world.samples.page(key, Facet.state(AnnotationState.UNLABELLED), limit=5, position=None)
    assert unlabelled == []


def test_progress_and_the_end_are_told(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))

    states = [event.state for event in world.events.events if isinstance(event, ImportStateChanged)]
    assert states[-1] is ImportState.FINISHED
    assert states.count(ImportState.FINISHED) == 1
    assert ImportState.PLANNING in states
    assert ImportState.IMPORTING in states


def test_a_snapshot_is_packed_once_and_holds_pairs(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(12)))
    selection = Selection(dataset_id=key.dataset_id, version_number=1)

    first, second = world.requested(selection), world.requested(selection)
    messages = world.packing.taken()
    assert first.state is SnapshotState.PREPARING
    assert first.snapshot_id == second.snapshot_id
    assert len(messages) == 1

    for message in [*messages, *messages]:
        assert isinstance(message, PackMessage)
        world.packed(message)
    ready = world.requested(selection)
    assert ready.state is SnapshotState.READY
    assert world.packing.taken() == []
    assert sum(isinstance(event, SnapshotReady) for event in world.events.events) == 1

    manifest = json.loads(world.data.read(manifest_key(key.scope, ready.snapshot_id)))
    assert (manifest["format"], manifest["sample_count"], manifest["labels"]) == (
        "openbml.snapshot/1",
        12,
        ["cat", "dog"],
    )
    shard = world.data.read(manifest["shards"][0]["key"])
    assert hashlib.sha256(shard).hexdigest() == manifest["shards"][0]["sha256"]
    with tarfile.open(fileobj=io.BytesIO(shard)) as tar:
        names = tar.getnames()
        assert len(names) == 24
        document = json.loads(tar.extractfile(names[1]).read())  # type: ignore[union-attr] - a file
    assert names[0].removesuffix(".jpg") == names[1].removesuffix(".json") == str(document["sample_id"])
    assert document["labels"] == [{"name": "cat"}]


def test_shards_may_come_twice_and_out_of_order(world: World) -> None:
    key = world.dataset()
    body = archive(labelled_pairs(2100))
    data_import = world.uploaded(key, body)
    world.planned(data_import)
    messages = world.shards.taken()
    assert len(messages) == 3

    for message in [messages[2], messages[0], messages[2], messages[1], messages[0]]:
        assert isinstance(message, ShardMessage)
        world.worked(message)

    ended = world.current(data_import)
    assert (ended.state, ended.accepted, ended.reserved) == (ImportState.FINISHED, 2100, 0)
    version = world.datasets.version(key)
    assert version.sample_count == 2100
    labels, _ = world.datasets.labels(key, limit=LIMIT, position=None)
    assert sum(label.sample_count for label in labels) == 2100
