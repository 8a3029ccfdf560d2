"""Training images with what is marked in them, as augmentation takes them."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from openbml_deep.tasks.drawn_regions import class_map, drawn
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_formats.augmentation.scene import OBJECT, Scene
from openbml_kit.images import TRAINING_SIDES, decode
from openbml_kit.letterbox import Letterbox

# Augmentation may enlarge an image: so much more detail than the square shows is kept.
_DETAIL = 1.5
_BYTES_OF_A_PIXEL = 4  # Pillow keeps RGB in four bytes

Mark = Callable[[AnnotatedImage, Image.Image], Scene]


class TrainingScenes:
    """Scenes of the training images; threads may share it.

    Images are decoded once while the memory budget lasts. Masks are drawn anew each time: that takes a
    fraction of augmentation's time, and hundreds of them would fill the memory.
    """

    def __init__(
        self, images: Sequence[AnnotatedImage], mark: Mark, *, input_size: int, budget_bytes: int
    ) -> None:
        self._images = images
        self._mark = mark
        self._longest = round(input_size * _DETAIL)
        self._kept: dict[int, Image.Image] = {}
        self._budget_bytes = budget_bytes

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Scene:
        return self._mark(self._images[index], self._image(index))

    def _image(self, index: int) -> Image.Image:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        image = decode(self._images[index].extent.read(), limits=TRAINING_SIDES)
        if max(image.size) > self._longest:
            place = Letterbox(image.width, image.height, self._longest)
            image = image.resize((place.inner_width, place.inner_height), Image.Resampling.BILINEAR)
        size = image.width * image.height * _BYTES_OF_A_PIXEL
        if size <= self._budget_bytes:
            self._budget_bytes -= size
            self._kept[index] = image
        return image


def with_masks(marked: AnnotatedImage, image: Image.Image) -> Scene:
    """Return the scene of instance segmentation; a crowd teaches nothing about one object, nor does a region
    that covers no pixel."""
    masks, boxes, classes = [], [], []
    for region in marked.regions:
        if region.crowd:
            continue
        mask = drawn(region, marked, image.width, image.height)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not rows.size:
            continue
        masks.append(Image.fromarray(mask.astype(np.uint8) * OBJECT))
        boxes.append((float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)))
        classes.append(region.class_index)
    return Scene(image, tuple(boxes), tuple(classes), tuple(masks))


def with_class_map(marked: AnnotatedImage, image: Image.Image) -> Scene:
    """Return the scene of semantic segmentation."""
    return Scene(image, class_map=Image.fromarray(class_map(marked, image.width, image.height)))
