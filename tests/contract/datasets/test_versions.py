"""Datasets and versions as objects: names, new versions, deletion of one (spec 02 sections 1.1-1.3)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.core.ids import new_id
from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetNameTakenError,
    DatasetNotFoundError,
    DatasetVersion,
    DatasetVersionNotFoundError,
    LastVersionError,
    VersionKey,
    VersionState,
)
from openbml.datasets.delete_datasets import DeletionMessage, carry_out_deletion, delete_dataset
from openbml.datasets.importing.copy_versions import copy_version
from openbml.datasets.manage_versions import (
    create_version,
    delete_version,
    describe_version,
    rename_dataset,
)
from openbml.datasets.samples import Facet
from openbml.datasets.snapshots import EmptySelectionError, Selection, SelectionRefusedError
from openbml.datasets.tables_dynamodb import version_item_key
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.counters import verify_counters
from tests.fakes.datasets_archives import archive, labelled_pairs


def added(world: World, key: VersionKey, description: str = "") -> DatasetVersion:
    return create_version(
        key.scope,
        key.dataset_id,
        description=description,
        datasets=world.datasets,
        new_id=new_id,
        now=world.clock,
    )


def removed(world: World, key: VersionKey) -> None:
    delete_version(key, datasets=world.datasets, deletions=world.deletions)


def renamed(world: World, key: VersionKey, name: str) -> str:
    return rename_dataset(key.scope, key.dataset_id, name=name, datasets=world.datasets).name


def count(world: World, key: VersionKey) -> int:
    return len(world.samples.page(key, Facet.everything(), limit=9_999, position=None)[0])


def test_item_1_a_dataset_comes_with_an_empty_first_version(world: World) -> None:
    key = world.dataset()
    version = world.datasets.version(key)
    assert (key.version_number, version.state, version.sample_count) == (1, VersionState.EMPTY, 0)
    assert version.version_id is not None
    assert world.datasets.version_of(key.scope, version.version_id) == version


def test_item_2_a_new_version_is_empty_although_older_ones_hold_data(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    second = added(world, key, "again")
    assert (second.version_number, second.state, count(world, second.key)) == (2, VersionState.EMPTY, 0)
    assert world.datasets.get(key.scope, key.dataset_id).latest_version == 2
    assert count(world, key) == 3


def test_a_name_changes_and_the_old_one_is_free(world: World) -> None:
    key, other = world.dataset("a"), world.dataset("b")
    with pytest.raises(DatasetNameTakenError):
        renamed(world, key, "b")
    assert renamed(world, key, "  c ") == "c"
    assert renamed(world, key, "c") == "c"
    assert renamed(world, other, "a") == "a"
    world.dataset("b")
    with pytest.raises(InvalidRequestError):
        renamed(world, key, " ")


def test_of_two_datasets_that_take_one_name_at_once_one_gets_it(world: World) -> None:
    keys = [world.dataset(f"set {number}") for number in range(5)]

    def rename(key: VersionKey) -> bool:
        try:
            return renamed(world, key, "wanted") == "wanted"
        except DatasetNameTakenError:
            return False

    with ThreadPoolExecutor(5) as threads:
        assert sum(threads.map(rename, keys)) == 1


def test_a_deleted_dataset_is_not_renamed_and_gets_no_version(world: World) -> None:
    key = world.dataset()
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    with pytest.raises(DatasetDeletingError):
        renamed(world, key, "again")
    with pytest.raises(DatasetDeletingError):
        added(world, key)
    world.deletions_carried_out()
    with pytest.raises(DatasetNotFoundError):
        added(world, key)


def test_a_description_changes(world: World) -> None:
    key = world.dataset()
    assert describe_version(key, " more light ", datasets=world.datasets).description == "more light"
    with pytest.raises(InvalidRequestError):
        describe_version(key, "x" * 501, datasets=world.datasets)
    with pytest.raises(InvalidRequestError):
        describe_version(key, "a\x00b", datasets=world.datasets)
    unknown = key.model_copy(update={"version_number": 9})
    with pytest.raises(DatasetVersionNotFoundError):
        describe_version(unknown, "x", datasets=world.datasets)


def test_one_version_goes_with_all_that_is_its_and_no_ordinal_comes_again(world: World) -> None:
    key = world.dataset()
    second = added(world, key).key
    world.imported(key, archive(labelled_pairs(3)))
    world.imported(second, archive(labelled_pairs(5)))
    removed(world, second)
    assert world.datasets.version(second).state is VersionState.DELETING
    removed(world, second)
    world.deletions_carried_out()
    with pytest.raises(DatasetVersionNotFoundError):
        world.datasets.version(second)
    verify_counters(world, key)
    assert world.datasets.get(key.scope, key.dataset_id).latest_version == 1
    assert added(world, key).version_number == 3
    assert [version.version_number for version in world.datasets.versions(key.scope, key.dataset_id)] == [
        1,
        3,
    ]


def test_the_first_version_may_go_as_well(world: World) -> None:
    key = world.dataset()
    second = added(world, key).key
    removed(world, key)
    world.deletions_carried_out()
    with pytest.raises(LastVersionError):
        removed(world, second)
    assert world.datasets.get(key.scope, key.dataset_id).latest_version == 2


class KilledError(Exception):
    pass


class Dying:
    def __init__(self, inner: Any, method: str) -> None:
        self._inner, self._method = inner, method

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            getattr(self._inner, name)(*arguments, **options)
            raise KilledError

        return call if name == self._method else getattr(self._inner, name)


@pytest.mark.parametrize(
    ("collaborator", "method"),
    [
        ("marks", "mark"),
        ("samples", "remove_chunk"),
        ("imports", "remove"),
        ("jobs", "remove_all"),
        ("imports", "remove_rest"),
    ],
)
def test_the_deletion_of_a_version_goes_on_where_it_was_killed(
    world: World, collaborator: str, method: str
) -> None:
    key = world.dataset()
    second = added(world, key).key
    world.imported(second, archive(labelled_pairs(4)))
    removed(world, second)
    (message,) = world.deletions.taken()
    assert isinstance(message, DeletionMessage)
    dying = Dying(getattr(world, collaborator), method)

    def carried_out(**replaced: Any) -> bool:
        return carry_out_deletion(
            message,
            datasets=world.datasets,
            deletions=world.deletions,
            remover=world.remover(**replaced),
            has_time=lambda: True,
        )

    with pytest.raises(KilledError):
        carried_out(**{collaborator: dying})
    assert carried_out()
    assert carried_out()
    verify_counters(world, key)
    with pytest.raises(DatasetVersionNotFoundError):
        world.datasets.version(second)


def test_a_dataset_of_more_versions_than_a_transaction_takes_is_deleted(world: World) -> None:
    key = world.dataset()
    for _ in range(104):
        added(world, key)
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    states = {version.state for version in world.datasets.versions(key.scope, key.dataset_id)}
    assert states == {VersionState.DELETING}
    world.deletions_carried_out()
    with pytest.raises(DatasetNotFoundError):
        world.datasets.get(key.scope, key.dataset_id)
    left = [item for item in world.table.scan()["Items"] if not item["pk"].startswith("account#")]
    assert left == []


def test_a_copied_version_has_samples_and_annotations_of_its_source(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(6)))
    blobs = world.keys("data", f"{key.scope.prefix}blobs/")
    copied = copy_version(
        key,
        description="the same",
        user_id=USER,
        datasets=world.datasets,
        imports=world.imports,
        archives=world.archives,
        events=world.events,
        new_id=new_id,
        now=world.clock,
    )
    assert (copied.version_number, copied.state) == (2, VersionState.IMPORTING)
    assert copied.active_import_id is not None
    world.ended(world.imports.get(copied.key, copied.active_import_id))
    assert world.keys("data", f"{key.scope.prefix}blobs/") == blobs
    found = {
        version: {
            (sample.sha256, tuple(sample.label_counts))
            for sample in world.samples.page(version, Facet.everything(), limit=99, position=None)[0]
        }
        for version in (key, copied.key)
    }
    assert found[key] == found[copied.key]
    assert len(found[key]) == 6
    verify_counters(world, key, copied.key)


@pytest.mark.parametrize(
    "state", [VersionState.IMPORTING, VersionState.SMART_LABELLING, VersionState.DELETING]
)
def test_item_9_training_refuses_versions_that_others_work_on(world: World, state: VersionState) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    world.table.update_item(
        Key=version_item_key(key),
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": state.value},
    )
    with pytest.raises(SelectionRefusedError):
        world.requested(Selection(dataset_id=key.dataset_id, version_number=1))


def test_item_9_training_refuses_an_empty_version(world: World) -> None:
    key = world.dataset()
    with pytest.raises((SelectionRefusedError, EmptySelectionError)):
        world.requested(Selection(dataset_id=key.dataset_id, version_number=1))
