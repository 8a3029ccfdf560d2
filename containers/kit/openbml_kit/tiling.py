"""Small objects: an image is looked at whole and in overlapping tiles, and what the views find is merged.

Training, evaluation and serving cut an image the same way.
Source: Akyon et al. 2022, arXiv:2202.06934 (slicing aided training and prediction).
"""

import math

import numpy as np
import numpy.typing as npt

# Share of a tile's side that its neighbour shows too: what lies on a border is whole in one of them.
OVERLAP = 0.25
# Boxes of one class that overlap by more than this are one object seen twice.
SAME_OBJECT_IOU = 0.5

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom, in pixels of the image


def views(width: int, height: int, tile: int) -> list[Rectangle]:
    """Return the parts of an image that are looked at, the whole image first.

    Args:
        tile: side of a tile in pixels of the image; 0: no tiles. An image no larger than a tile has none.
    """
    whole = (0, 0, width, height)
    if not tile or max(width, height) <= tile:
        return [whole]
    return [
        whole,
        *(
            (left, top, min(width, left + tile), min(height, top + tile))
            for top in _starts(height, tile)
            for left in _starts(width, tile)
        ),
    ]


def _starts(length: int, tile: int) -> list[int]:
    """Return where tiles begin, evenly spread, neighbours overlapping by `OVERLAP` or more."""
    if length <= tile:
        return [0]
    count = 1 + math.ceil((length - tile) / (tile * (1 - OVERLAP)))
    return [round(place * (length - tile) / (count - 1)) for place in range(count)]


def cut_boxes(
    boxes: npt.NDArray[np.float32], view: Rectangle, *, least_share: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return the boxes of an image as a view shows them, in pixels of the view, and which of them these are.

    Args:
        boxes: shape (k, 4), x1 y1 x2 y2.
        least_share: a box of which the view shows a smaller share of the area is left out.
    """
    left, top, right, bottom = view
    cut = np.clip(boxes, (left, top, left, top), (right, bottom, right, bottom)).astype(np.float32)
    areas, shown = _areas(boxes), _areas(cut)
    kept = np.flatnonzero((shown > 0) & (shown >= least_share * areas))
    return cut[kept] - np.array((left, top, left, top), dtype=np.float32), kept


def merged(
    boxes: npt.NDArray[np.float64],
    scores: npt.NDArray[np.float64],
    classes: npt.NDArray[np.int64],
    *,
    most: int = 100,
) -> npt.NDArray[np.int64]:
    """Return which objects of all views remain, the most certain first: of one object seen by several views
    the most certain sight.

    Args:
        boxes: shape (k, 4), in pixels of the image. scores, classes: shape (k,).
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    for place in order.tolist():
        own = [other for other in kept if classes[other] == classes[place]]
        if not own or overlaps(boxes[place : place + 1], boxes[own]).max() <= SAME_OBJECT_IOU:
            kept.append(place)
        if len(kept) == most:
            break
    return np.array(kept, dtype=np.int64)


def overlaps(boxes: npt.NDArray[np.float64], others: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return IoU, shape (k, m), of boxes of shape (k, 4) and (m, 4)."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    union = _areas(boxes)[:, None] + _areas(others)[None] - common
    shares: npt.NDArray[np.float64] = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return shares


def _areas(boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
