"""Operators that move images with their boxes, masks and maps, checked by hand (checklist 19 and 20)."""

from dataclasses import replace

import pytest
from PIL import Image

from openbml_formats.augmentation import moves
from openbml_formats.augmentation.scene import FILL, IGNORED, LEAST_VISIBLE, Scene
from tests.unit.augmentation.pictures import Chance, levels, noise, picture, scene_with, square_mask

GREY = FILL[0]
UP, DOWN = 0.1, 0.9  # what `sign` makes 1 and -1 of


def test_a_shift_to_the_right_moves_pixels_boxes_and_masks_by_whole_pixels() -> None:
    rows = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]] * 4
    moved = moves.translate_x(scene_with(picture(rows), (2, 0, 5, 4), masked=True), 3.2, Chance(UP))
    assert levels(moved.image) == [[GREY, GREY, GREY, 1, 2, 3, 4, 5, 6, 7]] * 4
    assert moved.boxes == ((5, 0, 8, 4),)
    assert moved.masks[0].getbbox() == (5, 0, 8, 4)


def test_a_shift_upwards() -> None:
    rows = [[row] * 3 for row in range(10)]
    moved = moves.translate_y(scene_with(picture(rows), (0, 4, 3, 8)), 2, Chance(DOWN))
    assert levels(moved.image) == [*[[row] * 3 for row in range(2, 10)], [GREY] * 3, [GREY] * 3]
    assert moved.boxes == ((0, 2, 3, 6),)


def test_no_more_than_45_percent_of_a_side_is_shifted_out() -> None:
    moved = moves.translate_x(scene_with(noise(100, 10, 1), (0, 0, 10, 10)), 500, Chance(UP))
    assert moved.boxes == ((45, 0, 55, 10),)


def test_a_shear_moves_rows_apart_from_the_middle_one() -> None:
    scene = scene_with(noise(100, 100, 1), (40, 40, 60, 60))
    (box,) = moves.shear_x(scene, 0.5, Chance(UP)).boxes
    assert box == (35, 40, 65, 60)  # rows 10 above and below the middle move by 5
    (box,) = moves.shear_y(scene, 0.5, Chance(DOWN)).boxes
    assert box == (40, 35, 60, 65)


def test_a_quarter_turn_is_exact() -> None:
    scene = scene_with(picture([[1, 2, 3], [4, 5, 6], [7, 8, 9]]), (0, 0, 2, 2), masked=True)
    moved = moves.rotate(scene, 90, Chance(UP))
    assert levels(moved.image) == [[7, 4, 1], [8, 5, 2], [9, 6, 3]]
    assert moved.boxes == ((1, 0, 3, 2),)
    assert moved.masks[0].getbbox() == (1, 0, 3, 2)


def test_a_turned_box_is_the_upright_one_around_its_corners() -> None:
    scene = scene_with(noise(100, 100, 1), (40, 40, 60, 60))
    (box,) = moves.rotate(scene, 45, Chance(UP)).boxes
    assert box == pytest.approx((35.858, 35.858, 64.142, 64.142), abs=1e-3)


def test_boxes_are_cut_at_the_edges_and_dropped_when_too_little_is_left() -> None:
    scene = scene_with(noise(100, 100, 1), (50, 0, 100, 50), (80, 0, 100, 50), (0, 0, 10, 10))
    moved = moves.translate_x(scene, 30, Chance(UP))
    assert moved.boxes == ((80, 0, 100, 50), (30, 0, 40, 10))  # 40 % stays of the first, none of the second
    assert moved.classes == (0, 2)
    least = moves.translate_x(scene_with(noise(100, 100, 1), (60, 0, 100, 50)), 31, Chance(UP))
    assert least.boxes == ()
    assert LEAST_VISIBLE > (100 - 91) / 40


def test_objects_with_masks_are_judged_by_their_masks() -> None:
    size = (100, 100)
    left_heavy = square_mask((50, 0, 60, 50), size)
    left_heavy.paste(255, (60, 0, 100, 2))
    scene = Scene(noise(*size, 1), ((50, 0, 100, 50),), (0,), (left_heavy,))
    moved = moves.translate_x(scene, 30, Chance(UP))
    assert moved.boxes == ((80, 0, 100, 50),)
    assert moves.translate_x(scene, 45, Chance(UP)).boxes == ((95, 0, 100, 50),)
    assert moves.translate_y(scene, 45, Chance(DOWN)).boxes == ()  # a tenth of the mask is left


def test_what_comes_in_from_outside_counts_for_nothing_in_a_class_map() -> None:
    scene = replace(scene_with(noise(10, 4, 1)), class_map=Image.new("L", (10, 4), 3))
    moved = moves.translate_x(scene, 2, Chance(UP))
    assert moved.class_map is not None
    assert levels(moved.class_map) == [[IGNORED] * 2 + [3] * 8] * 4


def test_mirrors_are_exact_and_their_own_undoing() -> None:
    scene = scene_with(picture([[1, 2, 3], [4, 5, 6]]), (0, 0, 1, 1), masked=True)
    right = moves.mirror(scene)
    assert levels(right.image) == [[3, 2, 1], [6, 5, 4]]
    assert right.boxes == ((2, 0, 3, 1),)
    assert right.masks[0].getbbox() == (2, 0, 3, 1)
    assert moves.mirror(right).boxes == scene.boxes
    below = moves.turn_over(scene)
    assert levels(below.image) == [[4, 5, 6], [1, 2, 3]]
    assert below.boxes == ((0, 1, 1, 2),)
