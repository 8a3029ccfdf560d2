"""Snapshots: what may be frozen, that it is frozen once, and how packing ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from openbml.datasets.datasets import VersionKey
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.events import SnapshotFailed
from openbml.datasets.request_snapshots import describe_selection, picture_urls, snapshot_manifest_uri
from openbml.datasets.samples import Facet
from openbml.datasets.snapshots import (
    EmptySelectionError,
    PackMessage,
    Selection,
    SelectionRefusedError,
    Snapshot,
    SnapshotState,
)
from openbml.datasets.stored_objects import blob_key
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import annotation, archive, image_bytes, labelled_pairs


def all_of(key: VersionKey, *labels: str) -> Selection:
    return Selection(dataset_id=key.dataset_id, version_number=1, labels=labels or None)


def packed(world: World) -> Snapshot | None:
    snapshot = None
    for message in world.packing.taken():
        assert isinstance(message, PackMessage)
        snapshot = world.packed(message)
    return snapshot


def test_a_selection_is_described_by_its_labels(world: World) -> None:
    key = world.dataset()
    world.imported(
        key, archive([*labelled_pairs(5), ("u.jpg", image_bytes(seed=99)), ("u.json", annotation())])
    )
    view = describe_selection(key.scope, all_of(key), datasets=world.datasets, table_of=lambda key: None)
    assert (view.annotation_type, view.template, view.state) == (
        "image_classification",
        "single_label",
        "import_finished",
    )
    assert view.labels == {"cat": 3, "dog": 2}


def test_what_cannot_be_frozen_is_refused_with_the_reason(world: World) -> None:
    empty, busy, gone = world.dataset("empty"), world.dataset("busy"), world.dataset("gone")
    world.uploaded(busy, archive(labelled_pairs(2)))
    delete_dataset(gone.scope, gone.dataset_id, datasets=world.datasets, deletions=world.deletions)
    for key, reason in [(busy, "importing"), (gone, "deleting")]:
        with pytest.raises(SelectionRefusedError) as caught:
            world.requested(all_of(key))
        assert reason in caught.value.details["reason"]
    with pytest.raises(SelectionRefusedError):
        world.requested(Selection(dataset_id=1, version_number=1))
    with pytest.raises(SelectionRefusedError):
        world.requested(Selection(dataset_id=empty.dataset_id, version_number=2))
    with pytest.raises(EmptySelectionError):
        world.requested(all_of(empty))


def test_datasets_are_merged_by_the_names_of_their_labels(world: World) -> None:
    one, two = world.dataset("one"), world.dataset("two")
    world.imported(one, archive(labelled_pairs(6)))
    world.imported(two, archive(labelled_pairs(6, labels=("dog", "bird"), first=50)))

    both = world.requested(all_of(one), all_of(two))
    assert (both.labels, both.sample_count) == (["bird", "cat", "dog"], 12)
    dogs = world.requested(all_of(one, "dog"), all_of(two, "dog", "bird"))
    assert (dogs.labels, dogs.sample_count) == (["bird", "dog"], 9)
    assert world.requested(all_of(two), all_of(one)).snapshot_id == both.snapshot_id
    assert [row.dataset_id for row in both.dataset_versions] == sorted([one.dataset_id, two.dataset_id])
    world.imported(one, archive(labelled_pairs(1, first=200)))
    assert world.requested(all_of(one), all_of(two)).snapshot_id != both.snapshot_id


def test_unlabelled_samples_are_left_out(world: World) -> None:
    key = world.dataset()
    world.imported(
        key, archive([*labelled_pairs(2), ("u.jpg", image_bytes(seed=99)), ("u.json", annotation())])
    )
    assert world.requested(all_of(key)).sample_count == 2


def test_requests_at_the_same_time_make_one_snapshot(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(8)))
    with ThreadPoolExecutor(6) as pool:
        asked = [future.result() for future in [pool.submit(world.requested, all_of(key)) for _ in range(6)]]
    assert len({snapshot.snapshot_id for snapshot in asked}) == 1
    assert len(world.packing.messages) == 1
    snapshot = packed(world)
    assert snapshot is not None
    assert snapshot.state is SnapshotState.READY
    shards = [name for name in world.keys("data", f"{key.scope.prefix}snapshots/") if name.endswith(".tar")]
    assert len(shards) == 1
    uri = snapshot_manifest_uri(key.scope, snapshot.snapshot_id, bucket="bucket")
    assert uri.removeprefix("s3://bucket/") in world.keys("data", f"{key.scope.prefix}snapshots/")


def test_a_request_after_lost_messages_asks_for_packing_again(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    world.requested(all_of(key))
    world.packing.taken()  # lost
    world.requested(all_of(key))
    assert world.packing.messages == []
    world.clock.pass_time(hours=2)
    world.requested(all_of(key))
    snapshot = packed(world)
    assert snapshot is not None
    assert snapshot.state is SnapshotState.READY


def test_a_request_killed_before_it_asked_for_packing_is_made_good_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))

    def killed(messages: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(world.packing, "send", killed)
        with pytest.raises(KeyboardInterrupt):
            world.requested(all_of(key))
    world.requested(all_of(key))
    assert world.packing.messages == []
    world.clock.pass_time(minutes=2)
    world.requested(all_of(key))
    assert len(world.packing.messages) == 1


def test_packing_of_deleted_images_fails_with_the_reason_and_may_be_asked_again(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    world.requested(all_of(key))
    samples, _ = world.samples.page(key, Facet.everything(), limit=9, position=None)
    blob = blob_key(key.scope, samples[0].sha256)
    content = world.data.read(blob)
    world.data.delete(blob)

    snapshot = packed(world)
    assert snapshot is not None
    assert snapshot.state is SnapshotState.FAILED
    assert any(isinstance(event, SnapshotFailed) for event in world.events.events)
    world.data.put(blob, content, content_type="image/jpeg")
    assert world.requested(all_of(key)).state is SnapshotState.PREPARING
    again = packed(world)
    assert again is not None
    assert again.state is SnapshotState.READY


def test_pictures_are_found_by_sample_id_alone(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    samples, _ = world.samples.page(key, Facet.everything(), limit=9, position=None)
    ids = [sample.sample_id for sample in samples]
    urls = picture_urls(key.scope, [*ids, 12345], samples=world.samples, data=world.data)
    assert set(urls) == set(ids)
