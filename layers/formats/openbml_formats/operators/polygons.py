"""Polygons and boxes cut at the edges of a box, and what boxes cover together."""

from collections.abc import Sequence
from itertools import pairwise

from openbml_formats.annotations import Box, Point, Ring
from openbml_formats.geometry import box_around, ring_area

_LEAST_AREA = 1e-6


def common(first: Box, second: Box) -> Box | None:
    """Return what two boxes share, None when that is nothing."""
    x1, y1 = max(first.x1, second.x1), max(first.y1, second.y1)
    x2, y2 = min(first.x2, second.x2), min(first.y2, second.y2)
    return Box(x1=x1, y1=y1, x2=x2, y2=y2) if x1 < x2 and y1 < y2 else None


def joint_area(boxes: Sequence[Box]) -> float:
    """Return the area that boxes cover together, overlaps counted once."""
    xs = sorted({x for box in boxes for x in (box.x1, box.x2)})
    total = 0.0
    for left, right in pairwise(xs):
        strips = sorted((box.y1, box.y2) for box in boxes if box.x1 <= left and box.x2 >= right)
        reached = float("-inf")
        for top, bottom in strips:
            total += (right - left) * max(0.0, bottom - max(top, reached))
            reached = max(reached, bottom)
    return total


def clipped(ring: Ring, window: Box) -> Ring | None:
    """Return the part of a polygon inside a box, None when nothing is left; untouched inside.

    A concave polygon that is cut into parts stays one ring, its parts joined along the window's edge.

    Source: Sutherland and Hodgman 1974, Reentrant polygon clipping.
    """
    frame = box_around(ring)
    if common(frame, window) == frame:
        return ring
    rest: Sequence[Point] = ring
    for axis, limit, sign in ((0, window.x1, 1), (0, window.x2, -1), (1, window.y1, 1), (1, window.y2, -1)):
        rest = _cut(rest, axis, limit, sign)
    return tuple(rest) if len(rest) >= 3 and ring_area(tuple(rest)) > _LEAST_AREA else None


def _cut(ring: Sequence[Point], axis: int, limit: float, sign: int) -> Sequence[Point]:
    """Return the part of a ring on one side of a line; `sign` 1 keeps the side of larger coordinates."""
    kept: list[Point] = []
    for place, point in enumerate(ring):
        before = ring[place - 1]
        inside = (point[axis] - limit) * sign >= 0
        if inside is not ((before[axis] - limit) * sign >= 0):
            kept.append(_crossing(before, point, axis, limit))
        if inside:
            kept.append(point)
    return kept


def _crossing(start: Point, end: Point, axis: int, limit: float) -> Point:
    share = (limit - start[axis]) / (end[axis] - start[axis])
    other = start[1 - axis] + share * (end[1 - axis] - start[1 - axis])
    return (limit, other) if axis == 0 else (other, limit)
