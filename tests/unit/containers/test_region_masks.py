"""Regions become pixels by one rule, the same as in the platform's formats, and come back unchanged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_formats import masks as formats
from openbml_kit import region_masks

Drawn = list[str]


def drawn(mask: region_masks.Mask) -> Drawn:
    return ["".join("#" if pixel else "." for pixel in row) for row in mask]


def from_drawing(*rows: str) -> region_masks.Mask:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


@pytest.mark.parametrize(
    ("rings", "expected"),
    [
        pytest.param([(1, 1, 4, 1, 4, 3, 1, 3)], ["......", ".###..", ".###..", "......"], id="a square"),
        pytest.param(
            [(0.6, 0.4, 2.6, 0.4, 2.6, 2.4, 0.6, 2.4)],
            [".##...", ".##...", "......", "......"],
            id="centres inside count, whatever the corners",
        ),
        pytest.param(
            [(0, 0, 6, 4, 6, 0, 0, 4)],
            ["#....#", "##..##", "##..##", "#....#"],
            id="a bow tie, crossing itself",
        ),
        pytest.param(
            [(0, 0, 2, 0, 2, 2, 0, 2), (4, 2, 6, 2, 6, 4, 4, 4)],
            ["##....", "##....", "....##", "....##"],
            id="an object in two parts",
        ),
        pytest.param(
            [(0, 0, 3, 0, 3, 3, 0, 3), (1, 1, 4, 1, 4, 4, 1, 4)],
            ["###...", "####..", "####..", ".###.."],
            id="parts that overlap are one",
        ),
        pytest.param([(-5, -5, 2, -5, 2, 9, -5, 9)], ["##....", "##....", "##....", "##...."], id="cut off"),
        pytest.param([(7, 0, 9, 0, 9, 4, 7, 4)], ["......", "......", "......", "......"], id="outside"),
        pytest.param(
            [(0, 0, 5, 3), ()], ["......", "......", "......", "......"], id="fewer than three points"
        ),
        pytest.param([(1, 1, 5, 1, 3, 1)], ["......", "......", "......", "......"], id="no area"),
    ],
)
def test_polygons_cover_the_pixels_whose_centre_lies_inside(
    rings: list[tuple[float, ...]], expected: Drawn
) -> None:
    assert drawn(region_masks.from_polygons(rings, 6, 4)) == expected


places = st.floats(-8, 20, allow_nan=False).map(lambda value: round(value * 8) / 8)
rings = st.lists(st.tuples(places, places), min_size=3, max_size=9)


@given(st.lists(rings, max_size=3), st.integers(1, 12), st.integers(1, 12))
def test_polygons_give_the_masks_of_the_platforms_formats(
    drawing: list[list[tuple[float, float]]], width: int, height: int
) -> None:
    ours = region_masks.from_polygons([np.ravel(ring).tolist() for ring in drawing], width, height)
    theirs = formats.from_polygons([tuple(ring) for ring in drawing], width, height)
    # Rows here, columns there: a centre that lies on an edge belongs to one side by either order.
    on_edge = _centres_on_edges(drawing, width, height)
    other = np.frombuffer(formats.to_rows(theirs), dtype=np.uint8).reshape(height, width) == 1
    assert (ours == other)[~on_edge].all()


def _centres_on_edges(drawing: list[list[tuple[float, float]]], width: int, height: int) -> region_masks.Mask:
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    on_edge = np.zeros((height, width), dtype=np.bool_)
    for ring in drawing:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            along = np.abs((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)) < 1e-6
            near_x = (x >= min(x1, x2) - 1e-6) & (x <= max(x1, x2) + 1e-6)
            near_y = (y >= min(y1, y2) - 1e-6) & (y <= max(y1, y2) + 1e-6)
            on_edge |= along & near_x & near_y
    return on_edge


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 999))
def test_run_lengths_and_their_text_come_back_as_the_same_mask(width: int, height: int, seed: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    counts = region_masks.counts_of(mask)
    assert (region_masks.from_counts(counts, width, height) == mask).all()
    assert formats.from_coco_string(region_masks.coco_text(mask), width, height) == tuple(counts)


def test_run_lengths_too_short_or_too_long_are_filled_and_cut() -> None:
    assert drawn(region_masks.from_counts([1, 2], 2, 2)) == [".#", "#."]
    assert drawn(region_masks.from_counts([0, 9], 2, 2)) == ["##", "##"]


def test_a_map_takes_in_another_size_what_lies_under_each_centre() -> None:
    classes = np.array([[0, 1], [2, 3]])
    assert region_masks.nearest(classes, 4, 2).tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]
    assert region_masks.nearest(region_masks.nearest(classes, 6, 6), 2, 2).tolist() == classes.tolist()


class TestAMaskOfABox:
    whole = np.ones((28, 28), dtype=np.float32)

    def test_a_full_one_covers_its_box(self) -> None:
        assert drawn(region_masks.placed(self.whole, (1, 1, 4, 3), 6, 4)) == [
            "......", ".###..", ".###..", "......",
        ]  # fmt: skip

    def test_one_beyond_the_image_is_cut_off(self) -> None:
        assert drawn(region_masks.placed(self.whole, (-3, 2, 2, 9), 6, 4)) == [
            "......", "......", "##....", "##....",
        ]  # fmt: skip

    def test_its_halves_stay_where_they_are(self) -> None:
        half = self.whole.copy()
        half[:, 14:] = 0
        assert drawn(region_masks.placed(half, (0, 0, 6, 4), 6, 4)) == ["###..."] * 4

    @pytest.mark.parametrize("box", [(2, 2, 2, 3), (9, 9, 12, 12), (3, 3, 1, 1)])
    def test_an_empty_box_has_no_pixels(self, box: tuple[int, ...]) -> None:
        assert not region_masks.placed(self.whole, box, 6, 4).any()
