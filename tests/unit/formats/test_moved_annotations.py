"""Annotations follow their image: exactly where pixels do, cut at the edges, told when lost."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Mask, Region
from openbml_formats.geometry import box_around, ring_area
from openbml_formats.operators.affine import Affine, flipped, mirrored, moved, rotated, scaled, turned_right
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.picture_changes import PICTURE_CHANGES
from openbml_formats.operators.polygons import clipped, joint_area
from openbml_formats.operators.regions import moved_annotation, uncovered_annotation

SIDE = st.integers(1, 300)
PLACE = st.floats(-50, 350, allow_nan=False, width=32)
RINGS = st.lists(st.tuples(PLACE, PLACE), min_size=3, max_size=9).map(tuple)
WINDOW = Box(x1=0, y1=0, x2=200, y2=100)


@st.composite
def boxes_inside(draw: st.DrawFn) -> tuple[int, int, Box]:
    width, height = draw(st.integers(2, 300)), draw(st.integers(2, 300))
    x1, y1 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    x2, y2 = draw(st.integers(x1 + 1, width)), draw(st.integers(y1 + 1, height))
    return width, height, Box(x1=x1, y1=y1, x2=x2, y2=y2)


def boxed(box: Box) -> Annotation:
    return Annotation(regions=(Region(label="a", box=box, attributes={"area": 3, "pose": "left"}),))


@settings(deadline=None)
@given(boxes_inside())
def test_mirroring_twice_gives_the_same_boxes(case: tuple[int, int, Box]) -> None:
    width, height, box = case
    for matrix in (mirrored(width), flipped(height)):
        there = moved_annotation(boxed(box), matrix, (width, height), least_share=0.5).annotation
        back = moved_annotation(there, matrix, (width, height), least_share=0.5).annotation
        assert back.regions[0].box == box


@settings(deadline=None)
@given(boxes_inside(), st.integers(1, 3))
def test_a_quarter_turn_and_the_rest_of_the_circle_give_the_same_boxes(
    case: tuple[int, int, Box], quarters: int
) -> None:
    width, height, box = case
    size = (width, height) if quarters == 2 else (height, width)
    there = moved_annotation(boxed(box), turned_right(width, height, quarters), size, least_share=0.5)
    rest = turned_right(*size, 4 - quarters)
    back = moved_annotation(there.annotation, rest, (width, height), least_share=0.5).annotation
    assert back.regions[0].box == box


@pytest.mark.parametrize("code", ["mirror", "rotate_90", "crop", "scale", "cutout", "rotate"])
def test_a_marked_pixel_is_where_its_box_says_after_every_operator(code: str) -> None:
    from openbml_catalog.datasets.operators import data_operators

    for seed in range(20):
        image = Image.new("RGB", (120, 80), "black")
        image.paste((255, 255, 255), (50, 30, 80, 60))
        operation = Operation(code=code, parameters=data_operators()[code].defaults())
        result = PICTURE_CHANGES[code](image, operation, random.Random(seed))
        if result.matrix is None:
            continue
        box = Box(x1=50, y1=30, x2=80, y2=60)
        moved_box = moved_annotation(boxed(box), result.matrix, result.image.size, least_share=0.01)
        seen = result.image.convert("L").point(lambda level: 255 * (level > 127)).getbbox()
        if seen is None:
            continue
        told = moved_box.annotation.regions[0].box
        assert told is not None
        for seen_edge, told_edge in zip(seen, (told.x1, told.y1, told.x2, told.y2), strict=True):
            assert abs(seen_edge - told_edge) <= 1.5


@settings(deadline=None)
@given(RINGS)
def test_a_cut_polygon_stays_inside_and_never_grows(ring: tuple[tuple[float, float], ...]) -> None:
    rest = clipped(ring, WINDOW)
    if rest is None:
        return
    frame = box_around(rest)
    assert frame.x1 >= -1e-6
    assert frame.y1 >= -1e-6
    assert frame.x2 <= 200 + 1e-6
    assert frame.y2 <= 100 + 1e-6


@settings(deadline=None)
@given(SIDE, SIDE, st.floats(-180, 180), st.tuples(PLACE, PLACE))
def test_a_turn_and_its_inverse_lead_back(
    width: int, height: int, angle: float, place: tuple[float, float]
) -> None:
    matrix = rotated(width, height, angle)
    x, y = matrix.inverse().point(matrix.point(place))
    assert (x, y) == pytest.approx(place, abs=1e-6)


def test_the_box_of_a_turned_image_bounds_the_turned_corners() -> None:
    box = Box(x1=90, y1=40, x2=110, y2=60)
    turned = moved_annotation(boxed(box), rotated(200, 100, 45), (200, 100), least_share=0.5)
    new = turned.annotation.regions[0].box
    assert new is not None
    assert (new.x1, new.y1, new.x2, new.y2) == pytest.approx((85.858, 35.858, 114.142, 64.142), abs=1e-3)


def test_a_region_with_too_little_left_is_dropped_and_told() -> None:
    box = Box(x1=0, y1=0, x2=100, y2=10)
    result = moved_annotation(boxed(box), moved(-85, 0), (100, 100), least_share=0.2)
    assert result.annotation.regions == ()
    assert list(result.dropped) == ["a"]
    kept = moved_annotation(boxed(box), moved(-75, 0), (100, 100), least_share=0.2).annotation.regions
    assert kept[0].box == Box(x1=0, y1=0, x2=25, y2=10)
    assert kept[0].attributes == {"pose": "left"}


def test_writing_that_is_cut_off_is_dropped_because_its_text_is_no_longer_true() -> None:
    quad = ((10.0, 10.0), (60.0, 10.0), (60.0, 20.0), (10.0, 20.0))
    written = Annotation(regions=(Region(polygons=(quad,), text="hello"),))
    assert moved_annotation(written, moved(-20, 0), (100, 100), least_share=0.2).annotation.regions == ()
    assert moved_annotation(written, moved(-5, 0), (100, 100), least_share=0.2).annotation.regions[0].text


def test_a_polygon_cut_at_the_edge_keeps_its_part_and_its_box() -> None:
    square = ((0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0))
    region = Region(label="a", polygons=(square,), box=Box(x1=0, y1=0, x2=40, y2=40))
    result = moved_annotation(Annotation(regions=(region,)), moved(-10, 0), (100, 100), least_share=0.2)
    new = result.annotation.regions[0]
    assert ring_area(new.polygons[0]) == pytest.approx(30 * 40)
    assert new.box == Box(x1=0, y1=0, x2=30, y2=40)


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.data())
def test_a_bitmap_is_mirrored_pixel_by_pixel(width: int, height: int, data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.sampled_from([0, 1]), min_size=width * height, max_size=width * height))
    image = Image.frombytes("L", (width, height), bytes(bits))
    region = Region(label="a", mask=masks.from_rows(width, height, image.tobytes()))
    size = (width, height)
    turned = moved_annotation(Annotation(regions=(region,)), mirrored(width), size, least_share=0.01)
    if any(bits):
        flipped_image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        assert turned.annotation.regions[0].mask == masks.from_rows(width, height, flipped_image.tobytes())


def test_a_bitmap_whose_runs_do_not_fill_it_is_dropped() -> None:
    for mask in (
        Mask(width=4, height=4, counts=(3,)),
        Mask(width=1 << 20, height=1 << 20, counts=(1 << 40,)),
    ):
        broken = Annotation(regions=(Region(label="a", mask=mask),))
        assert list(moved_annotation(broken, Affine(), (4, 4), least_share=0.1).dropped) == ["a"]


def test_a_hole_over_an_object_drops_it_and_overlapping_holes_count_once() -> None:
    whole = boxed(Box(x1=0, y1=0, x2=10, y2=10))
    hole = Box(x1=0, y1=0, x2=7, y2=10)
    assert uncovered_annotation(whole, [hole, hole], least_share=0.2).annotation.regions
    assert list(uncovered_annotation(whole, [Box(x1=0, y1=0, x2=9, y2=10)], least_share=0.2).dropped) == ["a"]
    assert joint_area([hole, hole, Box(x1=5, y1=0, x2=10, y2=10)]) == pytest.approx(100)


def test_a_scale_moves_boxes_with_the_sides() -> None:
    result = moved_annotation(
        boxed(Box(x1=10, y1=10, x2=20, y2=30)), scaled(2, 0.5), (200, 50), least_share=0.5
    )
    assert result.annotation.regions[0].box == Box(x1=20, y1=5, x2=40, y2=15)
