"""Pictures in a square and back: boxes, masks and classes of pixels keep their places."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from openbml_kit.images import TRAINING_SIDES
from openbml_kit.letterbox import Letterbox, evaluation_view, letterboxed
from tests.contract.containers.conftest import file_of

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


def test_a_file_is_seen_as_its_upright_picture() -> None:
    picture = Image.new("RGB", (30, 20), "teal")
    pixels, place = evaluation_view(file_of(picture), size=16, limits=TRAINING_SIDES)
    expected, same = letterboxed(picture, 16)
    assert (pixels == expected).all()
    assert (place, place.inner_height) == (same, 11)
