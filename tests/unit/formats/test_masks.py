"""Run lengths, COCO's strings, rows of pixels and polygons say the same bitmap."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats import masks
from openbml_formats.annotations import Mask
from openbml_formats.geometry import turns_right
from openbml_formats.png_bitmaps import Bitmap, read_png, written_png
from tests.unit.formats.strategies import bitmaps

SMALL = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda size: st.lists(st.booleans(), min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
        lambda bits: (size[0], size[1], bytes(bits))
    )
)


@given(SMALL)
def test_rows_of_pixels_come_back(bitmap: tuple[int, int, bytes]) -> None:
    width, height, pixels = bitmap
    mask = masks.from_rows(width, height, pixels)
    assert sum(mask.counts) == width * height
    assert masks.to_rows(mask) == pixels
    assert masks.area(mask) == sum(pixels)


@given(bitmaps())
def test_cocos_string_comes_back(mask: Mask) -> None:
    assert masks.from_coco_string(masks.to_coco_string(mask), mask.width, mask.height) == mask.counts


def test_cocos_string_is_the_one_of_its_own_tools() -> None:
    """Encoded by pycocotools: a bitmap of 6 × 4 pixels, and one of 300 × 200 with a hole."""
    small = masks.from_polygons([((1, 1), (5, 1), (5, 3), (1, 3))], 6, 4)
    assert masks.to_coco_string(small) == "522000003"
    around = masks.from_polygons([((37, 20), (280, 20), (280, 150), (37, 150))], 300, 200)
    pixels = bytearray(masks.to_rows(around))
    for y in range(90, 100):
        pixels[y * 300 + 90 : y * 300 + 222] = bytes(132)
    text = masks.to_coco_string(masks.from_rows(300, 200, bytes(pixels)))
    assert text.startswith("lW7R4V20000")
    assert text.count("TN\\Ol1d0") + text.count("TN\\Ol1`2") == 132
    assert text.endswith("000\\l3")


@given(SMALL)
def test_outlines_drawn_again_give_the_same_bitmap(bitmap: tuple[int, int, bytes]) -> None:
    mask = masks.from_rows(*bitmap)
    rings = masks.to_polygons(mask)
    assert _even_odd(rings, mask) == masks.to_rows(mask)


def _even_odd(rings: tuple[tuple[tuple[float, float], ...], ...], mask: Mask) -> bytes:
    pixels = bytearray(mask.width * mask.height)
    for ring in rings:
        for place, bit in enumerate(masks.to_rows(masks.from_polygons([ring], mask.width, mask.height))):
            pixels[place] ^= bit
    return bytes(pixels)


@given(SMALL)
def test_outer_outlines_alone_fill_the_holes(bitmap: tuple[int, int, bytes]) -> None:
    mask = masks.from_rows(*bitmap)
    outer = [ring for ring in masks.to_polygons(mask) if turns_right(ring)]
    filled = masks.to_rows(masks.from_polygons(outer, mask.width, mask.height))
    assert all(ours >= bit for ours, bit in zip(filled, masks.to_rows(mask), strict=True))


@given(bitmaps())
def test_the_box_around_is_tight(mask: Mask) -> None:
    box = masks.bounding_box(mask)
    rows = masks.to_rows(mask)
    xs = [place % mask.width for place, bit in enumerate(rows) if bit]
    ys = [place // mask.width for place, bit in enumerate(rows) if bit]
    assert box is not None
    assert (box.x1, box.y1, box.x2, box.y2) == (min(xs), min(ys), max(xs) + 1, max(ys) + 1)


def test_a_polygon_takes_the_pixels_whose_centres_it_holds() -> None:
    square = ((1.0, 1.0), (4.0, 1.0), (4.0, 3.0), (1.0, 3.0))
    mask = masks.from_polygons([square], 6, 4)
    assert masks.to_rows(mask) == bytes([0] * 6 + [0, 1, 1, 1, 0, 0] * 2 + [0] * 6)


def test_polygons_beyond_the_image_and_without_inside_are_harmless() -> None:
    outside = ((-5.0, -5.0), (-1.0, -5.0), (-1.0, -1.0))
    assert masks.area(masks.from_polygons([outside, (), ((1.0, 1.0),)], 6, 4)) == 0
    around = ((-9.0, -9.0), (99.0, -9.0), (99.0, 99.0), (-9.0, 99.0))
    assert masks.area(masks.from_polygons([around], 6, 4)) == 24


@given(SMALL, st.integers(-3, 3), st.integers(-3, 3))
def test_a_part_that_is_cut_out_and_placed_again_is_the_part(
    bitmap: tuple[int, int, bytes], left: int, top: int
) -> None:
    width, height, pixels = bitmap
    mask = masks.from_rows(width, height, pixels)
    placed = masks.placed(mask, left + 3, top + 3, width + 8, height + 8)
    assert masks.cut_out(placed, left + 3, top + 3, width, height) == mask


@given(SMALL)
def test_png_bitmaps_come_back(bitmap: tuple[int, int, bytes]) -> None:
    assert read_png(written_png(Bitmap(*bitmap))) == bitmap


@pytest.mark.parametrize("text", ["é", "~", "0" * 3 + "o", "o", chr(47)])
def test_what_is_no_run_length_string_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="run length"):
        masks.from_coco_string(text, 4, 4)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_run_length_parser(text: str) -> None:
    try:
        counts = masks.from_coco_string(text, 100, 100)
    except ValueError:
        return
    assert all(0 <= count <= 10_000 for count in counts)
