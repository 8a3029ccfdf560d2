"""Regions of an image as pixels, at any scale of the image."""

import numpy as np
import numpy.typing as npt

from openbml_deep.tasks.objects import BACKGROUND, IGNORED, AnnotatedImage, Region
from openbml_kit.region_masks import Mask, from_counts, from_polygons, nearest

ClassMap = npt.NDArray[np.uint8]


def drawn(region: Region, image: AnnotatedImage, width: int, height: int) -> Mask:
    """Return the region's pixels, shape (height, width), where its image is scaled to these sides."""
    if region.mask_counts:
        whole = from_counts(region.mask_counts, image.width, image.height)
        return whole if whole.shape == (height, width) else np.asarray(nearest(whole, width, height))
    factors = (width / image.width, height / image.height)
    rings = [np.asarray(ring).reshape(-1, 2) * factors for ring in region.polygons]
    return from_polygons([ring.ravel().tolist() for ring in rings], width, height)


def class_map(image: AnnotatedImage, width: int, height: int) -> ClassMap:
    """Return the class of each pixel, label number i as i + 1.

    Later regions lie over earlier ones; what no region covers is background; what a crowd covers, and
    nothing after it, counts for nothing.
    """
    classes = np.full((height, width), BACKGROUND, dtype=np.uint8)
    for region in image.regions:
        value = IGNORED if region.crowd else region.class_index + 1
        classes[drawn(region, image, width, height)] = value
    return classes
