"""Shapes: made from what files hold, measured, and turned into one another."""

import math
from collections.abc import Sequence
from typing import Any

from openbml_formats import masks
from openbml_formats.annotations import Box, Mask, Point, Region, Ring
from openbml_formats.json_values import numbers
from openbml_formats.limits import IMAGE_MASK_PIXELS, MASK_PIXELS, MASK_RUNS
from openbml_formats.records import AnnotationError

_ELLIPSE_SIDES = 32


def ring_of_pairs(pairs: Any, what: str = "points") -> Ring:
    """Return the ring of `[[x, y], …]`. Raises AnnotationError."""
    if not isinstance(pairs, list):
        raise AnnotationError("annotation_shape", f"{what} is not a list of [x, y]")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise AnnotationError("annotation_shape", f"{what} is not a list of [x, y]")
    values = numbers([value for pair in pairs for value in pair], what)
    return tuple(zip(values[::2], values[1::2], strict=True))


def ring_of_flat(flat: Any, what: str = "segmentation") -> Ring:
    """Return the ring of `[x1, y1, x2, y2, …]`. Raises AnnotationError."""
    if not isinstance(flat, list) or len(flat) % 2:
        raise AnnotationError("annotation_shape", f"{what} is not a list of x, y in turn")
    values = numbers(flat, what)
    return tuple(zip(values[::2], values[1::2], strict=True))


def corners(box: Box) -> Ring:
    return ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))


def box_around(points: Sequence[Point]) -> Box:
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return Box(x1=min(xs), y1=min(ys), x2=max(xs), y2=max(ys))


def bounding_box(region: Region) -> Box | None:
    """Return the region's own box, or the smallest one around its shape; None where there is no shape."""
    if region.box is not None:
        return region.box
    points = [point for ring in region.polygons for point in ring]
    if points:
        return box_around(points)
    return masks.bounding_box(region.mask) if region.mask is not None else None


def ring_area(ring: Ring) -> float:
    """Return the area inside, 0 for what is no ring."""
    return abs(_signed_area(ring))


def turns_right(ring: Ring) -> bool:
    """Whether the ring runs clockwise as seen, as outer outlines of a mask do."""
    return _signed_area(ring) > 0


def _signed_area(ring: Ring) -> float:
    total = 0.0
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        total += x1 * y2 - x2 * y1
    return total / 2


def region_area(region: Region) -> float:
    """Return the area in pixels; of several rings the sum, as COCO's own tools do."""
    if region.polygons:
        return sum(ring_area(ring) for ring in region.polygons)
    if region.mask is not None:
        return float(masks.area(region.mask))
    return region.box.width * region.box.height if region.box is not None else 0.0


def ellipse(centre: Point, across: float, down: float) -> Ring:
    """Return the polygon of 32 sides around an ellipse that is told by its two radii."""
    turns = [2 * math.pi * side / _ELLIPSE_SIDES for side in range(_ELLIPSE_SIDES)]
    return tuple((centre[0] + across * math.cos(turn), centre[1] + down * math.sin(turn)) for turn in turns)


def turned(ring: Ring, centre: Point, degrees: float) -> Ring:
    """Return the ring turned clockwise, as seen, around a point."""
    if not degrees:
        return ring
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return tuple(
        (
            centre[0] + (x - centre[0]) * cosine - (y - centre[1]) * sine,
            centre[1] + (x - centre[0]) * sine + (y - centre[1]) * cosine,
        )
        for x, y in ring
    )


class PixelBudget:
    """How many pixels the masks of one image may have together, where each has to be unpacked to be read."""

    def __init__(self) -> None:
        self._left = IMAGE_MASK_PIXELS

    def spend(self, width: int, height: int) -> None:
        """Raises AnnotationError: the masks are larger than any image needs them."""
        self._left -= width * height
        if self._left < 0:
            raise AnnotationError("mask_size", f"has masks of more than {IMAGE_MASK_PIXELS} pixels together")


def checked_mask(width: Any, height: Any, counts: Any) -> Mask:
    """Return the mask of run lengths. Raises AnnotationError where they do not fill it exactly."""
    sizes = (width, height)
    if any(isinstance(side, bool) or not isinstance(side, int) or side < 1 for side in sizes):
        raise AnnotationError("annotation_shape", "the mask's size is not two whole numbers")
    if width * height > MASK_PIXELS:
        raise AnnotationError("mask_size", f"the mask has {width} × {height} pixels")
    if not isinstance(counts, list | tuple) or any(
        isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in counts
    ):
        raise AnnotationError("annotation_shape", "the mask's counts are not whole numbers")
    if len(counts) > MASK_RUNS:
        raise AnnotationError("mask_size", f"the mask has {len(counts)} runs; {MASK_RUNS} are possible")
    if sum(counts) != width * height:
        raise AnnotationError("mask_size", f"the mask's counts do not add up to {width} × {height} pixels")
    return Mask(width=width, height=height, counts=tuple(counts))
