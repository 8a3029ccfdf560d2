"""A call's picture as the input of a user's network, by the manifest's `picture`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_catalog.frameworks.manifest import PictureInput
from openbml_kit import images
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.bodies import read_base64
from openbml_kit.images import PREDICTION_SIDES, ImageSidesError, UndecodableImageError

Pixels = npt.NDArray[np.uint8]


def read_picture(document: Mapping[str, Any]) -> Image.Image:
    """Return the call's picture, upright, in RGB.

    Raises:
        RefusedError: it is missing or cannot be used.
    """
    data = read_base64(document, "image")
    try:
        return images.decode(data, limits=PREDICTION_SIDES)
    except ImageSidesError as error:
        raise refused("size_invalid", str(error)) from error
    except UndecodableImageError as error:
        raise refused("image_undecodable") from error


@dataclass(frozen=True)
class PictureView:
    """How a network sees a picture."""

    settings: PictureInput

    @property
    def size(self) -> int:
        return self.settings.size

    def square(self, picture: Image.Image) -> Pixels:
        """Return the picture's pixels in a square, shape (size, size, 3), in the settings' colour order."""
        box = _middle(picture) if self.settings.resize == "cover" else None
        return self._resized(picture, box)

    def normalised(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Return the network's input of pixels, with a batch of one, in the settings' layout."""
        mean, std = (np.array(values, dtype=np.float32) for values in (self.settings.mean, self.settings.std))
        values = (pixels.astype(np.float32) / np.float32(255) - mean) / std
        if self.settings.layout == "chw":
            values = values.transpose(2, 0, 1)
        return np.ascontiguousarray(values[None], dtype=np.float32)

    def _resized(self, picture: Image.Image, box: tuple[float, float, float, float] | None) -> Pixels:
        side = (self.size, self.size)
        pixels = np.asarray(picture.resize(side, Image.Resampling.BILINEAR, box=box))
        return np.ascontiguousarray(pixels[:, :, ::-1]) if self.settings.channels == "bgr" else pixels


def _middle(picture: Image.Image) -> tuple[float, float, float, float]:
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    return left, top, left + side, top + side
