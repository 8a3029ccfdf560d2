"""Masks that a graph gives, as pixels of its square input: evaluation and serving see the same ones."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_kit.region_masks import Mask, placed

# A pixel belongs to an object from here on.
LEAST_SHARE = 0.5


def square_mask(
    mask: npt.NDArray[np.float32], box: Sequence[float], size: int, *, frame: Literal["input", "box"]
) -> Mask:
    """Return one mask as pixels of the square, shape (size, size).

    Args:
        mask: shape (rows, columns), in 0..1: of the whole square (`input`) or of its box (`box`).
        box: x1, y1, x2, y2 in pixels of the square.
    """
    if frame == "box":
        return placed(mask.astype(np.float32), box, size, size, threshold=LEAST_SHARE)
    if mask.shape != (size, size):
        scaled = Image.fromarray(mask.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR)
        mask = np.asarray(scaled)
    return np.asarray(mask >= LEAST_SHARE)


def square_masks(
    masks: npt.NDArray[np.float32],
    boxes: npt.NDArray[np.float32],
    size: int,
    *,
    frame: Literal["input", "box"],
) -> npt.NDArray[np.bool_]:
    """Return masks of shape (k, rows, columns), with boxes of shape (k, 4), as shape (k, size, size)."""
    whole = np.zeros((len(masks), size, size), dtype=np.bool_)
    for index, (mask, box) in enumerate(zip(masks, boxes, strict=True)):
        whole[index] = square_mask(mask, box.tolist(), size, frame=frame)
    return whole
