"""Bulk operations: every sample of the filter once, whatever is killed, repeated or done beside them."""

from typing import Any

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.core.ids import new_id
from openbml.datasets.annotating.annotate import OnlineAnnotationError
from openbml.datasets.annotating.bulk_operations import (
    ActionKind,
    BulkAction,
    BulkOperation,
    OperationMessage,
    OperationState,
    OperationStateError,
    cancel_operation,
    start_operation,
)
from openbml.datasets.annotating.carry_out_operations import carry_out, resume_operations
from openbml.datasets.annotating.delete_samples import delete_sample
from openbml.datasets.annotating.edits import Author, Edit, LabelBusyError, LabelNotFoundError
from openbml.datasets.annotating.labels import LabelTakenError
from openbml.datasets.annotating.sample_search import SampleFilter
from openbml.datasets.datasets import OperationRunningError, VersionBusyError, VersionKey
from openbml.datasets.garbage.marks import GRACE
from openbml.datasets.samples import AnnotationSource, AnnotationState, SampleNotFoundError
from openbml_formats.annotations import Annotation, Box, Region
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.planting import assert_counts_are_right, classes, planted
from tests.contract.datasets.test_annotating_edits import in_state
from tests.contract.datasets.test_faults import Dying, Killed
from tests.fakes.datasets_archives import archive, labelled_pairs

EVERYTHING = SampleFilter()


def begun(
    world: World, key: VersionKey, action: BulkAction, wanted: SampleFilter = EVERYTHING, **replaced: Any
) -> BulkOperation:
    parts: dict[str, Any] = {
        "datasets": world.datasets,
        "labels": world.labels,
        "operations": world.operations,
        "queue": world.bulk,
        "new_id": new_id,
        "now": world.clock,
    }
    return start_operation(key, wanted, action, user_id=USER, **{**parts, **replaced})


def worked(world: World, message: OperationMessage, **replaced: Any) -> BulkOperation | None:
    parts: dict[str, Any] = {
        "datasets": world.datasets,
        "samples": world.samples,
        "index": world.index,
        "store": world.annotations,
        "operations": world.operations,
        "queue": world.bulk,
        "now": world.clock,
        "has_time": lambda: True,
    }
    return carry_out(message, **{**parts, **replaced})


def carried_out(world: World, **replaced: Any) -> None:
    while messages := world.bulk.taken():
        for message in messages:
            assert isinstance(message, OperationMessage)
            worked(world, message, **replaced)


def ended(world: World, operation: BulkOperation) -> BulkOperation:
    carried_out(world)
    return world.operations.get(operation.version_key, operation.operation_id)


def mixed(place: int) -> Annotation:
    labels = ["a"] * (place % 2) + ["b"] * (place % 3)
    return Annotation(
        regions=tuple(
            Region(label=label, box=Box(x1=row, y1=0, x2=row + 4, y2=4)) for row, label in enumerate(labels)
        )
    )


def test_a_renamed_label_stands_in_every_sample_and_keeps_its_remark(world: World) -> None:
    key = world.dataset(kind="object_detection")
    samples = planted(world, key, 120, mixed, chunk_size=50)
    world.labels.describe(key, "a", {"remark": "a part", "pinned": True})
    operation = begun(world, key, BulkAction(kind=ActionKind.RENAME_LABEL, label="a", new_label="z"))
    edit = Edit(sample_id=samples[0].sample_id, annotation=mixed(1))
    with pytest.raises(LabelBusyError):
        world.annotations.apply_edits(key, [edit], author=Author.human(1), during_import=None)
    with pytest.raises(OperationRunningError):
        begun(world, key, BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS))
    done = ended(world, operation)
    assert (done.state, done.matched, done.changed, done.chunks_done) == (OperationState.FINISHED, 60, 60, 3)
    with pytest.raises(LabelNotFoundError):
        world.labels.get(key, "a")
    new = world.labels.get(key, "z")
    assert (new.sample_count, new.remark, new.pinned, new.operation_id) == (60, "a part", True, None)
    first = world.samples.get(key, samples[1].sample_id)
    assert [region.label for region in (first.annotation or Annotation()).regions] == ["z", "b"]
    assert (first.annotation_source, first.operation_id) == (AnnotationSource.IMPORTED, done.operation_id)
    assert world.datasets.version(key).active_operation_id is None
    assert_counts_are_right(world, key, "label/a", "label/z")


def test_a_deleted_label_takes_its_annotations_with_it(world: World) -> None:
    key = world.dataset(kind="object_detection")
    planted(world, key, 30, mixed, chunk_size=20)
    done = ended(world, begun(world, key, BulkAction(kind=ActionKind.DELETE_LABEL, label="b")))
    assert (done.state, done.changed) == (OperationState.FINISHED, 20)
    assert [row.name for row in world.labels.all(key)] == ["a"]
    assert_counts_are_right(world, key, "label/b")


@pytest.mark.parametrize(
    ("kind", "action", "labels"),
    [
        ("image_classification_multi_label", BulkAction(kind=ActionKind.ADD_LABEL, label="x"), ["a", "x"]),
        ("image_classification", BulkAction(kind=ActionKind.SET_LABEL, label="x"), ["x"]),
        ("image_classification", BulkAction(kind=ActionKind.REMOVE_LABEL, label="a"), []),
        ("image_classification", BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS), []),
    ],
)
def test_an_action_changes_the_samples_of_its_filter_and_no_others(
    world: World, kind: str, action: BulkAction, labels: list[str]
) -> None:
    key = world.dataset(kind=kind)
    samples = planted(world, key, 24, lambda _place: classes("a"), chunk_size=10)
    wanted = SampleFilter(label="a", name="images/00001")
    done = ended(world, begun(world, key, action, wanted))
    assert (done.state, done.matched, done.changed) == (OperationState.FINISHED, 10, 10)
    now = world.samples.find(key.scope, [row.sample_id for row in samples])
    said = [now[row.sample_id].labels for row in samples]
    assert said == [["a"]] * 10 + [labels] * 10 + [["a"]] * 4
    assert_counts_are_right(world, key, "label/a", "label/x")


def test_deleted_samples_give_back_volume_claims_and_blobs(world: World) -> None:
    key = world.dataset()
    data_import = world.imported(key, archive(labelled_pairs(12)))
    room = world.imports.room(data_import)
    rows = world.samples.of_chunk(key.scope, world.samples.chunks(key)[0])
    delete_sample(
        key,
        rows[0].sample_id,
        user_id=USER,
        store=world.annotations,
        samples=world.samples,
    )
    with pytest.raises(SampleNotFoundError):
        world.samples.get(key, rows[0].sample_id)
    done = ended(world, begun(world, key, BulkAction(kind=ActionKind.DELETE_SAMPLES), SampleFilter(name="3")))
    assert done.state is OperationState.FINISHED
    gone = 1 + done.changed
    assert done.changed > 0
    assert world.imports.room(data_import) == room + gone
    assert world.current(data_import).removed == gone
    tomorrow = world.clock() + GRACE
    assert rows[0].sha256 in {mark.name for mark in world.marks.due(tomorrow)}
    assert not world.samples.is_referenced(key.scope, rows[0].sha256)
    version = world.datasets.version(key)
    left = world.samples.of_chunk(key.scope, world.samples.chunks(key)[0])
    assert version.sample_count == len(left) == 12 - gone
    assert_counts_are_right(world, key, *(f"label/{label}" for row in rows for label in row.labels))
    again = world.imported(key, archive(labelled_pairs(12)))
    assert (again.accepted, again.duplicate) == (gone, 12 - gone)
    assert list(world.marks.due(tomorrow)) == []


@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize(
    ("part", "method", "call"),
    [
        ("store", "apply_edits", 1),
        ("store", "apply_edits", 2),
        ("operations", "plan", 1),
        ("operations", "finish_chunk", 1),
        ("operations", "finish_chunk", 2),
        ("operations", "end", 1),
        ("queue", "send", 1),
    ],
)
def test_an_operation_killed_anywhere_ends_the_same_when_it_is_repeated(
    world: World, part: str, method: str, call: int, *, afterwards: bool
) -> None:
    key = world.dataset(kind="object_detection")
    planted(world, key, 100, mixed, chunk_size=60)
    operation = begun(world, key, BulkAction(kind=ActionKind.RENAME_LABEL, label="b", new_label="y"))
    inner = {"store": world.annotations, "operations": world.operations, "queue": world.bulk}[part]
    dying = {part: Dying(inner, method, call, afterwards=afterwards)}
    killed = 0
    while messages := world.bulk.taken():
        for message in messages:
            assert isinstance(message, OperationMessage)
            try:
                worked(world, message, **dying)
            except Killed:
                killed += 1
                worked(world, message)  # the queue delivers it again
    assert killed == 1
    if world.operations.get(key, operation.operation_id).state is not OperationState.FINISHED:
        world.clock.pass_time(minutes=31)
        resumed(world)
    done = ended(world, operation)
    assert (done.state, done.changed, done.matched) == (OperationState.FINISHED, 66, 66)
    assert {
        row.annotation_revision
        for chunk in world.samples.chunks(key)
        for row in world.samples.of_chunk(key.scope, chunk)
    } == {1, 2}
    assert_counts_are_right(world, key, "label/b", "label/y")


def resumed(world: World) -> int:
    return resume_operations(
        datasets=world.datasets,
        index=world.index,
        operations=world.operations,
        queue=world.bulk,
        now=world.clock,
    )


def test_an_operation_whose_message_was_never_sent_is_resumed(world: World) -> None:
    key = world.dataset()
    planted(world, key, 4, lambda _place: classes("a"))
    with pytest.raises(Killed):
        begun(
            world,
            key,
            BulkAction(kind=ActionKind.DELETE_LABEL, label="a"),
            queue=Dying(world.bulk, "send", 1, afterwards=False),
        )
    assert resumed(world) == 0
    world.clock.pass_time(minutes=31)
    assert resumed(world) == 1
    carried_out(world)
    assert world.labels.all(key) == []
    assert resumed(world) == 0


def test_a_cancelled_operation_stops_and_lets_go_of_version_and_label(world: World) -> None:
    key = world.dataset()
    planted(world, key, 100, lambda _place: classes("a"), chunk_size=50)
    operation = begun(world, key, BulkAction(kind=ActionKind.RENAME_LABEL, label="a", new_label="z"))
    worked(world, world.bulk.taken()[0])  # type: ignore[arg-type]
    first, second = world.bulk.taken()
    worked(world, first)  # type: ignore[arg-type]
    cancelled = cancel_operation(key, operation.operation_id, operations=world.operations, now=world.clock)
    assert cancelled.state is OperationState.CANCELLED
    worked(world, second)  # type: ignore[arg-type]
    assert {row.name: row.sample_count for row in world.labels.all(key)} == {"a": 50, "z": 50}
    assert world.labels.get(key, "a").operation_id is None
    assert_counts_are_right(world, key)
    finished = begun(world, key, BulkAction(kind=ActionKind.DELETE_LABEL, label="z"))
    carried_out(world)
    with pytest.raises(OperationStateError):
        cancel_operation(key, finished.operation_id, operations=world.operations, now=world.clock)


def test_people_who_edit_beside_an_operation_lose_nothing(world: World) -> None:
    key = world.dataset(kind="image_classification_multi_label")
    samples = planted(world, key, 45, lambda _place: classes("a"))
    begun(world, key, BulkAction(kind=ActionKind.ADD_LABEL, label="x"))
    worked(world, world.bulk.taken()[0])  # type: ignore[arg-type]

    class Meddling:
        """A store beside which somebody edits the first sample just before the first call."""

        meddled = False

        def apply_edits(self, *args: Any, **options: Any) -> Any:
            if not self.meddled:
                self.meddled = True
                edit = Edit(sample_id=samples[3].sample_id, annotation=classes("mine"), expected_revision=1)
                world.annotations.apply_edits(key, [edit], author=Author.human(9), during_import=None)
            return world.annotations.apply_edits(*args, **options)

    carried_out(world, store=Meddling())
    assert world.samples.get(key, samples[3].sample_id).labels == ["mine", "x"]
    assert_counts_are_right(world, key)


def test_actions_that_make_no_sense_are_refused_and_leave_nothing_behind(world: World) -> None:
    key = world.dataset("one")
    boxes = world.dataset("two", kind="object_detection")
    tags = world.dataset("three", kind="sequence_labelling", tag_scheme="IOB")
    for version, action, error in (
        (key, BulkAction(kind=ActionKind.ADD_LABEL, label="a"), InvalidRequestError),
        (key, BulkAction(kind=ActionKind.SET_LABEL), InvalidRequestError),
        (key, BulkAction(kind=ActionKind.SET_LABEL, label="no name"), InvalidRequestError),
        (key, BulkAction(kind=ActionKind.RENAME_LABEL, label="a", new_label="a"), InvalidRequestError),
        (key, BulkAction(kind=ActionKind.RENAME_LABEL, label="none", new_label="b"), LabelNotFoundError),
        (boxes, BulkAction(kind=ActionKind.SET_LABEL, label="a"), InvalidRequestError),
        (tags, BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS), OnlineAnnotationError),
    ):
        with pytest.raises(error):
            begun(world, version, action)
    planted(world, key, 2, lambda place: classes("ab"[place]))
    with pytest.raises(LabelTakenError):
        begun(world, key, BulkAction(kind=ActionKind.RENAME_LABEL, label="a", new_label="b"))
    in_state(world, key, "importing", 3)
    with pytest.raises(VersionBusyError):
        begun(world, key, BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS))
    assert world.datasets.version(key).active_operation_id is None
    assert world.bulk.taken() == []


def test_an_import_waits_for_a_running_operation(world: World) -> None:
    key = world.dataset()
    planted(world, key, 3, lambda _place: classes("a"))
    begun(world, key, BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS))
    with pytest.raises(OperationRunningError):
        world.uploaded(key, archive(labelled_pairs(2)))
    carried_out(world)
    unlabelled = SampleFilter(annotation_state=AnnotationState.UNLABELLED)
    assert (
        ended(world, begun(world, key, BulkAction(kind=ActionKind.DELETE_SAMPLES), unlabelled)).changed == 3
    )
    assert world.datasets.version(key).sample_count == 0
    assert world.imported(key, archive(labelled_pairs(2))).accepted == 2


def test_a_worker_without_time_leaves_the_rest_to_the_next(world: World) -> None:
    key = world.dataset()
    planted(world, key, 90, lambda _place: classes("a"))
    operation = begun(world, key, BulkAction(kind=ActionKind.CLEAR_ANNOTATIONS))
    worked(world, world.bulk.taken()[0])  # type: ignore[arg-type]
    rounds = 0
    while messages := world.bulk.taken():
        looks = iter([True, False])
        worked(world, messages[0], has_time=lambda looks=looks: next(looks))  # type: ignore[arg-type]
        rounds += 1
    done = world.operations.get(key, operation.operation_id)
    assert (done.state, done.changed, rounds) == (OperationState.FINISHED, 90, 3)
    assert_counts_are_right(world, key, "label/a")
