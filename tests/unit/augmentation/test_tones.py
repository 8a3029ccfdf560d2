"""Operators of colour, checked by hand, and what they must leave alone (checklist 19 and 21)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openbml_formats.augmentation import tones
from tests.unit.augmentation.pictures import levels, noise, picture, pixels

ROWS = [[0, 50, 100], [128, 200, 255]]


def test_auto_contrast_stretches_to_the_whole_range() -> None:
    assert levels(tones.auto_contrast(picture([[50, 100], [150, 150]]))) == [[0, 127], [255, 255]]


def test_equalize_makes_the_levels_even() -> None:
    dark = picture([[level] * 64 for level in range(10, 26) for _ in range(4)])
    found = levels(tones.equalize(dark))
    assert [row[0] for row in found[::4]] == pytest.approx([17 * place for place in range(16)], abs=1)


def test_invert_is_the_negative() -> None:
    assert levels(tones.invert(picture(ROWS))) == [[255, 205, 155], [127, 55, 0]]


def test_solarize_inverts_what_is_above_the_threshold_and_not_the_threshold_itself() -> None:
    assert levels(tones.solarize(picture(ROWS), 128)) == [[0, 50, 100], [128, 55, 0]]
    assert levels(tones.solarize(picture(ROWS), 255)) == ROWS
    assert levels(tones.solarize(picture(ROWS), 0)) == [[0, 205, 155], [127, 55, 0]]


def test_solarize_add_adds_to_what_is_below_128() -> None:
    assert levels(tones.solarize_add(picture([[0, 100, 127], [128, 200, 255]]), 100)) == [
        [100, 200, 227],
        [128, 200, 255],
    ]


def test_posterize_keeps_the_highest_bits() -> None:
    assert levels(tones.posterize(picture(ROWS), 1)) == [[0, 0, 0], [128, 128, 128]]
    assert levels(tones.posterize(picture(ROWS), 4)) == [[0, 48, 96], [128, 192, 240]]
    assert levels(tones.posterize(picture(ROWS), 8)) == ROWS


def test_brightness_multiplies() -> None:
    assert levels(tones.brightness(picture(ROWS), 0.5)) == [[0, 25, 50], [64, 100, 127]]
    assert levels(tones.brightness(picture(ROWS), 1.5)) == [[0, 75, 150], [192, 255, 255]]


def test_contrast_pulls_towards_the_mean_or_away_from_it() -> None:
    weak = levels(tones.contrast(picture([[100, 200]]), 0.5))
    strong = levels(tones.contrast(picture([[100, 200]]), 1.5))
    assert weak == [[125, 175]]
    assert strong == [[75, 225]]


def test_color_makes_grey_at_the_lower_end_and_leaves_grey_alone() -> None:
    red = Image.new("RGB", (1, 1), (200, 100, 50))
    grey = tones.color(red, 0.1).getpixel((0, 0))
    assert max(grey) - min(grey) < 20
    assert levels(tones.color(picture(ROWS), 1.9)) == ROWS


def test_sharpness_blurs_below_one_and_sharpens_above() -> None:
    edge = picture([[0, 0, 200, 200]] * 4)
    blurred, sharpened = (levels(tones.sharpness(edge, factor))[1] for factor in (0.1, 1.9))
    assert blurred[1] > 0
    assert blurred[2] < 200
    assert sharpened[2] > 200


@pytest.mark.parametrize("operator", [tones.color, tones.contrast, tones.brightness, tones.sharpness])
def test_a_factor_of_one_changes_nothing(operator) -> None:  # type: ignore[no-untyped-def]
    image = noise(7, 5, 1)
    assert (pixels(operator(image, 1.0)) == pixels(image)).all()


@given(seed=st.integers(0, 10_000), threshold=st.floats(0, 255))
def test_solarize_touches_only_pixels_above_the_threshold(seed: int, threshold: float) -> None:
    image = noise(6, 5, seed)
    before, after = pixels(image).astype(int), pixels(tones.solarize(image, threshold)).astype(int)
    above = before > threshold
    assert (after[~above] == before[~above]).all()
    assert (after[above] == 255 - before[above]).all()


@given(seed=st.integers(0, 10_000), offset=st.floats(0, 127))
def test_solarize_add_changes_only_pixels_below_128(seed: int, offset: float) -> None:
    image = noise(6, 5, seed)
    before, after = pixels(image).astype(int), pixels(tones.solarize_add(image, offset)).astype(int)
    below = before < 128
    assert (after[~below] == before[~below]).all()
    assert (after[below] == np.minimum(255, before[below] + round(offset))).all()
