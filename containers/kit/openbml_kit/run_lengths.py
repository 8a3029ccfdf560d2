"""Masks as COCO's compressed run-length texts, from and to arrays of pixels."""

import numpy as np
import numpy.typing as npt

from openbml_formats import masks
from openbml_formats.annotations import Mask

Pixels = npt.NDArray[np.bool_]


def mask_text(pixels: Pixels) -> str:
    """Return the compressed run lengths of a mask of shape `(height, width)`."""
    height, width = pixels.shape
    return masks.to_coco_string(Mask.model_construct(width=width, height=height, counts=run_lengths(pixels)))


def run_lengths(pixels: Pixels) -> tuple[int, ...]:
    """Return the uncompressed run lengths, column by column, zeros first."""
    flat = np.asarray(pixels, dtype=np.bool_).T.reshape(-1)
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], turns, [flat.size]))
    counts: list[int] = np.diff(edges).tolist()
    return tuple([0, *counts] if flat.size and flat[0] else counts)


def mask_pixels(text: str, *, width: int, height: int) -> Pixels:
    """Return the mask, shape `(height, width)`.

    Raises:
        ValueError: the text is no run lengths of such an image.
    """
    counts = masks.from_coco_string(text, width, height)
    if sum(counts) != width * height:
        raise ValueError(f"the run lengths cover {sum(counts)} pixels, the image has {width * height}")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(width, height).T
