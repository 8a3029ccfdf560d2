"""Small pictures whose pixels can be told by hand."""

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_formats.augmentation.scene import BoxXyxy, Scene

Array = npt.NDArray[np.uint8]


class Chance:
    """Gives the numbers it was made of, one after the other; `uniform` takes them as shares of its range."""

    def __init__(self, *shares: float) -> None:
        self._shares = list(shares)

    def random(self) -> float:
        return self._shares.pop(0)

    def uniform(self, low: float, high: float, /) -> float:
        return low + (high - low) * self._shares.pop(0)

    @property
    def used_up(self) -> bool:
        return not self._shares


def picture(rows: Sequence[Sequence[int]]) -> Image.Image:
    """Return grey levels as an RGB image."""
    levels = np.array(rows, dtype=np.uint8)
    return Image.fromarray(np.repeat(levels[:, :, None], 3, axis=2))


def levels(image: Image.Image) -> list[list[int]]:
    """Return the red channel's rows."""
    values = np.asarray(image)
    rows: list[list[int]] = (values[:, :, 0] if image.mode == "RGB" else values).tolist()
    return rows


def noise(width: int, height: int, seed: int) -> Image.Image:
    return Image.frombytes("RGB", (width, height), random.Random(seed).randbytes(3 * width * height))


def pixels(image: Image.Image) -> Array:
    return np.asarray(image)


def outside(boxes: Sequence[BoxXyxy], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return which pixels have a part outside all boxes, shape (height, width)."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    inside = np.zeros((height, width), dtype=bool)
    for x1, y1, x2, y2 in boxes:
        inside |= (x >= x1) & (x + 1 <= x2) & (y >= y1) & (y + 1 <= y2)
    return ~inside


def square_mask(box: tuple[int, int, int, int], size: tuple[int, int]) -> Image.Image:
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    return mask


def scene_with(image: Image.Image, *boxes: BoxXyxy, masked: bool = False) -> Scene:
    shapes = [square_mask((int(a), int(b), int(c), int(d)), image.size) for a, b, c, d in boxes]
    masks = tuple(shapes) if masked else ()
    return Scene(image, boxes=boxes, classes=tuple(range(len(boxes))), masks=masks)
