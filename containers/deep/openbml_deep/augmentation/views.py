"""Augmented images as arrays; what chance does depends on the seed, the epoch and the image only."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_formats.augmentation.augmenter import Augmenter
from openbml_formats.augmentation.scene import Scene
from openbml_kit.images import Pixels, central_square


def image_random(seed: int, epoch: int, index: int, again: int = 0) -> np.random.Generator:
    """Return what an image's random choices of an epoch are drawn from; `again`: shown more than once."""
    return np.random.default_rng((seed, epoch, index, again) if again else (seed, epoch, index))


def classification_view(augmenter: Augmenter, image: Image.Image, random: np.random.Generator) -> Pixels:
    """Return shape `(size, size, 3)`: the evaluation view where nothing is augmented, else a random view."""
    if augmenter.is_plain:
        return central_square(image, augmenter.size)
    return np.asarray(augmenter.view(image, random))


def scene_pixels(scene: Scene) -> Pixels:
    """Return shape `(height, width, 3)`, uint8."""
    return np.asarray(scene.image)


def scene_boxes(scene: Scene) -> npt.NDArray[np.float32]:
    """Return shape `(k, 4)`: x1, y1, x2, y2; k may be 0."""
    return np.asarray(scene.boxes, dtype=np.float32).reshape(-1, 4)


def scene_masks(scene: Scene) -> npt.NDArray[np.uint8]:
    """Return shape `(k, height, width)` of 0 and 1; k may be 0."""
    if not scene.masks:
        return np.zeros((0, scene.image.height, scene.image.width), dtype=np.uint8)
    return np.stack([np.asarray(mask) >> 7 for mask in scene.masks])


def scene_map(scene: Scene) -> npt.NDArray[np.int64]:
    """Return shape `(height, width)`: the class of each pixel, `IGNORED` where there is none.

    Raises:
        ValueError: the scene has no class map.
    """
    if scene.class_map is None:
        raise ValueError("the scene has no class map")
    return np.asarray(scene.class_map, dtype=np.int64)
