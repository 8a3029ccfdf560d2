"""Pictures in a square and back: boxes, masks and classes of pixels keep their places."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from openbml_kit.letterbox import Letterbox, letterboxed
from openbml_kit.picture_views import picture_views

SIDES = st.integers(1, 120)
SQUARES = st.integers(8, 48)


def scaled(plane: np.ndarray, place: Letterbox) -> np.ndarray:
    """The plain way: all of the inner part at once."""
    inner = np.ascontiguousarray(plane[: place.inner_height, : place.inner_width], dtype=np.float32)
    return np.asarray(Image.fromarray(inner).resize((place.width, place.height), Image.Resampling.BILINEAR))


@given(SIDES, SIDES, SQUARES, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_box_comes_back_from_the_square(width: int, height: int, size: int, shares: list[float]) -> None:
    place = Letterbox(width, height, size)
    x1, x2 = sorted(shares[:2])
    y1, y2 = sorted(shares[2:])
    box = np.array([[x1 * width, y1 * height, x2 * width, y2 * height]], dtype=np.float32)
    assert np.allclose(place.to_image(place.to_square(box)), box, atol=1e-3)


@settings(deadline=None)
@given(SIDES, SIDES, st.data())
def test_a_mask_is_scaled_as_all_of_the_square_would_be(width: int, height: int, data: st.DataObject) -> None:
    size = data.draw(SQUARES)
    mask = data.draw(arrays.arrays(np.bool_, (size, size)))
    place = Letterbox(width, height, size)
    plain = scaled(mask, place)
    differs = place.mask_to_image(mask) != (plain >= 0.5)
    assert np.abs(plain[differs] - 0.5).max(initial=0) < 1e-4  # a last bit may decide where it is half


@settings(deadline=None)
@given(SIDES, SIDES, st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_the_class_of_a_pixel_is_the_one_of_the_highest_scaled_score(
    width: int, height: int, classes: int, seed: int
) -> None:
    place = Letterbox(width, height, 16)
    raw = np.random.default_rng(seed).random((classes, 16, 16)) ** 8 + 1e-6
    scores = (raw / raw.sum(axis=0)).astype(np.float32)
    plain = np.stack([scaled(plane, place) for plane in scores])
    numbers, best = place.scores_to_image(scores)
    assert np.allclose(best, plain.max(axis=0), atol=1e-5)
    chosen = np.take_along_axis(plain, numbers[None].astype(np.int64), axis=0)[0]
    assert np.allclose(chosen, plain.max(axis=0), atol=1e-5)


def test_a_picture_lies_in_the_squares_corner() -> None:
    pixels, place = letterboxed(Image.new("RGB", (30, 20), "teal"), 16)
    assert place.inner_height == 11
    assert (pixels[:11] == (0, 128, 128)).all()
    assert (pixels[11:] == 114).all()


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([0, 16, 40]))
def test_what_a_view_shows_is_put_back_where_it_was(width: int, height: int, tile: int) -> None:
    for view in picture_views(width, height, tile=tile, size=32):
        left, top, right, bottom = view.rectangle
        part = np.array([[0, 0, view.place.inner_width, view.place.inner_height]], dtype=np.float32)
        boxes, shown = view.in_picture(part)
        assert shown.tolist() == [0]
        assert np.allclose(boxes, [[left, top, right, bottom]], atol=1e-3)


def test_what_lies_beside_the_picture_is_left_out() -> None:
    (view,) = picture_views(40, 20, tile=0, size=32)
    boxes, shown = view.in_picture(np.array([[0, 17, 32, 30], [4, 4, 8, 8]], dtype=np.float32))
    assert (shown.tolist(), boxes.tolist()) == ([1], [[5, 5, 10, 10]])
