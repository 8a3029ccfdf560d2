"""Hyper-parameters of semantic segmentation alone, and the weights that balance its classes."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from openbml_deep.tasks.drawn_regions import class_map
from openbml_deep.tasks.objects import IGNORED, AnnotatedImage
from openbml_kit.letterbox import Letterbox

# Shares of pixels are counted on images of this longer side.
_COUNTED_SIDE = 128
# No class counts more than so many times as much as the median one.
_MOST = 10.0


class SemanticOptions(BaseModel):
    """Ranges and meanings are the catalogue's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dice_weight: float = 1.0


def balanced_weights(images: Sequence[AnnotatedImage], label_count: int) -> list[float]:
    """Return the weight of the background and of each label: the median share of pixels by its own.

    A class that no pixel has weighs 1.

    Source: Eigen and Fergus 2015, arXiv:1411.4734, section 6.3.2 (median frequency balancing).
    """
    pixels = np.zeros(label_count + 1)
    seen_in = np.zeros(label_count + 1)
    for image in images:
        place = Letterbox(image.width, image.height, _COUNTED_SIDE)
        classes = class_map(image, place.inner_width, place.inner_height)
        counts = np.bincount(classes[classes != IGNORED], minlength=label_count + 1)
        pixels += counts
        seen_in += (counts > 0) * counts.sum()
    present = pixels > 0
    shares = np.where(present, pixels / np.maximum(seen_in, 1), 1.0)
    weights = np.where(present, np.median(shares[present]) / shares, 1.0) if present.any() else shares
    return np.minimum(weights, _MOST).tolist()
