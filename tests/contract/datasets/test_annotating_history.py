"""The history of annotations: any sequence of edits and restores equals a model in memory."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml.core.ids import new_id
from openbml.datasets.annotating.edits import Author, Edit, EditStatus
from openbml.datasets.annotating.history import (
    RevisionNotFoundError,
    annotation_at,
    restore_revision,
    revisions,
)
from openbml.datasets.datasets import VersionKey
from openbml_formats.annotations import Annotation, Box, Region
from tests.contract.datasets.conftest import World
from tests.contract.datasets.planting import assert_counts_are_right, planted

LABELS = st.sampled_from(["a", "b", "c"])
BOXES = st.lists(
    st.builds(
        Region,
        label=LABELS,
        box=st.builds(
            Box, x1=st.integers(0, 9), y1=st.just(0), x2=st.integers(10, 20), y2=st.floats(5, 9, width=16)
        ),
    ),
    max_size=4,
)
ANNOTATIONS = st.builds(lambda regions: Annotation(regions=tuple(regions)), BOXES)
STEPS = st.lists(st.tuples(st.integers(0, 1), st.one_of(ANNOTATIONS, st.integers(1, 6))), max_size=8)


def listed(world: World, key: VersionKey, sample_id: int, limit: int) -> list[int]:
    found: list[int] = []
    position = None
    while True:
        page, position = revisions(
            key, sample_id, limit=limit, position=position, samples=world.samples, history=world.history
        )
        assert len(page) <= limit
        found += [row.revision for row in page]
        if position is None:
            return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_edits_and_restores_equal_a_model_in_memory(
    world: World, steps: list[tuple[int, Annotation | int]]
) -> None:
    key = world.dataset(f"boxes {new_id()}", kind="object_detection")
    ids = [row.sample_id for row in planted(world, key, 2)]
    model = {sample_id: [Annotation()] for sample_id in ids}
    for place, step in steps:
        past = model[ids[place]]
        if isinstance(step, int):
            _restored(world, key, ids[place], step, past)
        else:
            edit = Edit(sample_id=ids[place], annotation=step, expected_revision=len(past))
            done = world.annotations.apply_edits(key, [edit], author=Author.human(1), during_import=None)[0]
            if done.status is EditStatus.APPLIED:
                past.append(step)
            else:
                assert (done.status, past[-1]) == (EditStatus.UNCHANGED, step)
    for sample_id, past in model.items():
        numbers = list(range(len(past), 0, -1))
        assert listed(world, key, sample_id, limit=3) == numbers
        said = [
            annotation_at(key, sample_id, number, samples=world.samples, history=world.history)
            for number in numbers
        ]
        assert said == past[::-1]
    assert_counts_are_right(world, key, "label/a", "label/b", "label/c")


def _restored(world: World, key: VersionKey, sample_id: int, revision: int, past: list[Annotation]) -> None:
    options: dict[str, Any] = {
        "datasets": world.datasets,
        "samples": world.samples,
        "history": world.history,
        "store": world.annotations,
    }
    if revision > len(past):
        with pytest.raises(RevisionNotFoundError):
            restore_revision(key, sample_id, revision, expected_revision=len(past), user_id=3, **options)
        return
    done = restore_revision(key, sample_id, revision, expected_revision=len(past), user_id=3, **options)
    if done.sample.annotation_revision > len(past):
        past.append(past[revision - 1])
    assert done.sample.annotation == past[revision - 1]
