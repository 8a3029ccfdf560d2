"""Scenes in the network's square: where evaluation puts them, zoomed, and four together."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.augmentation.placing import Place, fitted, mosaic, placed, somewhere
from openbml_formats.augmentation.scene import FILL
from openbml_kit import letterbox
from openbml_kit.letterbox import letterboxed
from tests.unit.augmentation.pictures import noise, picture, pixels, scene_with


def test_the_grey_around_is_that_of_serving() -> None:
    assert FILL == (letterbox.FILL,) * 3


@settings(max_examples=60, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), size=st.sampled_from([32, 64, 96]))
def test_a_fitted_scene_is_what_evaluation_sees(width: int, height: int, size: int) -> None:
    image = noise(width, height, width)
    expected, place = letterboxed(image, size)
    box = (width * 0.25, height * 0.25, width * 0.75, height * 0.75)
    square = placed(scene_with(image, box), fitted(image, size), size)
    assert (pixels(square.image) == expected).all()
    wanted = place.to_square(np.array([box], dtype=np.float32))
    if square.boxes:  # one of a sliver has less than two pixels and is dropped
        assert np.asarray(square.boxes) == pytest.approx(wanted, rel=1e-5)


def test_a_part_beyond_the_square_is_cut_off_with_its_boxes() -> None:
    scene = scene_with(noise(10, 10, 1), (0, 0, 4, 4), (5, 5, 10, 10), masked=True)
    square = placed(scene, Place(20, 20, -10, -10), 10)
    assert square.boxes == ((0, 0, 10, 10),)
    assert square.classes == (1,)
    assert square.masks[0].getbbox() == (0, 0, 10, 10)


def test_a_window_bounds_what_is_shown() -> None:
    scene = scene_with(picture([[200] * 8] * 8), (0, 0, 8, 8))
    square = placed(scene, Place(8, 8), 8, (0, 0, 8, 4))
    assert pixels(square.image)[:4].min() == 200
    assert (pixels(square.image)[4:] == FILL).all()
    assert square.boxes == ((0, 0, 8, 4),)


@given(side=st.integers(1, 40), seed=st.integers(0, 50))
def test_a_smaller_image_lies_inside_and_a_larger_one_covers(side: int, seed: int) -> None:
    place = somewhere(Place(side, side), (4, 4, 24, 24), random.Random(seed))
    if side <= 20:
        assert 4 <= place.left <= place.left + side <= 24
    else:
        assert place.left <= 4 < 24 <= place.left + side


def test_a_mosaic_has_the_objects_of_four_scenes_each_in_its_quarter() -> None:
    scenes = [scene_with(noise(40, 40, seed), (10, 10, 30, 30), masked=True) for seed in range(4)]
    square = mosaic(scenes, 64, random.Random(3), zoom=(1.0, 1.0))
    assert square.image.size == (64, 64)
    assert 1 <= len(square.boxes) == len(square.masks) <= 4
    for mask, box in zip(square.masks, square.boxes, strict=True):
        assert mask.getbbox() == box
    again = mosaic(scenes, 64, random.Random(3), zoom=(1.0, 1.0))
    assert again.boxes == square.boxes
    assert (pixels(again.image) == pixels(square.image)).all()
