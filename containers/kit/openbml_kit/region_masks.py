"""Pixels of regions: polygons and run lengths drawn exactly, masks scaled, placed and written down again.

One rule throughout, the one of `openbml_formats.masks`: a pixel belongs to a region when its centre lies
inside.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from openbml_kit.run_lengths import encode_mask

Mask = npt.NDArray[np.bool_]

# Points a ring needs to have an inside.
FEWEST_POINTS = 3


def from_polygons(rings: Sequence[Sequence[float]], width: int, height: int) -> Mask:
    """Return the mask, shape (height, width), of all pixels whose centre lies inside one of the rings.

    Each ring is filled by the even-odd rule, so one that crosses itself has holes where it lies twice; what
    lies outside the image is cut off. A ring of fewer than three points has no inside.

    Args:
        rings: x, y, x, y, ... in pixels of the mask.
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    for ring in rings:
        points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
        if len(points) >= FEWEST_POINTS:
            _fill(mask, points)
    return mask


def _fill(mask: Mask, points: npt.NDArray[np.float64]) -> None:
    height, width = mask.shape
    left = int(np.clip(np.floor(points[:, 0].min()), 0, width))
    right = int(np.clip(np.ceil(points[:, 0].max()), 0, width))
    top = int(np.clip(np.floor(points[:, 1].min()), 0, height))
    bottom = int(np.clip(np.ceil(points[:, 1].max()), 0, height))
    if left >= right or top >= bottom:
        return
    rows, columns = _crossings(points - (left, top), right - left, bottom - top)
    crossed = np.zeros((bottom - top, right - left + 1), dtype=np.uint8)
    np.add.at(crossed, (rows, columns), 1)
    # Counts may wrap round at 256: whether one is odd does not change.
    mask[top:bottom, left:right] |= np.cumsum(crossed[:, :-1], axis=1, dtype=np.uint8) % 2 == 1


def _crossings(
    points: npt.NDArray[np.float64], width: int, height: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return, for each edge and each row whose centre line it crosses, the row and the first column whose
    centre lies right of the crossing."""
    following = np.roll(points, -1, axis=0)
    downwards = (points[:, 1] <= following[:, 1])[:, None]
    upper, lower = np.where(downwards, points, following), np.where(downwards, following, points)
    # Rows whose centre lies in [y1, y2): an edge's end belongs to one of two neighbours only.
    first = np.clip(np.ceil(upper[:, 1] - 0.5), 0, height).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(lower[:, 1] - 0.5), 0, height).astype(np.int64) - first, 0)
    edge = np.repeat(np.arange(len(points)), count)
    rows = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    slope = (lower - upper)[edge, 0] / (lower - upper)[edge, 1]
    across = upper[edge, 0] + (rows + 0.5 - upper[edge, 1]) * slope
    return rows, np.clip(np.ceil(across - 0.5), 0, width).astype(np.int64)


def from_counts(counts: Sequence[int], width: int, height: int) -> Mask:
    """Return the mask of run lengths (column by column from the left, zeros first); a rest that they do not
    reach is empty, what lies beyond the image is cut off."""
    lengths = np.asarray(counts, dtype=np.int64)
    pixels = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)[: width * height]
    whole = np.zeros(width * height, dtype=np.bool_)
    whole[: len(pixels)] = pixels
    return whole.reshape(width, height).T


def counts_of(mask: Mask) -> list[int]:
    """Return COCO's run lengths of a mask: column by column, zeros first."""
    columns = np.concatenate(([False], mask.T.reshape(-1), [False]))
    changes = np.flatnonzero(columns[1:] != columns[:-1])
    bounds = np.concatenate(([0], changes, [mask.size]))
    counts: list[int] = np.diff(bounds).tolist()
    return counts if counts[-1] or len(counts) == 1 else counts[:-1]


def coco_text(mask: Mask) -> str:
    """Return COCO's compressed run lengths of a mask, the form of reports and of the prediction API."""
    return encode_mask(mask)


def nearest(pixels: npt.NDArray[np.generic], width: int, height: int) -> npt.NDArray[np.generic]:
    """Return a mask or a map of classes, shape (rows, columns), as one of `height` x `width`: each pixel
    takes what lies under its centre."""
    rows = ((np.arange(height) + 0.5) * pixels.shape[0] / height).astype(np.int64)
    columns = ((np.arange(width) + 0.5) * pixels.shape[1] / width).astype(np.int64)
    return pixels[rows[:, None], columns[None, :]]


def placed(
    part: npt.NDArray[np.float32], box: Sequence[float], width: int, height: int, *, threshold: float = 0.5
) -> Mask:
    """Return the mask of an image, shape (height, width), of a mask that covers a box of it.

    Args:
        part: shape (rows, columns), in 0..1.
        box: x1, y1, x2, y2 in pixels of the image; may reach beyond it.
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    x1, y1, x2, y2 = (float(value) for value in box)
    left, right = max(0, int(np.floor(x1))), min(width, int(np.ceil(x2)))
    top, bottom = max(0, int(np.floor(y1))), min(height, int(np.ceil(y2)))
    if left >= right or top >= bottom or x2 <= x1 or y2 <= y1:
        return mask
    # A border of zeros: outside its box a mask ends, it does not stop abruptly at the last sample.
    padded = Image.fromarray(np.pad(part, 1).astype(np.float32))
    across, down = part.shape[1] / (x2 - x1), part.shape[0] / (y2 - y1)
    scaled = padded.transform(
        (right - left, bottom - top),
        Image.Transform.AFFINE,
        (across, 0.0, (left - x1) * across + 1, 0.0, down, (top - y1) * down + 1),
        Image.Resampling.BILINEAR,
    )
    mask[top:bottom, left:right] = np.asarray(scaled) >= threshold
    return mask
