"""Cleaning: what goes, what changes, what stays by reference, and that all of it is told."""

import io
import random
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from openbml_data import cleanings
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

LABELLED = Annotation(labels=("cat",))


def picture(seed: int = 1, size: tuple[int, int] = (160, 120)) -> Image.Image:
    rng = random.Random(seed)
    image = Image.new("RGB", size, (90, 110, 130))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        colour = tuple(rng.randrange(256) for _ in range(3))
        draw.rectangle((x, y, x + rng.randrange(5, 60), y + rng.randrange(5, 60)), fill=colour)
    return image


def jpeg(image: Image.Image, quality: int = 90, **settings: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **settings)
    return out.getvalue()


def cleaned(
    workspace: MemoryWorkspace, *operations: Any, kind: str = "image_classification"
) -> DerivationResult:
    listed = [one if isinstance(one, dict) else {"code": one} for one in operations]
    settings = {"operations": listed, "limits": LIMITS.model_dump()}
    return cleanings.run(order_of(DataJobKind.CLEANING, kind, settings), workspace)


def counts_of(result: DerivationResult) -> tuple[int, int, int, int]:
    return result.read, result.unchanged, result.changed, result.dropped


@pytest.mark.parametrize(
    ("code", "bad", "reason"),
    [
        ("remove_dark", picture().point(lambda level: level / 8), "image_dark"),
        ("remove_bright", picture().point(lambda level: 225 + level / 9), "image_bright"),
        ("remove_blurred", picture().filter(ImageFilter.GaussianBlur(6)), "image_blurred"),
        ("remove_small", picture(size=(60, 60)), "image_small"),
    ],
)
def test_a_filter_drops_its_images_with_a_reason_and_keeps_the_others(
    code: str, bad: Image.Image, reason: str
) -> None:
    workspace = image_workspace([(jpeg(picture(2)), LABELLED), (jpeg(bad), LABELLED)])
    result = cleaned(workspace, code)
    assert counts_of(result) == (2, 1, 0, 1)
    assert result.problem_counts == {reason: 1}
    assert [sample.name for sample in workspace.planned()] == ["1.jpg"]
    assert isinstance(workspace.planned()[0].content, KnownContent)


def test_of_similar_images_the_labelled_one_stays_wherever_it_stands() -> None:
    image = picture()
    copies = [
        (jpeg(image, 40), None),
        (jpeg(image.resize((80, 60))), None),
        (jpeg(image), LABELLED),
        (jpeg(picture(9)), None),
    ]
    workspace = image_workspace(copies)
    result = cleaned(workspace, "remove_similar")
    assert [sample.name for sample in workspace.planned()] == ["3.jpg", "4.jpg"]
    assert result.dropped == 2
    assert "looks like 3.jpg" in result.problems[0].message


def test_borders_are_cropped_and_boxes_move_along() -> None:
    framed = Image.new("RGB", (200, 160), "black")
    framed.paste(picture(), (20, 30))
    box = Annotation(regions=(Region(label="a", box=Box(x1=30, y1=40, x2=60, y2=70)),))
    workspace = image_workspace([(jpeg(framed, 100, subsampling=0), box)])
    result = cleaned(workspace, "crop_borders", kind="object_detection")
    assert counts_of(result) == (1, 0, 1, 0)
    sample = workspace.planned()[0]
    assert isinstance(sample.content, StoredFile)
    assert sample.annotation is not None
    moved = sample.annotation.regions[0].box
    assert moved is not None
    assert (moved.x1, moved.y1) == pytest.approx((10, 10), abs=1.01)
    with Image.open(io.BytesIO(workspace.put[sample.content.key])) as image:
        assert image.size[0] == pytest.approx(160, abs=2)


def test_an_image_with_an_orientation_tag_is_written_upright_and_others_stay_by_reference() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    workspace = image_workspace([(jpeg(picture(), exif=exif), None), (jpeg(picture(2)), None)])
    result = cleaned(workspace, "turn_upright")
    assert counts_of(result) == (2, 1, 1, 0)
    stored = workspace.planned()[0].content
    assert isinstance(stored, StoredFile)
    with Image.open(io.BytesIO(workspace.put[stored.key])) as image:
        assert image.size == (120, 160)
        assert 0x0112 not in image.getexif()


def test_damaged_images_are_dropped_and_told_whatever_the_operation() -> None:
    whole = jpeg(picture())
    broken = [whole[: len(whole) // 2], b"", b"\xff\xd8\xff", b"GIF89a", bytes(100)]
    for code in ("remove_dark", "denoise"):
        workspace = image_workspace([(data, None) for data in broken])
        result = cleaned(workspace, code)
        assert result.dropped == len(broken)
        assert set(result.problem_counts) <= {"image_damaged", "image_type"}
        assert workspace.planned() == []


def test_a_change_that_the_limits_forbid_leaves_the_sample_as_it_was() -> None:
    framed = Image.new("RGB", (400, 400), "black")
    framed.paste(picture(size=(300, 60)), (50, 170))
    workspace = image_workspace([(jpeg(framed, 100, subsampling=0), LABELLED)])
    result = cleaned(workspace, "crop_borders")
    assert counts_of(result) == (1, 1, 0, 0)
    assert result.problem_counts == {"image_sides": 1}
    assert isinstance(workspace.planned()[0].content, KnownContent)


def test_texts_are_cleaned_in_order_and_entities_follow() -> None:
    text = "<b>Ａnna</b>  lives at http://x.y"
    span = Span(label="PER", start=3, end=7, text="Ａnna")
    workspace = text_workspace([((text,), Annotation(spans=(span,)))])
    operations = ("strip_markup", "narrow_characters", "remove_urls", "trim_blanks")
    cleaned(workspace, *operations, kind="entity_extraction")
    sample = workspace.planned()[0]
    assert sample.texts == ("Anna lives at",)
    assert sample.annotation == Annotation(spans=(Span(label="PER", start=0, end=4, text="Anna"),))


def test_repeated_texts_go_and_empty_ones_do_too() -> None:
    rows = [(("Hello World",), Annotation()), (("hello, world!",), LABELLED), (("www.a.b",), LABELLED)]
    workspace = text_workspace(rows)
    result = cleaned(workspace, "remove_urls", "remove_duplicates", kind="text_classification")
    assert [sample.texts for sample in workspace.planned()] == [("hello, world!",)]
    assert result.problem_counts == {"text_duplicate": 1, "text_empty": 1}


def test_tokens_keep_their_number() -> None:
    workspace = text_workspace([(("Ａ", "１２", "　"), Annotation(tags=("O", "O", "O")))])
    cleaned(workspace, "narrow_characters", kind="sequence_labelling")
    assert workspace.planned()[0].texts == ("A", "12", "　")


@pytest.mark.parametrize(
    ("kind", "operation", "message"),
    [
        ("sequence_labelling", {"code": "strip_markup"}, "Tokens of a sequence"),
        ("text_classification", {"code": "remove_dark"}, "takes image, not text"),
        ("image_classification", {"code": "mirror"}, "no operator of cleaning"),
        ("image_classification", {"code": "remove_dark", "parameters": {"threshold": 0}}, "must be 1 to 254"),
        ("image_classification", {"code": "remove_dark", "parameters": {"threshold": True}}, "whole number"),
        (
            "image_classification",
            {"code": "remove_dark", "parameters": {"level": 3}},
            "not one of its parameters",
        ),
        (
            "text_classification",
            {"code": "filter_length", "parameters": {"min_length": 9, "max_length": 3}},
            "above",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(kind: str, operation: Any, message: str) -> None:
    with pytest.raises(OperationError, match=message):
        cleaned(MemoryWorkspace([], {}), operation, kind=kind)


def test_the_same_job_writes_the_same_objects_again() -> None:
    workspace = image_workspace([(jpeg(picture(seed)), LABELLED) for seed in range(5)])
    first = cleaned(workspace, "denoise")
    written = dict(workspace.put)
    assert cleaned(workspace, "denoise") == first
    assert workspace.put == written
