"""A whole image in a square: scaled to fit, its top left corner in the square's, the rest filled with grey.

Detection and segmentation see images this way in training, evaluation and serving alike.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_kit.images import Pixels

RESIZE = "letterbox-top-left-bilinear"
FILL = 114


@dataclass(frozen=True)
class Letterbox:
    """How an image of `width` x `height` lies in a square of `size`."""

    width: int
    height: int
    size: int

    @property
    def scale(self) -> float:
        """Pixels of the square for one of the image."""
        return self.size / max(self.width, self.height)

    @property
    def inner_width(self) -> int:
        return max(1, round(self.width * self.scale))

    @property
    def inner_height(self) -> int:
        return max(1, round(self.height * self.scale))

    def to_square(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return boxes of shape (k, 4) in pixels of the square."""
        return boxes * self._factors()

    def to_image(self, boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return boxes of shape (k, 4) in pixels of the image, cut at its borders."""
        whole = boxes / self._factors()
        limits = np.array([self.width, self.height, self.width, self.height], dtype=np.float32)
        return np.clip(whole, 0, limits).astype(np.float32)

    def mask_to_image(self, mask: npt.NDArray[np.float32] | npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return a mask of the square, shape (size, size) in 0..1, as one of the image, shape (height,
        width)."""
        whole = np.zeros((self.height, self.width), dtype=np.bool_)
        scaled = self._scaled(mask.astype(np.float32), least=0.5)
        if scaled is not None:
            rows, columns, part = scaled
            whole[rows, columns] = part >= 0.5
        return whole

    def scores_to_image(
        self, scores: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
        """Return the class of each pixel of the image, and that class's score, both of shape (height, width).

        Args:
            scores: shape (classes, size, size), of a pixel's classes together 1; at most 256 classes.
        """
        classes = np.zeros((self.height, self.width), dtype=np.uint8)
        best = np.zeros((self.height, self.width), dtype=np.float32)
        # Scaled scores add up to 1 too, so that the best is no lower than the mean; a little for rounding.
        least = 0.999 / len(scores)
        for number, plane in enumerate(scores):  # one class at a time: all of them would fill the memory
            scaled = self._scaled(plane, least=least)
            if scaled is not None:
                rows, columns, part = scaled
                better = part > best[rows, columns]
                classes[rows, columns][better] = number
                np.maximum(best[rows, columns], part, out=best[rows, columns])
        return classes, best

    def _scaled(
        self, plane: npt.NDArray[np.float32], *, least: float
    ) -> tuple[slice, slice, npt.NDArray[np.float32]] | None:
        """Return rows, columns and values of the part of the image that may hold values of `least` and more.

        The work is that of what a class or an object covers: a picture has 16 million pixels, an object few.
        """
        inner = plane[: self.inner_height, : self.inner_width]
        held = inner >= least
        columns = _reached(np.asarray(held.any(axis=0)), self.width)
        rows = _reached(np.asarray(held.any(axis=1)), self.height)
        if columns is None or rows is None:
            return None
        across, down = self.inner_width / self.width, self.inner_height / self.height
        part = Image.fromarray(np.ascontiguousarray(inner, dtype=np.float32)).resize(
            (columns.stop - columns.start, rows.stop - rows.start),
            Image.Resampling.BILINEAR,
            box=(columns.start * across, rows.start * down, columns.stop * across, rows.stop * down),
        )
        return rows, columns, np.asarray(part)

    def _factors(self) -> npt.NDArray[np.float32]:
        across, down = self.inner_width / self.width, self.inner_height / self.height
        return np.array([across, down, across, down], dtype=np.float32)


def letterboxed(image: Image.Image, size: int) -> tuple[Pixels, Letterbox]:
    """Return the square's pixels, shape `(size, size, 3)`, and how the image lies in it."""
    place = Letterbox(image.width, image.height, size)
    square = np.full((size, size, 3), FILL, dtype=np.uint8)
    inner = image.resize((place.inner_width, place.inner_height), Image.Resampling.BILINEAR)
    square[: place.inner_height, : place.inner_width] = np.asarray(inner)
    return square, place


def _reached(held: npt.NDArray[np.bool_], length: int) -> slice | None:
    """Return the rows or columns of the image to which scaling may give a share of the held ones."""
    places = np.flatnonzero(held)
    if not places.size:
        return None
    per_pixel = length / held.size
    support = max(1.0, 1 / per_pixel) + 1  # pixels of the square that one of the image looks at, to each side
    start = math.floor((places[0] - support) * per_pixel)
    stop = math.ceil((places[-1] + 1 + support) * per_pixel)
    return slice(max(0, start), min(length, stop))
