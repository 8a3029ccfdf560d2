"""Small-object mode: how images are cut into tiles, and how what the tiles show becomes one answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.tiling import OVERLAP, cut_boxes, merged, overlaps, views


def test_without_tiles_and_in_small_images_only_the_whole_is_looked_at() -> None:
    assert views(640, 480, 0) == [(0, 0, 640, 480)]
    assert views(640, 480, 640) == [(0, 0, 640, 480)]


def test_tiles_overlap_by_a_quarter_and_end_at_the_border() -> None:
    assert views(640, 300, 300) == [
        (0, 0, 640, 300),
        (0, 0, 300, 300),
        (170, 0, 470, 300),
        (340, 0, 640, 300),
    ]


@given(
    width=st.integers(1, 700), height=st.integers(1, 700), tile=st.integers(32, 700), place=st.floats(0, 1)
)
def test_an_object_of_a_quarter_of_a_tile_is_whole_in_some_tile(
    width: int, height: int, tile: int, place: float
) -> None:
    side = int(tile * OVERLAP) - 1
    if max(width, height) <= tile or min(width, height) < side:
        return
    x, y = place * (width - side), (1 - place) * (height - side)
    holders = [
        view
        for view in views(width, height, tile)[1:]
        if view[0] <= x and view[1] <= y and x + side <= view[2] and y + side <= view[3]
    ]
    assert holders
    for left, top, right, bottom in views(width, height, tile)[1:]:
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert right - left <= tile
        assert bottom - top <= tile


def test_boxes_of_a_view_are_cut_moved_and_left_out_where_little_of_them_shows() -> None:
    boxes = np.array([[0, 0, 10, 10], [95, 20, 115, 40], [300, 0, 310, 10]], dtype=np.float32)
    cut, kept = cut_boxes(boxes, (5, 0, 105, 100), least_share=0.5)
    assert kept.tolist() == [0, 1]
    assert cut.tolist() == [[0, 0, 5, 10], [90, 20, 100, 40]]
    _, kept = cut_boxes(boxes, (5, 0, 105, 100), least_share=0.6)
    assert kept.tolist() == []


def test_an_object_seen_by_two_views_is_found_once_the_more_certain_time() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 1, 10, 10], [0, 0, 10, 10], [50, 50, 60, 60]], dtype=np.float64)
    scores, classes = np.array([0.6, 0.9, 0.8, 0.1]), np.array([0, 0, 1, 0])
    assert merged(boxes, scores, classes).tolist() == [1, 2, 3]
    assert merged(boxes, scores, classes, most=2).tolist() == [1, 2]
    assert merged(boxes[:0], scores[:0], classes[:0]).tolist() == []


def test_overlap_of_boxes_without_an_area_is_nothing() -> None:
    point = np.array([[3.0, 3.0, 3.0, 3.0]])
    assert overlaps(point, point).tolist() == [[0.0]]
    assert overlaps(np.array([[0.0, 0.0, 4.0, 4.0]]), np.array([[2.0, 0.0, 6.0, 4.0]])) == pytest.approx(
        1 / 3
    )
