"""Unused blobs: marked, kept for a day, swept, and never taken from under an import."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from openbml.core.ids import new_id
from openbml.datasets.datasets import VersionKey
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.garbage.marks import (
    GRACE,
    SWEEP_LEASE,
    ContentBusyError,
    Mark,
    MarkKind,
    MarkState,
    blob_marks,
)
from openbml.datasets.garbage.sweep import SweepCounts, sweep_objects
from openbml.datasets.samples import Claim
from openbml.datasets.samples_dynamodb import DynamoSampleRepository
from openbml.datasets.stored_objects import ObjectMissingError, blob_key, thumbnail_key
from openbml.datasets.tables_dynamodb import mark_key
from tests.contract.datasets.bulk_writing import bulk_writer
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import archive, labelled_pairs

BODY = b"an image"
DIGEST = hashlib.sha256(BODY)


def swept(world: World, **replaced: Any) -> SweepCounts:
    parts: dict[str, Any] = {"marks": world.marks, "samples": world.samples, "data": world.data}
    return sweep_objects(now=world.clock, has_time=lambda: True, **{**parts, **replaced})


def deleted(world: World, key: VersionKey) -> None:
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    world.deletions_carried_out()


def stored(world: World) -> int:
    return len(world.keys("data", f"{world.scope.prefix}blobs/"))


def marked(world: World) -> Mark | None:
    item = world.table.get_item(Key=mark_key(world.scope, MarkKind.BLOB, DIGEST.hexdigest())).get("Item")
    return Mark.model_validate(item) if item else None


def test_blobs_of_a_deleted_dataset_go_a_day_later_with_their_thumbnails(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(4)))
    deleted(world, key)
    assert swept(world) == SweepCounts()
    world.clock.pass_time(hours=23, minutes=59)
    assert swept(world) == SweepCounts()
    assert stored(world) == 4
    world.clock.pass_time(minutes=1)
    assert swept(world) == SweepCounts(deleted=4)
    assert world.keys("data", world.scope.prefix) == []
    assert swept(world) == SweepCounts()


def test_what_another_dataset_holds_stays(world: World) -> None:
    key, other = world.dataset(), world.dataset("other")
    world.imported(key, archive(labelled_pairs(4)))
    world.imported(other, archive(labelled_pairs(2)))
    deleted(world, key)
    world.clock.pass_time(hours=25)
    assert swept(world) == SweepCounts(deleted=2, kept=2)
    assert stored(world) == 2
    deleted(world, other)
    world.clock.pass_time(hours=25)
    assert swept(world) == SweepCounts(deleted=2)


def test_two_datasets_that_hold_the_same_and_go_together_leave_nothing(world: World) -> None:
    keys = [world.dataset(), world.dataset("other")]
    for key in keys:
        world.imported(key, archive(labelled_pairs(3)))
    for key in keys:
        delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    world.deletions_carried_out()
    world.clock.pass_time(hours=25)
    assert swept(world) == SweepCounts(deleted=3)


def test_an_import_that_takes_a_marked_blob_again_keeps_it(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(3)))
    deleted(world, key)
    world.imported(world.dataset("again"), archive(labelled_pairs(3)))
    world.clock.pass_time(hours=25)
    assert swept(world) == SweepCounts()
    assert stored(world) == 3


def test_an_objects_mark_deletes_it_at_its_time(world: World) -> None:
    name = f"{world.scope.prefix}exports/1/download/a.zip"
    world.data.put(name, b"zip", content_type="application/zip")
    due = world.clock() + timedelta(hours=1)
    world.marks.mark(Mark(scope=world.scope, kind=MarkKind.OBJECT, name=name, due_at=due))
    assert swept(world) == SweepCounts()
    world.clock.pass_time(hours=1)
    assert swept(world) == SweepCounts(deleted=1)
    with pytest.raises(ObjectMissingError):
        world.data.read(name)


class KilledError(Exception):
    pass


class Dying:
    """A collaborator that is killed after one of its methods has done its work."""

    def __init__(self, inner: Any, method: str) -> None:
        self._inner, self._method = inner, method

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            getattr(self._inner, name)(*arguments, **options)
            raise KilledError

        return call if name == self._method else getattr(self._inner, name)


@pytest.mark.parametrize(
    ("collaborator", "method"), [("marks", "begin"), ("samples", "is_referenced"), ("data", "delete")]
)
def test_a_sweep_killed_anywhere_is_finished_after_its_lease(
    world: World, collaborator: str, method: str
) -> None:
    _one_marked_blob(world)
    with pytest.raises(KilledError):
        swept(world, **{collaborator: Dying(getattr(world, collaborator), method)})
    assert swept(world) == SweepCounts()  # the mark is held
    world.clock.pass_time(minutes=SWEEP_LEASE.total_seconds() / 60)
    assert swept(world) == SweepCounts(deleted=1)
    assert world.keys("data", world.scope.prefix) == []
    assert marked(world) is None


def test_a_deletion_does_not_hide_a_mark_that_is_being_swept(world: World) -> None:
    _one_marked_blob(world)
    (mark,) = world.marks.due(world.clock())
    held = world.marks.begin(mark, world.clock())
    assert held is not None
    with pytest.raises(ContentBusyError):
        world.marks.mark(mark)
    assert world.marks.begin(mark, world.clock()) is None  # one sweep at a time
    assert world.marks.begin(held, world.clock()) is None


def test_a_taker_takes_a_mark_over_whose_sweep_was_lost(world: World) -> None:
    _one_marked_blob(world)
    (mark,) = world.marks.due(world.clock())
    held = world.marks.begin(mark, world.clock())
    assert held is not None
    with pytest.raises(ContentBusyError):
        world.marks.take(world.scope, [DIGEST.hexdigest()], world.clock())
    world.clock.pass_time(minutes=SWEEP_LEASE.total_seconds() / 60 + 1)
    world.marks.take(world.scope, [DIGEST.hexdigest()], world.clock())
    assert marked(world) is None
    world.marks.end(held)  # the lost sweep comes back and finds nothing of its own


def _one_marked_blob(world: World) -> None:
    world.data.put(blob_key(world.scope, DIGEST.hexdigest()), BODY, content_type="image/png")
    world.data.put(thumbnail_key(world.scope, DIGEST.hexdigest()), BODY, content_type="image/jpeg")
    for mark in blob_marks(world.scope, [DIGEST.hexdigest()], world.clock()):
        world.marks.mark(mark)
    world.clock.pass_time(hours=GRACE.total_seconds() / 3600)


class Turns:
    """Lets two threads go on in a given order, one step of one of them at a time."""

    def __init__(self, order: str) -> None:
        self._order = list(order)
        self._gone: set[str] = set()
        self._changed = threading.Condition()

    def step(self, who: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._next() in (who, None), timeout=30)
            if self._order:
                self._order.pop(0)
            self._changed.notify_all()

    def leave(self, who: str) -> None:
        with self._changed:
            self._gone.add(who)
            self._changed.notify_all()

    def wait_for_leaving(self, who: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: who in self._gone, timeout=30)

    def _next(self) -> str | None:
        while self._order and self._order[0] in self._gone:
            self._order.pop(0)
        return self._order[0] if self._order else None


class Stepped:
    """A collaborator whose methods each wait for their turn."""

    def __init__(self, inner: Any, who: str, turns: Turns) -> None:
        self._inner, self._who, self._turns = inner, who, turns

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._inner, name)

        def call(*arguments: Any, **options: Any) -> Any:
            self._turns.step(self._who)
            return method(*arguments, **options)

        return call if callable(method) else method


class SteppedSamples(DynamoSampleRepository):
    """The real claim, cut into its two steps: the claim itself, and the look for marks."""

    def __init__(self, world: World, turns: Turns) -> None:
        bulk = bulk_writer(world.url, world.table.name)
        super().__init__(world.table, world.data, bulk=bulk, now=world.clock)
        self._marks = Stepped(world.marks, "T", turns)  # type: ignore[assignment]
        self._turns = turns

    def _claim_group(self, key: VersionKey, group: Any) -> set[int]:
        self._turns.step("T")
        return super()._claim_group(key, group)


def _orders() -> Iterator[str]:
    """All orders of four steps of the taker and five of the sweep."""
    for places in combinations(range(9), 4):
        yield "".join("T" if place in places else "S" for place in range(9))


@pytest.mark.slow
def test_no_order_of_a_sweep_and_an_import_loses_the_blob(world: World) -> None:
    for number, order in enumerate(_orders()):
        _one_marked_blob(world)
        key = world.dataset(f"taker {number}")
        turns = Turns(order)
        sweep = threading.Thread(target=_sweep, args=(world, turns))
        sweep.start()
        _take(world, key, turns)
        sweep.join()
        assert world.data.read(blob_key(world.scope, DIGEST.hexdigest())) == BODY, order
        mark = marked(world)
        assert mark is None or mark.state is MarkState.MARKED, order
        world.table.delete_item(Key=mark_key(world.scope, MarkKind.BLOB, DIGEST.hexdigest()))
        deleted(world, key)
        _forget_claims(world, key)


def _sweep(world: World, turns: Turns) -> None:
    try:
        swept(
            world,
            marks=Stepped(world.marks, "S", turns),
            samples=Stepped(world.samples, "S", turns),
            data=Stepped(world.data, "S", turns),
        )
    finally:
        turns.leave("S")


def _take(world: World, key: VersionKey, turns: Turns) -> None:
    """Claim, look for a mark, store; when a sweep is at the mark, come again as a message does."""
    samples = SteppedSamples(world, turns)
    claim = Claim(sha256=DIGEST.hexdigest(), sample_id=new_id(), import_id=1)
    try:
        while True:
            try:
                assert samples.claim(key, [claim])
                break
            except ContentBusyError:
                turns.leave("T")
                turns.wait_for_leaving("S")
        turns.step("T")
        world.data.put(blob_key(key.scope, claim.sha256), BODY, content_type="image/png")
    finally:
        turns.leave("T")


def _forget_claims(world: World, key: VersionKey) -> None:
    item = {
        "pk": f"content#{key.scope.key}#{DIGEST.hexdigest()[:2]}",
        "sk": f"{DIGEST.hexdigest()}#{key.dataset_id}#{key.version_number}",
    }
    world.table.delete_item(Key=item)
