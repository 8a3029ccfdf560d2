"""The views of a picture that a detector looks at, and where in the picture lies what it finds in them.

Evaluation and serving cut, scale and put back alike: a model is served what it was evaluated with.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_kit.images import Pixels
from openbml_kit.letterbox import Letterbox, letterboxed
from openbml_kit.tiling import Rectangle, views


@dataclass(frozen=True)
class PictureView:
    """A part of a picture in a square; the first view of a picture is all of it."""

    rectangle: Rectangle
    place: Letterbox

    def pixels(self, picture: Image.Image) -> Pixels:
        """Return what the network sees of the whole picture, shape (size, size, 3)."""
        part = picture if self._is_whole(picture) else picture.crop(self.rectangle)
        return letterboxed(part, self.place.size)[0]

    def in_picture(
        self, boxes: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return boxes of the square in pixels of the picture, and which of them these are: what lies in the
        grey beside the picture is left out.

        Args:
            boxes: shape (k, 4), x1 y1 x2 y2.
        """
        inside = self.place.to_image(boxes).astype(np.float64)
        shown = np.flatnonzero((inside[:, 2:] > inside[:, :2]).all(axis=1))
        left, top, _, _ = self.rectangle
        return inside[shown] + np.array((left, top, left, top)), shown

    def _is_whole(self, picture: Image.Image) -> bool:
        return self.rectangle == (0, 0, *picture.size)


def picture_views(width: int, height: int, *, tile: int, size: int) -> list[PictureView]:
    """Return the views of a picture, the whole of it first.

    Args:
        tile: side of the tiles of small-object mode, in pixels of the picture; 0: none.
        size: side of the square that the network sees.
    """
    return [
        PictureView((left, top, right, bottom), Letterbox(right - left, bottom - top, size))
        for left, top, right, bottom in views(width, height, tile)
    ]
