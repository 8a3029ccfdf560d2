"""What training looks at: each image whole and, in small-object mode, in overlapping tiles."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_deep.augmentation import Scene
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.images import TRAINING_SIDES, decode
from openbml_kit.tiling import Rectangle, cut_boxes, views

# Augmentation may enlarge an image: so much more detail than the square shows is kept.
_DETAIL = 1.5
# An object of which a tile shows less than this is none of the tile's.
_LEAST_SHARE = 0.4


class TrainingViews:
    """Views of the training images, decoded once while the memory budget lasts; threads may share it.

    Crowds are not shown as objects: one box around many teaches nothing about one.
    """

    def __init__(
        self, images: Sequence[AnnotatedImage], *, input_size: int, tile: int, budget_bytes: int
    ) -> None:
        self._images = images
        self._tiled = bool(tile)
        self._longest = round(input_size * _DETAIL)
        self._places: list[tuple[int, Rectangle]] = [
            (index, view)
            for index, image in enumerate(images)
            for view in views(image.width, image.height, tile)
        ]
        self._kept: dict[int, Image.Image] = {}
        self._budget_bytes = budget_bytes

    def __len__(self) -> int:
        return len(self._places)

    @property
    def classes(self) -> list[tuple[int, ...]]:
        """Return the classes of each view's whole image."""
        return [self._images[index].classes for index, _ in self._places]

    def __getitem__(self, place: int) -> Scene:
        index, view = self._places[place]
        marked = self._images[index]
        regions = [region for region in marked.regions if not region.crowd]
        boxes = np.array([region.box for region in regions], dtype=np.float32).reshape(-1, 4)
        classes = np.array([region.class_index for region in regions], dtype=np.int64)
        shown, kept = cut_boxes(boxes, view, least_share=_LEAST_SHARE)
        image = self._image(index)
        across, down = image.width / marked.width, image.height / marked.height
        left, top, right, bottom = view
        if (right - left, bottom - top) != (marked.width, marked.height):
            image = image.crop(view)
            across = down = 1.0
        factors = np.array((across, down, across, down), dtype=np.float32)
        boxes_xyxy = tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in (shown * factors).tolist())
        return Scene(image, boxes_xyxy, tuple(classes[kept].tolist()))

    def _image(self, index: int) -> Image.Image:
        """Return the image; without tiles no larger than training can show it."""
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        image = decode(self._images[index].extent.read(), limits=TRAINING_SIDES)
        if not self._tiled and max(image.size) > self._longest:
            image.thumbnail((self._longest, self._longest), Image.Resampling.BILINEAR)
        size = image.width * image.height * 4  # Pillow keeps RGB in four bytes a pixel
        if size <= self._budget_bytes:
            self._budget_bytes -= size
            self._kept[index] = image
        return image


def object_sides(images: Sequence[AnnotatedImage], *, input_size: int, tile: int) -> npt.NDArray[np.float64]:
    """Return widths and heights of the objects, shape (k, 2), as the square shows them: in tiles, where an
    image has some."""
    sides = [
        ((x2 - x1) * scale, (y2 - y1) * scale)
        for image in images
        if image.regions
        for longest in [max(image.width, image.height)]
        for scale in [input_size / (min(tile, longest) if tile else longest)]
        for region in image.regions
        if not region.crowd
        for x1, y1, x2, y2 in [region.box]
    ]
    return np.array(sides, dtype=np.float64).reshape(-1, 2)


def with_sides(image: AnnotatedImage) -> AnnotatedImage:
    """Return an image without regions, whose snapshot tells no sides, with the sides it is decoded to."""
    decoded = decode(image.extent.read(), limits=TRAINING_SIDES)
    return replace(image, width=decoded.width, height=decoded.height)
