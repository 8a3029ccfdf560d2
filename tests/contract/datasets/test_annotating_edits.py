"""Edits of annotations: conflicts are told, counts stay right whoever edits beside whom."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbml.datasets.annotating.annotate import append_annotation, replace_annotation
from openbml.datasets.annotating.edits import (
    AnnotationConflictError,
    Author,
    Edit,
    EditStatus,
    LabelNotFoundError,
    TooManyLabelsError,
)
from openbml.datasets.datasets import (
    DatasetDeletingError,
    LabelCount,
    SmartLabellingRunningError,
    VersionBusyError,
    VersionKey,
)
from openbml.datasets.delete_datasets import delete_dataset
from openbml.datasets.limits import LABELS_PER_VERSION
from openbml.datasets.samples import AnnotationSource, AnnotationState, Facet
from openbml.datasets.tables_dynamodb import version_item_key
from openbml_formats.annotations import Annotation, Box, Region
from tests.contract.datasets.conftest import USER, World
from tests.contract.datasets.planting import assert_counts_are_right, classes, planted
from tests.fakes.datasets_archives import archive, labelled_pairs

ANNA, BERT = Author.human(1), Author.human(2)


def in_state(world: World, key: VersionKey, state: str, import_id: int = 0) -> None:
    world.table.update_item(
        Key=version_item_key(key),
        UpdateExpression="SET #state = :state, active_import_id = :id",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": state, ":id": import_id},
    )


def boxes(*labels: str) -> Annotation:
    return Annotation(
        regions=tuple(
            Region(label=label, box=Box(x1=place, y1=0, x2=place + 5, y2=5))
            for place, label in enumerate(labels)
        )
    )


def test_an_edit_moves_the_sample_between_the_lists_and_counts_it(world: World) -> None:
    key = world.dataset()
    sample = planted(world, key, 3)[1]
    edit = Edit(sample_id=sample.sample_id, annotation=classes("cat"), expected_revision=1)
    outcome = world.annotations.apply_edits(key, [edit], author=ANNA, during_import=None)[0]
    assert outcome.status is EditStatus.APPLIED
    kept = world.samples.get(key, sample.sample_id)
    assert outcome.sample == kept
    assert (kept.labels, kept.annotation_revision, kept.annotated_by) == (["cat"], 2, 1)
    assert kept.annotation_source is AnnotationSource.HUMAN
    labelled, _ = world.samples.page(key, Facet.state(AnnotationState.LABELLED), limit=9, position=None)
    assert [row.sample_id for row in labelled] == [sample.sample_id]
    assert world.datasets.version(key).revision == 1
    assert_counts_are_right(world, key, "label/cat")


def test_the_second_of_two_people_is_told_and_nothing_is_lost(world: World) -> None:
    key = world.dataset()
    sample_id = planted(world, key, 1)[0].sample_id
    options: dict[str, Any] = {
        "datasets": world.datasets,
        "samples": world.samples,
        "store": world.annotations,
    }
    replace_annotation(key, sample_id, classes("cat"), expected_revision=1, user_id=1, **options)
    with pytest.raises(AnnotationConflictError) as refused:
        replace_annotation(key, sample_id, classes("dog"), expected_revision=1, user_id=2, **options)
    details = refused.value.details
    assert (details["expected_revision"], details["current_revision"]) == (1, 2)
    assert details["changed_by"] == 1
    assert details["changed_at"]
    assert world.samples.get(key, sample_id).labels == ["cat"]
    assert_counts_are_right(world, key)


def test_counts_equal_a_recount_after_eight_people_edited_the_same_samples(world: World) -> None:
    key = world.dataset()
    ids = [
        row.sample_id for row in planted(world, key, 12, lambda place: boxes("a") if place % 2 else boxes())
    ]

    def edit(person: int) -> int:
        chance = random.Random(person)
        applied = 0
        for _ in range(12):
            sample_id = chance.choice(ids)
            labels = chance.choices(["a", "b", "c", "d"], k=chance.randrange(4))
            revision = world.samples.get(key, sample_id).annotation_revision
            change = Edit(sample_id=sample_id, annotation=boxes(*labels), expected_revision=revision)
            outcome = world.annotations.apply_edits(
                key, [change], author=Author.human(person), during_import=None
            )[0]
            applied += outcome.status is EditStatus.APPLIED
        return applied

    with ThreadPoolExecutor(8) as people:
        applied = sum(people.map(edit, range(8)))
    assert applied > 8
    assert_counts_are_right(world, key, "label/a", "label/b", "label/c", "label/d")
    revisions = sum(world.samples.get(key, sample_id).annotation_revision - 1 for sample_id in ids)
    assert revisions == applied


def test_many_samples_are_edited_in_few_transactions_and_conflicts_leave_the_others(world: World) -> None:
    key = world.dataset()
    samples = planted(world, key, 150, chunk_size=100)
    edits = [
        Edit(sample_id=row.sample_id, annotation=classes(f"l{place % 7}"), expected_revision=1 + (place == 5))
        for place, row in enumerate(samples)
    ]
    edits.append(Edit(sample_id=999, annotation=classes("l0")))
    outcomes = world.annotations.apply_edits(key, edits, author=ANNA, during_import=None)
    assert [row.edit for row in outcomes] == edits
    assert [row.status for row in outcomes].count(EditStatus.APPLIED) == 149
    assert (outcomes[5].status, outcomes[-1].status) == (EditStatus.CONFLICT, EditStatus.MISSING)
    assert world.datasets.version(key).revision < 12
    assert_counts_are_right(world, key)


def test_an_import_overwrites_annotations_once_however_often_it_repeats(world: World) -> None:
    key = world.dataset()
    samples = planted(world, key, 5, lambda _place: classes("old"))
    in_state(world, key, "importing", 77)
    edits = [
        Edit(sample_id=row.sample_id, annotation=classes("new"), edit_id=f"77/{place}")
        for place, row in enumerate(samples)
    ]
    for status in (EditStatus.APPLIED, EditStatus.REPEATED):
        outcomes = world.annotations.apply_edits(key, edits, author=Author.importing(), during_import=77)
        assert {row.status for row in outcomes} == {status}
    assert {world.samples.get(key, row.sample_id).annotation_revision for row in samples} == {2}
    assert_counts_are_right(world, key, "label/old", "label/new")
    stranger = edits[0].model_copy(update={"edit_id": "78/0", "annotation": classes("other")})
    with pytest.raises(VersionBusyError):
        world.annotations.apply_edits(key, [stranger], author=Author.importing(), during_import=78)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("importing", VersionBusyError),
        ("smart_labelling", SmartLabellingRunningError),
        ("deleting", DatasetDeletingError),
    ],
)
def test_a_version_that_somebody_holds_takes_no_edits(
    world: World, state: str, error: type[Exception]
) -> None:
    key = world.dataset()
    sample = planted(world, key, 1)[0]
    in_state(world, key, state, 5)
    edit = Edit(sample_id=sample.sample_id, annotation=classes("cat"))
    with pytest.raises(error):
        world.annotations.apply_edits(key, [edit], author=ANNA, during_import=None)
    assert world.samples.get(key, sample.sample_id).annotation_revision == 1


def test_unknown_labels_are_refused_where_they_must_not_be_made(world: World) -> None:
    key = world.dataset()
    sample = planted(world, key, 1)[0]
    edit = Edit(sample_id=sample.sample_id, annotation=classes("cat"))
    with pytest.raises(LabelNotFoundError):
        world.annotations.apply_edits(key, [edit], author=ANNA, during_import=None, create_labels=False)
    assert_counts_are_right(world, key, "label/cat")


def test_an_edit_of_more_labels_than_a_transaction_takes_arrives_whole(world: World) -> None:
    key = world.dataset()
    many = boxes(*(f"l{number:03}" for number in range(200)))
    sample = planted(world, key, 1)[0]
    for annotation in (many, boxes(*(f"m{number:03}" for number in range(90))), boxes()):
        edit = Edit(sample_id=sample.sample_id, annotation=annotation)
        outcome = world.annotations.apply_edits(key, [edit], author=BERT, during_import=None)[0]
        assert outcome.status is EditStatus.APPLIED
        assert world.samples.get(key, sample.sample_id).annotation == annotation
        assert_counts_are_right(world, key, "label/l000", "label/l199", "label/m000")


def test_appending_people_do_not_disturb_each_other(world: World) -> None:
    key = world.dataset("boxes", kind="object_detection")
    sample_id = planted(world, key, 1)[0].sample_id

    def append(person: int) -> None:
        region = Region(label=f"p{person}", box=Box(x1=person, y1=1, x2=person + 9, y2=9))
        append_annotation(
            key,
            sample_id,
            Annotation(regions=(region,)),
            user_id=USER + person,
            datasets=world.datasets,
            samples=world.samples,
            store=world.annotations,
        )

    with ThreadPoolExecutor(4) as people:
        list(people.map(append, range(4)))
    assert sorted(world.samples.get(key, sample_id).labels) == ["p0", "p1", "p2", "p3"]
    assert_counts_are_right(world, key)


def test_labels_beyond_the_limit_are_refused_whoever_made_the_others(world: World) -> None:
    key = world.dataset()
    world.imported(key, archive(labelled_pairs(12)))
    version = world.table.get_item(Key=version_item_key(key))["Item"]
    assert version["label_count"] == len(world.labels.all(key))
    world.table.update_item(
        Key=version_item_key(key),
        UpdateExpression="SET label_count = :almost",
        ExpressionAttributeValues={":almost": LABELS_PER_VERSION - 1},
    )
    first, second, *_ = world.samples.of_chunk(key.scope, world.samples.chunks(key)[0])
    last = Edit(sample_id=first.sample_id, annotation=classes("last"))
    world.annotations.apply_edits(key, [last], author=ANNA, during_import=None)
    more = Edit(sample_id=second.sample_id, annotation=classes("more"))
    with pytest.raises(TooManyLabelsError):
        world.annotations.apply_edits(key, [more], author=ANNA, during_import=None)
    with pytest.raises(TooManyLabelsError):
        world.labels.ensure(key, [LabelCount(name="more")])
    known = more.model_copy(update={"annotation": classes("last")})
    assert world.annotations.apply_edits(key, [known], author=ANNA, during_import=None)[0].sample
    assert_counts_are_right(world, key)


def test_two_edits_of_one_sample_in_one_call_come_one_after_the_other(world: World) -> None:
    key = world.dataset()
    sample_id = planted(world, key, 1)[0].sample_id
    edits = [Edit(sample_id=sample_id, annotation=classes(name)) for name in ("a", "b", "a")]
    world.annotations.apply_edits(key, edits, author=ANNA, during_import=None)
    assert world.samples.get(key, sample_id).annotation_revision == 4
    assert_counts_are_right(world, key, "label/b")


def test_large_annotations_lie_by_themselves_and_many_do_not_burst_a_transaction(world: World) -> None:
    key = world.dataset(kind="object_detection")
    samples = planted(world, key, 45)
    chance = random.Random(1)
    rings = [
        tuple((chance.random() * 600, chance.random() * 400) for _corner in range(1_100)) for _ in range(2)
    ]
    large = [Annotation(regions=(Region(label="a", polygons=(ring,)),)) for ring in rings]
    for annotation in large:
        edits = [Edit(sample_id=row.sample_id, annotation=annotation) for row in samples]
        outcomes = world.annotations.apply_edits(key, edits, author=ANNA, during_import=None)
        assert {row.status for row in outcomes} == {EditStatus.APPLIED}
    huge = Annotation(regions=tuple(region for row in large for region in row.regions) * 2)
    edit = Edit(sample_id=samples[0].sample_id, annotation=huge, expected_revision=3)
    world.annotations.apply_edits(key, [edit], author=ANNA, during_import=None)
    kept = world.samples.get(key, samples[0].sample_id)
    assert world.samples.annotation_of(key.scope, kept) == huge
    back = Edit(sample_id=samples[0].sample_id, annotation=large[0], expected_revision=4)
    world.annotations.apply_edits(key, [back], author=ANNA, during_import=None)
    said = [world.history.annotation(key.scope, samples[0].sample_id, number) for number in (2, 3, 4)]
    assert said == [*large, huge]
    assert_counts_are_right(world, key)


def test_large_annotations_go_with_their_dataset(world: World) -> None:
    key = world.dataset(kind="object_detection")
    image = labelled_pairs(1)[0]
    world.imported(key, archive([image]), format_code="images")
    (sample,), _ = world.samples.page(key, Facet.everything(), limit=9, position=None)
    chance = random.Random(1)
    ring = tuple((chance.random() * 60, chance.random() * 60) for _corner in range(6_000))
    annotation = Annotation(regions=(Region(label="a", polygons=(ring,)),))
    edit = Edit(sample_id=sample.sample_id, annotation=annotation)
    world.annotations.apply_edits(key, [edit], author=ANNA, during_import=None)
    assert world.keys("data", f"{key.scope.prefix}annotations/")
    delete_dataset(key.scope, key.dataset_id, datasets=world.datasets, deletions=world.deletions)
    world.deletions_carried_out()
    assert world.keys("data", f"{key.scope.prefix}annotations/") == []
