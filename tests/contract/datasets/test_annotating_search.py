"""Lists of samples: filters together, order, places, pages that hold still while others edit; the feed."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.datasets.annotating.edits import Author, Edit
from openbml.datasets.annotating.sample_feed import leased_neighbour, neighbour
from openbml.datasets.annotating.sample_index_dynamodb import DynamoSampleIndex
from openbml.datasets.annotating.sample_search import SampleFilter, SampleOrder, find_samples
from openbml.datasets.datasets import VersionKey
from openbml.datasets.sample_items_dynamodb import bitmap, index_key, sample_item
from openbml.datasets.samples import AnnotationSource, AnnotationState, Facet, Sample
from openbml.datasets.tables_dynamodb import version_item_key
from openbml_formats.annotations import Annotation
from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import classes, planted

HUMAN = Author.human(1)
LETTERS = [chr(code) for code in range(0x4E00, 0x9000)]
EVERYTHING = SampleFilter()


def third_a(place: int) -> Annotation:
    return classes("a") if place % 3 == 0 else classes("b") if place % 3 == 1 else Annotation()


def found(
    world: World, key: VersionKey, wanted: SampleFilter, *, limit: int = 7, **options: object
) -> list[int]:
    """Walk all pages and return the ids."""
    ids: list[int] = []
    position = None
    while True:
        page = find_samples(
            world.datasets.version(key),
            wanted,
            limit=limit,
            position=position,
            index=world.index,
            **options,  # type: ignore[arg-type]
        )
        ids += page.sample_ids
        position = page.following
        if position is None:
            assert page.total >= len(ids)
            return ids


def matches(sample: Sample, wanted: SampleFilter) -> bool:
    state = AnnotationState.LABELLED if sample.labelled else AnnotationState.UNLABELLED
    assert sample.added_at is not None
    return all(
        [
            wanted.label is None or wanted.label in sample.labels,
            wanted.annotation_state in (None, state),
            wanted.annotation_source is None
            or (sample.labelled and sample.annotation_source is wanted.annotation_source),
            wanted.name is None or wanted.name.casefold() in sample.name.casefold(),
            wanted.name_prefix is None or sample.name.casefold().startswith(wanted.name_prefix.casefold()),
            wanted.min_size_bytes is None or sample.size_bytes >= wanted.min_size_bytes,
            wanted.max_size_bytes is None or sample.size_bytes <= wanted.max_size_bytes,
            wanted.added_after is None or sample.added_at >= wanted.added_after,
            wanted.added_before is None or sample.added_at <= wanted.added_before,
        ]
    )


@pytest.fixture
def filled(world: World) -> tuple[VersionKey, list[Sample]]:
    key = world.dataset()
    samples = planted(world, key, 60, third_a, chunk_size=17)
    edits = [
        Edit(sample_id=row.sample_id, annotation=classes("b" if place % 2 else "a"))
        for place, row in enumerate(samples)
        if place % 5 == 0
    ]
    world.annotations.apply_edits(key, edits, author=HUMAN, during_import=None)
    gone = [Edit(sample_id=row.sample_id, annotation=None) for row in samples[7:60:13]]
    world.annotations.apply_edits(key, gone, author=HUMAN, during_import=None)
    return key, list(world.samples.find(key.scope, [row.sample_id for row in samples]).values())


def test_any_filters_together_find_what_a_look_at_every_sample_finds(
    world: World, filled: tuple[VersionKey, list[Sample]]
) -> None:
    key, samples = filled
    times = sorted(row.added_at for row in samples if row.added_at)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.builds(
            SampleFilter,
            label=st.sampled_from([None, None, "a", "b", "nobody's"]),
            annotation_state=st.sampled_from([None, *AnnotationState]),
            annotation_source=st.sampled_from([None, None, *AnnotationSource]),
            name=st.sampled_from([None, None, "1", "IMAGES/", "0003", "2.jpg", "nothing"]),
            name_prefix=st.sampled_from([None, None, "images/00001", "Im", "x"]),
            min_size_bytes=st.sampled_from([None, None, 1000, 1017, 1040, 2000]),
            max_size_bytes=st.sampled_from([None, None, 999, 1016, 1050]),
            added_after=st.sampled_from([None, None, times[10], times[-1] + timedelta(days=1)]),
            added_before=st.sampled_from([None, None, times[40]]),
        ),
        st.sampled_from(list(SampleOrder)),
    )
    def holds(wanted: SampleFilter, order: SampleOrder) -> None:
        unlabelled = wanted.annotation_state is AnnotationState.UNLABELLED
        if unlabelled and (wanted.label or wanted.annotation_source):
            with pytest.raises(InvalidRequestError):
                found(world, key, wanted)
            return
        hits = [row for row in samples if matches(row, wanted)]
        hits.sort(key=lambda row: (row.name.casefold() if order.by_name else "", row.sample_id))
        if order.backwards:
            hits.reverse()
        ids = [row.sample_id for row in hits]
        assert found(world, key, wanted, order=order) == ids
        page = find_samples(
            world.datasets.version(key), wanted, order=order, limit=5, offset=4, index=world.index
        )
        assert (list(page.sample_ids), page.total) == (ids[4:9], len(ids))

    holds()


def test_pages_hold_still_while_others_edit_and_delete(
    world: World, filled: tuple[VersionKey, list[Sample]]
) -> None:
    key, _samples = filled
    unlabelled = SampleFilter(annotation_state=AnnotationState.UNLABELLED)
    before = found(world, key, unlabelled, limit=100)
    version = world.datasets.version(key)
    first = find_samples(version, unlabelled, limit=4, index=world.index)
    edits = [
        Edit(sample_id=first.sample_ids[1], annotation=classes("a")),
        Edit(sample_id=first.sample_ids[3], annotation=None),
        Edit(sample_id=before[6], annotation=classes("a")),
    ]
    world.annotations.apply_edits(key, edits, author=HUMAN, during_import=None)
    rest = find_samples(
        world.datasets.version(key), unlabelled, limit=100, position=first.following, index=world.index
    )
    assert list(rest.sample_ids) == [row for row in before[4:] if row != before[6]]


def test_the_feed_gives_two_people_two_samples_until_the_lease_runs_out(world: World) -> None:
    key = world.dataset()
    ids = [row.sample_id for row in planted(world, key, 3)]
    unlabelled = SampleFilter(annotation_state=AnnotationState.UNLABELLED)

    def leased(user_id: int, beside: int | None = None) -> int | None:
        sample = leased_neighbour(
            world.datasets.version(key),
            unlabelled,
            beside=beside,
            backwards=False,
            user_id=user_id,
            index=world.index,
            samples=world.samples,
            leases=world.leases,
            now=world.clock,
        )
        return sample.sample_id if sample else None

    assert [leased(1), leased(2), leased(1), leased(3), leased(4)] == [ids[0], ids[1], ids[0], ids[2], None]
    world.leases.give_back(key, ids[1], user_id=9)
    world.leases.give_back(key, ids[1], user_id=2)
    assert leased(4) == ids[1]
    world.clock.pass_time(seconds=121)
    assert leased(5) == ids[0]


def test_the_feed_walks_forward_and_back_past_what_is_done(world: World) -> None:
    key = world.dataset()
    ids = [row.sample_id for row in planted(world, key, 5, chunk_size=2)]
    done = [Edit(sample_id=ids[2], annotation=classes("a"))]
    world.annotations.apply_edits(key, done, author=HUMAN, during_import=None)
    unlabelled = SampleFilter(annotation_state=AnnotationState.UNLABELLED)

    def beside(sample_id: int | None, *, backwards: bool = False) -> int | None:
        sample = neighbour(
            world.datasets.version(key),
            unlabelled,
            beside=sample_id,
            backwards=backwards,
            index=world.index,
            samples=world.samples,
        )
        return sample.sample_id if sample else None

    assert [beside(None), beside(ids[1]), beside(ids[2]), beside(ids[4])] == [ids[0], ids[3], ids[3], None]
    assert [beside(ids[3], backwards=True), beside(ids[0], backwards=True)] == [ids[1], None]
    assert beside(None, backwards=True) == ids[4]


def test_samples_that_come_singly_are_found_at_once(world: World) -> None:
    key = world.dataset()
    samples = planted(world, key, 4)
    assert len(found(world, key, SampleFilter(name="images"))) == 4
    late = [row.model_copy(update={"sample_id": row.sample_id + 10, "name": "late.jpg"}) for row in samples]
    for row in late:
        world.table.put_item(Item=sample_item(key.scope, row, world.data))
        world.table.put_item(
            Item={
                **index_key(key, Facet.everything().key, row.chunk),
                "ordinals": bitmap([sample.ordinal for sample in (*samples, *late)]),
            }
        )
        world.table.update_item(
            Key=version_item_key(key),
            UpdateExpression="ADD revision :one",
            ExpressionAttributeValues={":one": 1},
        )
    ids = [row.sample_id for row in late]
    assert found(world, key, SampleFilter(name="LATE")) == ids
    world.index = DynamoSampleIndex(world.table, world.data)
    assert found(world, key, SampleFilter(name="late"), order=SampleOrder.NAME) == ids


def test_columns_of_long_names_lie_by_themselves_and_go_with_their_chunk(world: World) -> None:
    key = world.dataset()
    samples = planted(world, key, 1)
    chance = random.Random(1)
    rows = [
        samples[0].model_copy(
            update={
                "sample_id": samples[0].sample_id + place,
                "name": "".join(chance.choices(LETTERS, k=390)),
            }
        )
        for place in range(600)
    ]
    world.samples.add_chunk(key, samples[0].chunk, rows)
    assert world.keys("data", f"{key.scope.prefix}columns/")
    assert found(world, key, SampleFilter(name=rows[500].name[100:120])) == [rows[500].sample_id]
    world.samples.remove_chunk(key, samples[0].chunk, rows)
    world.samples.remove_chunk(key, samples[0].chunk, rows)
    assert not world.keys("data", f"{key.scope.prefix}columns/")
