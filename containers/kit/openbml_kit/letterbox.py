"""A whole image in a square: scaled to fit, its top left corner in the square's, the rest filled with grey.

Detection and segmentation see images this way in training, evaluation and serving alike.
"""

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

    def mask_to_image(self, mask: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Return a mask of the square, shape (size, size) in 0..1, as one of the image, shape (height,
        width)."""
        inner = Image.fromarray(mask[: self.inner_height, : self.inner_width].astype(np.float32))
        whole = inner.resize((self.width, self.height), Image.Resampling.BILINEAR)
        return np.asarray(whole) >= 0.5

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
