"""Repeats, races, kills, deletions: nothing is lost, nothing counted twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import pytest

from openbml.datasets.datasets import (
    DatasetDeletingError,
    DatasetNameTakenError,
    DatasetNotFoundError,
    VersionBusyError,
    VersionKey,
    VersionState,
)
from openbml.datasets.delete_datasets import DeletionMessage, carry_out_deletion, delete_dataset
from openbml.datasets.importing.complete_imports import UploadIncompleteError, uploaded_parts
from openbml.datasets.importing.data_imports import (
    FailureReason,
    ImportState,
    ImportStateError,
)
from openbml.datasets.importing.end_imports import expire_imports
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.samples import Claim, Facet
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import archive, labelled_pairs


class Killed(BaseException):
    """Stands for a function that is killed: nothing catches it."""


class Dying:
    """A collaborator whose nth call of one method never comes back."""

    def __init__(self, inner: Any, method: str, call: int, *, afterwards: bool) -> None:
        self._inner = inner
        self._method = method
        self._left = call
        self._afterwards = afterwards
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._inner, name)
        if name != self._method:
            return attribute

        def call(*args: Any, **options: Any) -> Any:
            with self._lock:
                self._left -= 1
                dies = self._left == 0
            if dies and not self._afterwards:
                raise Killed
            value = attribute(*args, **options)
            if dies:
                raise Killed
            return value

        return call


def shard_of(world: World, count: int = 25) -> tuple[VersionKey, ShardMessage]:
    key = world.dataset()
    data_import = world.uploaded(key, archive(labelled_pairs(count)))
    world.planned(data_import)
    message = world.shards.taken()[0]
    assert isinstance(message, ShardMessage)
    return key, message


def deleted(world: World, key: VersionKey, rounds: int = 50) -> int:
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    return carried_out(world, rounds)


def carried_out(world: World, rounds: int = 50) -> int:
    for number in range(1, rounds + 1):
        message = world.deletions.taken()[0]
        assert isinstance(message, DeletionMessage)
        if deletion_round(world, message):
            return number
    raise AssertionError("the deletion does not end")


def deletion_round(world: World, message: DeletionMessage, has_time: int = 1000, **replaced: Any) -> bool:
    left = iter(range(has_time))
    return carry_out_deletion(
        message,
        datasets=world.datasets,
        deletions=world.deletions,
        remover=world.remover(**replaced),
        has_time=lambda: next(left, None) is not None,
    )


@pytest.mark.parametrize(
    ("collaborator", "method", "call", "afterwards"),
    [
        ("samples", "claim", 1, False),
        ("samples", "claim", 1, True),
        ("data", "put", 7, True),
        ("samples", "add_samples", 1, True),
        ("samples", "add_index", 1, True),
        ("imports", "finish_shard", 1, False),
        ("imports", "finish_shard", 1, True),
        ("imports", "end", 1, False),
        ("imports", "end", 1, True),
        ("events", "publish", 1, True),
    ],
)
def test_a_shard_killed_anywhere_ends_the_same_when_it_comes_again(
    world: World, collaborator: str, method: str, call: int, afterwards: bool
) -> None:
    key, message = shard_of(world)
    dying = Dying(getattr(world, collaborator), method, call, afterwards=afterwards)
    with pytest.raises(Killed):
        world.worked(message, **{collaborator: dying})

    ended = world.worked(message)
    world.worked(message)

    assert ended is not None
    assert (ended.state, ended.accepted, ended.duplicate, ended.shards_done) == (
        ImportState.FINISHED,
        25,
        0,
        1,
    )
    assert world.datasets.version(key).sample_count == 25
    labels, _ = world.datasets.labels(key, limit=9, position=None)
    assert sum(label.sample_count for label in labels) == 25
    found, _ = world.samples.page(key, Facet.everything(), limit=99, position=None)
    assert len(found) == 25


def test_a_message_delivered_twice_at_the_same_time_counts_once(world: World) -> None:
    key, message = shard_of(world, 120)
    with ThreadPoolExecutor(3) as pool:
        for worked in [pool.submit(world.worked, message) for _ in range(3)]:
            worked.result()
    assert world.datasets.version(key).sample_count == 120
    imports, _ = world.imports.page(key, limit=5, position=None)
    assert (imports[0].state, imports[0].accepted, imports[0].reserved) == (ImportState.FINISHED, 120, 0)


def test_planning_twice_sends_the_shards_again_and_keeps_the_plan(world: World) -> None:
    key = world.dataset()
    data_import = world.uploaded(key, archive(labelled_pairs(5)))
    first, second = world.planned(data_import), world.planned(data_import)
    assert first is not None
    assert second is not None
    assert first.first_chunk == second.first_chunk
    assert len(world.shards.taken()) == 2


def test_many_labels_in_one_shard_are_counted_once(world: World) -> None:
    key = world.dataset()
    labels = tuple(f"label_{number}" for number in range(205))
    data_import = world.uploaded(key, archive(labelled_pairs(410, labels=labels)))
    world.planned(data_import)
    (message,) = world.shards.taken()
    assert isinstance(message, ShardMessage)

    real = world.imports._mark
    calls = 0

    def mark(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Killed
        real(*args)

    world.imports._mark = mark  # type: ignore[method-assign] - the kill between two transactions
    with pytest.raises(Killed):
        world.worked(message)
    del world.imports._mark
    world.worked(message)

    counts: dict[str, int] = {}
    position = None
    while True:
        page, position = world.datasets.labels(key, limit=100, position=position)
        counts.update({label.name: label.sample_count for label in page})
        if position is None:
            break
    assert counts == dict.fromkeys(labels, 2)


def test_one_version_takes_one_import_at_a_time(world: World) -> None:
    key = world.dataset()
    body = archive(labelled_pairs(3))
    waiting = world.started(key, body)
    parts = world.sent(waiting, body)
    running = world.uploaded(key, body)

    with pytest.raises(VersionBusyError):
        world.started(key, body)
    with pytest.raises(VersionBusyError):
        world.completed(waiting, parts)
    world.planned(running)
    for message in world.shards.taken():
        assert isinstance(message, ShardMessage)
        world.worked(message)
    assert world.completed(waiting, parts).state is ImportState.PLANNING


def test_an_upload_is_resumed_part_by_part(world: World) -> None:
    key = world.dataset()
    body = archive([*labelled_pairs(3)]) + b""
    large = body + bytes(9 * 1024 * 1024)  # no zip, but two parts
    data_import = world.started(key, large)
    assert data_import.files[0].part_count == 2
    first = world.sent(data_import, large, [1])
    with pytest.raises(UploadIncompleteError) as caught:
        world.completed(data_import, first)
    assert caught.value.details["missing"] == [2]

    stored = uploaded_parts(
        data_import, imports=world.imports, uploads=world.uploads, events=world.events, now=world.clock
    )
    assert [part.part_number for part in stored] == [1]
    second = world.sent(data_import, large, [2])
    wrong = [first[0].model_copy(update={"etag": '"0"'}), second[0]]
    with pytest.raises(UploadIncompleteError) as caught:
        world.completed(data_import, wrong)
    assert caught.value.details["differing"] == [1]
    assert world.completed(data_import, [*first, *second]).state is ImportState.PLANNING
    assert world.completed(data_import, [*first, *second]).state is ImportState.PLANNING


def test_an_abandoned_upload_ends_as_cancelled_and_blocks_nothing(world: World) -> None:
    key = world.dataset()
    body = archive(labelled_pairs(2))
    abandoned = world.started(key, body)
    assert world.datasets.version(key).state is VersionState.EMPTY
    assert expired(world) == 0
    world.clock.pass_time(hours=25)
    assert expired(world) == 1
    assert expired(world) == 0
    assert world.current(abandoned).state is ImportState.CANCELLED
    with pytest.raises(ImportStateError):
        world.completed(abandoned, [])


def test_an_upload_that_storage_gave_up_is_cancelled_when_it_is_looked_at(world: World) -> None:
    key = world.dataset()
    data_import = world.started(key, b"x")
    world.uploads.abort(data_import.file_key(0), data_import.files[0].upload_id)
    with pytest.raises(ImportStateError):
        uploaded_parts(
            data_import, imports=world.imports, uploads=world.uploads, events=world.events, now=world.clock
        )
    assert world.current(data_import).state is ImportState.CANCELLED


def test_lost_work_ends_the_import_and_frees_the_version(world: World) -> None:
    key, _ = shard_of(world)
    world.clock.pass_time(hours=7)
    assert expired(world) == 1
    imports, _ = world.imports.page(key, limit=5, position=None)
    assert imports[0].failure is not None
    assert imports[0].failure.reason is FailureReason.INTERNAL
    assert world.imported(key, archive(labelled_pairs(25))).accepted == 25


def expired(world: World) -> int:
    return expire_imports(imports=world.imports, uploads=world.uploads, events=world.events, now=world.clock)


def test_content_of_a_cancelled_import_is_not_mistaken_for_a_duplicate(world: World) -> None:
    key, message = shard_of(world)
    with pytest.raises(Killed):
        world.worked(message, imports=Dying(world.imports, "finish_shard", 1, afterwards=False))
    imports, _ = world.imports.page(key, limit=5, position=None)
    world.cancelled(imports[0])
    assert world.worked(message) is not None

    found, _ = world.samples.page(key, Facet.everything(), limit=99, position=None)
    assert found == []
    again = world.imported(key, archive(labelled_pairs(25)))
    assert (again.accepted, again.duplicate) == (25, 0)
    assert world.datasets.version(key).sample_count == 25


def test_a_dataset_deleted_while_importing_fails_the_import_and_leaves_nothing(world: World) -> None:
    key, message = shard_of(world)

    class Deleting:
        """Storage during whose first write the dataset is deleted."""

        done = False

        def put(self, *args: Any, **options: Any) -> None:
            if not self.done:
                self.done = True
                delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
                (data_import,), _ = world.imports.page(key, limit=5, position=None)
                assert data_import.state is ImportState.IMPORTING
            world.data.put(*args, **options)

    world.worked(message, data=Deleting())
    carried_out(world)
    assert world.worked(message) is None
    with pytest.raises(DatasetNotFoundError):
        world.datasets.get(key.scope, key.dataset_id)
    assert rows(world, key) == []


def rows(world: World, key: VersionKey) -> list[str]:
    """Return what of a dataset is left in the table; volumes and counters of the project are not its."""
    items = world.table.scan()["Items"]
    return sorted(
        f"{item['pk']} {item['sk']}"
        for item in items
        if not item["pk"].startswith(("account#", "snapshot#", "mark#")) and item["sk"] != "chunks"
    )


def test_the_end_by_deletion_is_told_with_its_reason(world: World) -> None:
    key, message = shard_of(world)
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    with pytest.raises(DatasetDeletingError):
        world.started(key, b"x")
    assert carried_out(world) == 1
    failures = [getattr(event, "failure", None) for event in world.events.events]
    assert failures[-1] is not None
    assert failures[-1].reason is FailureReason.DATASET_DELETED
    assert world.worked(message) is None


def test_a_deletion_goes_on_where_it_stopped_and_gives_the_volume_back(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(5)))
    world.imported(key, archive(labelled_pairs(5, first=10)))
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    (message,) = world.deletions.taken()
    assert isinstance(message, DeletionMessage)
    with pytest.raises(Killed):
        deletion_round(world, message, samples=Dying(world.samples, "remove_chunk", 1, afterwards=True))
    assert not deletion_round(world, message, has_time=1)
    assert deletion_round(world, message)
    assert deletion_round(world, message)

    assert rows(world, key) == []
    volume = world.table.get_item(Key={"pk": "account#1#us-east-1", "sk": "volume"})["Item"]
    assert volume["images"] == 0


def test_a_deleted_name_is_free_at_once_and_names_are_unique(world: World) -> None:
    key = world.dataset("猫")
    with pytest.raises(DatasetNameTakenError):
        world.dataset("猫")
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    again = world.dataset("猫")
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    carried_out(world)
    with pytest.raises(DatasetNameTakenError):
        world.dataset("猫")
    assert world.datasets.get(again.scope, again.dataset_id).name == "猫"


def test_of_ten_datasets_of_one_name_made_at_once_one_stands(world: World) -> None:
    def make() -> bool:
        try:
            world.dataset("same")
        except DatasetNameTakenError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        made = [future.result() for future in [pool.submit(make) for _ in range(10)]]
    assert made.count(True) == 1


def test_a_claim_of_a_running_import_is_kept(world: World) -> None:
    key = world.dataset()
    mine = Claim(sha256="ab" * 32, sample_id=2048, import_id=1)
    assert world.samples.claim(key, [mine]) == {2048}
    assert world.samples.claim(key, [mine]) == {2048}
    assert world.samples.claim(key, [mine.model_copy(update={"sample_id": 2049})]) == frozenset()
