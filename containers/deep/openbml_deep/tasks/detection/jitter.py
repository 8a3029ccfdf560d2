"""The default augmentation: an image in a random size, shape and place of the square, its boxes with it."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_deep.tasks.detection.training_views import MarkedView
from openbml_kit.images import Pixels
from openbml_kit.letterbox import FILL, Letterbox

_SCALE = (0.6, 1.6)
_SHAPE = (0.85, 1 / 0.85)
# A cut object of which less than this is left, or a side of less than so many pixels, is none any more.
_LEAST_SHARE = 0.3
_LEAST_SIDE = 2.0


def jittered(
    view: MarkedView, size: int, random: np.random.Generator
) -> tuple[Pixels, npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return pixels of shape (size, size, 3), boxes of shape (k, 4) in them, and their classes."""
    image = view.image
    scale = Letterbox(image.width, image.height, size).scale * _between(_SCALE, random)
    shape = math.sqrt(_between(_SHAPE, random))
    width, height = image.width * scale * shape, image.height * scale / shape
    left, top = (random.uniform(min(0.0, size - side), max(0.0, size - side)) for side in (width, height))
    pixels = _placed(image, (left, top, left + width, top + height), size)
    across, down = width / image.width, height / image.height
    moved = view.boxes * np.array((across, down, across, down)) + np.array((left, top, left, top))
    cut = np.clip(moved, 0, size).astype(np.float32)
    sides, whole = cut[:, 2:] - cut[:, :2], (moved[:, 2:] - moved[:, :2]).prod(axis=1)
    kept = (sides.min(axis=1, initial=np.inf) >= _LEAST_SIDE) & (sides.prod(axis=1) >= _LEAST_SHARE * whole)
    return pixels, cut[kept], view.classes[kept]


def _between(limits: tuple[float, float], random: np.random.Generator) -> float:
    return math.exp(random.uniform(math.log(limits[0]), math.log(limits[1])))


def _placed(image: Image.Image, place: tuple[float, float, float, float], size: int) -> Pixels:
    """Return a grey square with the image scaled to the place, which may reach beyond it."""
    left, top, right, bottom = place
    x1, y1 = max(0, round(left)), max(0, round(top))
    x2, y2 = max(x1 + 1, min(size, round(right))), max(y1 + 1, min(size, round(bottom)))
    across, down = image.width / (right - left), image.height / (bottom - top)
    source = (
        max(0.0, (x1 - left) * across),
        max(0.0, (y1 - top) * down),
        min(float(image.width), (x2 - left) * across),
        min(float(image.height), (y2 - top) * down),
    )
    square = np.full((size, size, 3), FILL, dtype=np.uint8)
    square[y1:y2, x1:x2] = np.asarray(image.resize((x2 - x1, y2 - y1), Image.Resampling.BILINEAR, box=source))
    return square
