"""Rules of annotating that need no store: effects of edits, wide edits, joined annotations, bits."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from openbml.datasets.annotating.annotate import joined
from openbml.datasets.annotating.bulk_operations import ActionKind, BulkAction
from openbml.datasets.annotating.carry_out_operations import changed_annotation
from openbml.datasets.annotating.edit_effects import Change, effects_of
from openbml.datasets.annotating.sample_search import ids_backwards, ids_of
from openbml.datasets.annotating.version_columns import ChunkColumns, Criteria, VersionColumns
from openbml.datasets.annotating.wide_edits import narrower
from openbml.datasets.sample_columns import columns_of, packed_columns, unpacked_columns
from openbml.datasets.samples import Sample, facets_of, sample_id_of
from openbml_formats.annotations import Annotation, Box, Region

LABELS = st.sampled_from([f"l{number}" for number in range(12)])
ANNOTATIONS = st.builds(
    lambda names: Annotation(
        regions=tuple(
            Region(label=name, box=Box(x1=place, y1=0, x2=place + 1, y2=1))
            for place, name in enumerate(names)
        )
    ),
    st.lists(LABELS, max_size=20),
)
BITS = st.dictionaries(st.integers(1, 6), st.integers(1, 2**20), max_size=4).map(
    lambda rows: dict(sorted(rows.items()))
)


def sample(sample_id: int, annotation: Annotation, name: str = "a.jpg", size_bytes: int = 10) -> Sample:
    return Sample(
        sample_id=sample_id, dataset_id=1, version_number=1, name=name, sha256="0" * 64, size_bytes=size_bytes
    ).annotated(annotation)


CHANGES = st.builds(
    lambda place, before, after: Change(
        sample(sample_id_of(3, place), before),
        sample(sample_id_of(3, place), after) if after is not None else None,
    ),
    st.integers(0, 1000),
    ANNOTATIONS,
    st.none() | ANNOTATIONS,
)


@given(st.lists(CHANGES, max_size=8, unique_by=lambda change: change.before.sample_id))
def test_effects_turn_index_and_counts_of_before_into_those_of_after(changes: list[Change]) -> None:
    effects = effects_of(changes)
    before = [change.before for change in changes]
    after = [change.after for change in changes if change.after]
    index = _index(before)
    for place, bits in effects.bits.items():
        index[place.facet] = bits.applied_to(index.get(place.facet, 0))
    assert {facet: row for facet, row in index.items() if row} == _index(after)
    samples, objects = _counts(before)
    for name, delta in effects.labels.items():
        samples[name] += delta.samples
        objects[name] += delta.objects
    assert (+samples, +objects) == _counts(after)
    assert effects.samples == len(after) - len(before)
    assert effects.labelled == sum(row.labelled for row in after) - sum(row.labelled for row in before)


def _index(samples: list[Sample]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row in samples:
        for facet in facets_of(row):
            rows[facet.key] = rows.get(facet.key, 0) | 1 << row.ordinal
    return rows


def _counts(samples: list[Sample]) -> tuple[Counter[str], Counter[str]]:
    carrying: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    for row in samples:
        carrying.update(row.label_counts.keys())
        objects.update(row.label_counts)
    return carrying, objects


@given(ANNOTATIONS, st.none() | ANNOTATIONS, st.integers(1, 4))
def test_steps_of_a_wide_edit_change_few_labels_each_and_arrive(
    before: Annotation, after: Annotation | None, most: int
) -> None:
    now = sample(1024, before)
    wanted = sample(1024, after) if after is not None else None
    target = wanted.label_counts if wanted else {}
    for _step in range(20):
        if now.label_counts == target:
            return
        edit = narrower(Change(now, wanted), now.annotation or Annotation(), most_labels=most)
        assert edit.annotation is not None
        following = now.annotated(edit.annotation)
        names = {*now.label_counts, *following.label_counts}
        changed = [name for name in names if now.label_counts.get(name) != following.label_counts.get(name)]
        assert 1 <= len(changed) <= most
        now = following
    raise AssertionError("the steps do not arrive")


@given(ANNOTATIONS, ANNOTATIONS)
def test_a_joined_annotation_says_what_both_say_and_joining_again_adds_nothing(
    old: Annotation, new: Annotation
) -> None:
    both = joined(old, new, several=True)
    assert both.regions[: len(old.regions)] == old.regions
    assert all(region in both.regions for region in new.regions)
    assert len(both.regions) <= len(old.regions) + len(new.regions)
    assert joined(both, new, several=True) == both


def test_a_label_appended_where_one_is_allowed_replaces_the_other() -> None:
    old, new = Annotation(labels=("a",)), Annotation(labels=("b",))
    assert joined(old, new, several=False).labels == ("b",)
    assert joined(old, Annotation(), several=False).labels == ("a",)
    assert joined(old, new, several=True).labels == ("a", "b")


@given(ANNOTATIONS)
def test_renaming_keeps_every_region_and_removing_takes_exactly_those_of_the_label(
    annotation: Annotation,
) -> None:
    renamed = changed_annotation(
        BulkAction(kind=ActionKind.RENAME_LABEL, label="l1", new_label="new"), annotation
    )
    assert [row.box for row in renamed.regions] == [row.box for row in annotation.regions]
    assert renamed.label_counts().get("new", 0) == annotation.label_counts().get("l1", 0)
    left = changed_annotation(BulkAction(kind=ActionKind.REMOVE_LABEL, label="l1"), annotation)
    assert left.regions == tuple(row for row in annotation.regions if row.label != "l1")


@given(BITS, st.integers(0, 30), st.none() | st.integers(0, 7 * 1024))
def test_ids_forward_and_backward_are_the_bits_in_order(
    bits: dict[int, int], skip: int, at: int | None
) -> None:
    ids = [
        sample_id_of(chunk, ordinal)
        for chunk, row in bits.items()
        for ordinal in range(21)
        if row >> ordinal & 1
    ]
    assert list(ids_of(bits, after=at, skip=skip)) == [row for row in ids if at is None or row > at][skip:]
    down = [row for row in reversed(ids) if at is None or row < at]
    assert list(ids_backwards(bits, before=at, skip=skip)) == down[skip:]


NAMES = st.text(st.sampled_from("aAbBßé/.0 "), min_size=1, max_size=5)


@given(st.lists(NAMES, min_size=1, max_size=12), NAMES, st.integers(0, 12))
def test_columns_survive_their_packing_and_find_names_whatever_the_case(
    names: list[str], part: str, least: int
) -> None:
    samples = [
        sample(sample_id_of(2, place * 3), Annotation(), name, size_bytes=place)
        for place, name in enumerate(names)
    ]
    columns = unpacked_columns(packed_columns(columns_of(samples)))
    chunk = ChunkColumns(2, columns)
    assert chunk.bits == sum(1 << row.ordinal for row in samples)
    whole = VersionColumns([chunk])
    bits = {2: chunk.bits}
    hits = [row for row in samples if part.casefold() in row.name.casefold() and row.size_bytes >= least]
    found = whole.matching(bits, Criteria(name=part.casefold(), smallest=least))
    assert list(ids_of(found)) == [row.sample_id for row in hits]
    ordered = sorted(samples, key=lambda row: (row.name.casefold(), row.sample_id))
    assert list(whole.by_name(bits, after=None, backwards=False)) == [row.sample_id for row in ordered]
