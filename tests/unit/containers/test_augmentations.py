"""Augmentation: copies that a seed decides, annotations that follow, originals as they were."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from openbml_catalog.datasets import dataset_kinds
from openbml_catalog.datasets.operators import OperatorUse, operators_for
from openbml_data import augmentations
from openbml_formats.annotations import Annotation, Box, Region, Span
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.derivations import DerivationResult
from openbml_formats.operators.operations import OperationError
from openbml_formats.planned import KnownContent, StoredFile
from tests.fakes.derivation_workspace import (
    LIMITS,
    MemoryWorkspace,
    image_workspace,
    order_of,
    text_workspace,
)
from tests.unit.containers.test_cleanings import jpeg, picture

BOXED = Annotation(regions=(Region(label="a", box=Box(x1=20, y1=30, x2=80, y2=90)),))


def augmented(
    workspace: MemoryWorkspace, *operations: Any, kind: str = "object_detection", **values: Any
) -> DerivationResult:
    listed = [one if isinstance(one, dict) else {"code": one} for one in operations]
    settings = {"operations": listed, "limits": LIMITS.model_dump(), **values}
    return augmentations.run(order_of(DataJobKind.AUGMENTATION, kind, settings), workspace)


def test_copies_come_beside_their_originals_and_boxes_stay_inside() -> None:
    workspace = image_workspace([(jpeg(picture(seed)), BOXED) for seed in range(4)])
    result = augmented(workspace, "mirror", "rotate", "crop", "jitter", copies=3)
    planned = workspace.planned()
    assert (result.read, result.unchanged, result.copies, result.samples) == (4, 4, 12, 16)
    assert len({sample.name for sample in planned}) == 16
    assert sum(isinstance(sample.content, KnownContent) for sample in planned) == 4
    for sample in planned:
        if not isinstance(sample.content, StoredFile):
            continue
        with Image.open(io.BytesIO(workspace.put[sample.content.key])) as image:
            for region in sample.annotation.regions if sample.annotation else ():
                assert region.box is not None
                assert 0 <= region.box.x1 < region.box.x2 <= image.width
                assert 0 <= region.box.y1 < region.box.y2 <= image.height


@pytest.mark.parametrize(
    "code",
    [
        operator.code
        for operator in operators_for(dataset_kinds()["object_detection"], OperatorUse.AUGMENTATION)
    ],
)
def test_a_seed_decides_every_operator_and_another_seed_gives_others(code: str) -> None:
    runs = []
    for seed in (1, 1, 2):
        workspace = image_workspace([(jpeg(picture()), BOXED)])
        augmented(workspace, code, copies=4, seed=seed)
        runs.append(workspace.put)
    assert runs[0] == runs[1]
    if code != "mirror":
        assert runs[0] != runs[2]


@given(mode=st.sampled_from(["L", "RGB", "RGBA", "P", "CMYK", "I;16"]), seed=st.integers(0, 50))
@settings(max_examples=25, deadline=None)
def test_every_kind_of_image_goes_through_all_operators(mode: str, seed: int) -> None:
    image = picture(seed)
    image = image.convert("I").convert("I;16") if mode == "I;16" else image.convert(mode)
    out = io.BytesIO()
    image.save(out, "JPEG" if mode == "CMYK" else "PNG")
    workspace = image_workspace([(out.getvalue(), BOXED)])
    kind = dataset_kinds()["object_detection"]
    codes = [operator.code for operator in operators_for(kind, OperatorUse.AUGMENTATION)]
    result = augmented(workspace, *codes, seed=seed)
    assert result.copies + sum(result.problem_counts.values()) >= 1


def test_a_copy_that_breaks_the_limits_is_not_made_and_told() -> None:
    workspace = image_workspace([(jpeg(picture(size=(40, 40))), None)])
    smaller = {"code": "scale", "parameters": {"min_factor": 0.1, "max_factor": 0.5}}
    result = augmented(workspace, smaller, copies=2, kind="image_classification")
    assert result.copies == 0
    assert result.problem_counts == {"image_sides": 2}
    assert len(workspace.planned()) == 1


def test_originals_can_be_left_out_and_labels_chosen() -> None:
    rows = [(jpeg(picture(seed)), Annotation(labels=(label,))) for seed, label in enumerate(["a", "b", "a"])]
    workspace = image_workspace(rows)
    result = augmented(
        workspace, "mirror", kind="image_classification", labels=["a"], keep_originals=False, copies=2
    )
    assert (result.read, result.dropped, result.copies) == (3, 3, 4)
    assert [sample.annotation for sample in workspace.planned()] == [Annotation(labels=("a",))] * 4


def test_damaged_images_have_no_copies_and_are_told() -> None:
    workspace = image_workspace([(b"nothing", None), (jpeg(picture()), None)])
    result = augmented(workspace, "blur", kind="image_classification")
    assert result.copies == 1
    assert result.problem_counts == {"image_type": 1}


def test_texts_are_changed_as_typing_errors_do_and_entities_are_left() -> None:
    span = Span(label="PER", start=4, end=8, text="Anna")
    workspace = text_workspace([(("see Anna tomorrow",), Annotation(spans=(span,)))])
    result = augmented(workspace, "delete_characters", "swap_characters", kind="entity_extraction", copies=5)
    assert result.copies == 5
    for sample in workspace.planned():
        assert sample.annotation is not None
        marked = sample.annotation.spans[0]
        assert sample.texts[0][marked.start : marked.end] == "Anna"


def test_a_text_that_nothing_can_change_has_no_copy() -> None:
    workspace = text_workspace([(("a",), Annotation(labels=("x",)))])
    result = augmented(workspace, "swap_characters", kind="text_classification")
    assert result.copies == 0
    assert result.problem_counts == {"copy_unchanged": 1}


def test_writing_is_not_mirrored() -> None:
    with pytest.raises(OperationError, match="Mirrored writing"):
        augmented(MemoryWorkspace([], {}), "mirror", kind="ocr")


def test_shards_are_cut_and_names_stay_apart() -> None:
    workspace = text_workspace([((f"text number {n}",), Annotation(labels=("x",))) for n in range(700)])
    result = augmented(workspace, "swap_characters", kind="text_classification", copies=2)
    assert result.shards == 3
    assert len({sample.name for sample in workspace.planned()}) == 2100


def test_a_picture_is_never_scaled_beyond_what_a_dataset_takes() -> None:
    workspace = image_workspace([(jpeg(Image.new("RGB", (2000, 1000), "red")), None)])
    larger = {"code": "scale", "parameters": {"min_factor": 4, "max_factor": 4}}
    result = augmented(workspace, larger, kind="image_classification")
    assert result.copies == 1
    stored = workspace.planned()[1].content
    assert isinstance(stored, StoredFile)
    with Image.open(io.BytesIO(workspace.put[stored.key])) as image:
        assert max(image.size) == 4095


def test_a_result_stays_small_enough_to_be_kept_with_its_job() -> None:
    rows = [(b"broken %d" % number, Annotation(labels=("a" * 20,))) for number in range(500)]
    result = augmented(image_workspace(rows), "mirror", kind="image_classification")
    assert result.problem_counts == {"image_type": 500}
    assert len(result.model_dump_json()) < 50_000
