"""Annotations under a move of their image: exact inside, cut at the edges, dropped if too little is left."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Region, Ring
from openbml_formats.geometry import bounding_box, box_around, corners, ring_area
from openbml_formats.operators.affine import Affine
from openbml_formats.operators.bitmaps import moved_mask
from openbml_formats.operators.polygons import clipped, common, joint_area

# Writing that is cut off reads no longer what its text says.
_WHOLE = 0.99
# What sources compute from a region's shape (COCO); it is no longer true of the moved one.
_OF_THE_SHAPE = frozenset({"area", "bbox"})


class MovedAnnotation(NamedTuple):
    """`dropped` are the labels of regions of which too little was left."""

    annotation: Annotation
    dropped: Sequence[str]


class _Part(NamedTuple):
    region: Region | None
    share: float


def moved_annotation(
    annotation: Annotation, matrix: Affine, size: tuple[int, int], *, least_share: float
) -> MovedAnnotation:
    """Return the annotation of the new image.

    Args:
        matrix: from coordinates of the old image to those of the new one.
        size: width and height of the new image.
        least_share: a region with less of its area inside is dropped; one with a text must be whole.
    """
    kept, dropped = [], []
    for region in annotation.regions:
        part = _moved(region, matrix, size)
        if part.region is None or part.share < (_WHOLE if region.text is not None else least_share):
            dropped.append(region.label)
        else:
            kept.append(part.region)
    return MovedAnnotation(annotation.model_copy(update={"regions": tuple(kept)}), dropped)


def uncovered_annotation(
    annotation: Annotation, holes: Sequence[Box], *, least_share: float
) -> MovedAnnotation:
    """Return the annotation without regions that the holes hide; boxes stand for polygons and bitmaps."""
    kept, dropped = [], []
    for region in annotation.regions:
        frame = bounding_box(region)
        least = _WHOLE if region.text is not None else least_share
        if frame is not None and _uncovered(frame, holes) < least:
            dropped.append(region.label)
        else:
            kept.append(region)
    return MovedAnnotation(annotation.model_copy(update={"regions": tuple(kept)}), dropped)


def _uncovered(frame: Box, holes: Sequence[Box]) -> float:
    whole = frame.width * frame.height
    shared = [part for part in (common(frame, hole) for hole in holes) if part is not None]
    return 1 - joint_area(shared) / whole if whole > 0 else 0.0


def _moved(region: Region, matrix: Affine, size: tuple[int, int]) -> _Part:
    if region.mask is not None:
        return _moved_mask(region, matrix, size)
    if region.polygons:
        return _moved_polygons(region, matrix, size)
    if region.box is not None:
        return _moved_box(region, region.box, matrix, size)
    return _Part(region, 1.0)


def _moved_box(region: Region, box: Box, matrix: Affine, size: tuple[int, int]) -> _Part:
    window = _window(size)
    quad = matrix.points(corners(box))
    rest = clipped(quad, window)
    frame = common(box_around(quad), window)
    if rest is None or frame is None:
        return _Part(None, 0.0)
    return _Part(_reshaped(region, box=frame), ring_area(rest) / ring_area(quad))


def _moved_polygons(region: Region, matrix: Affine, size: tuple[int, int]) -> _Part:
    window = _window(size)
    rings = [matrix.points(ring) for ring in region.polygons if len(ring) >= 3]
    rests = [(ring, clipped(ring, window)) for ring in rings]
    kept: tuple[Ring, ...] = tuple(rest for _, rest in rests if rest is not None)
    whole = sum(ring_area(ring) for ring in rings)
    if not kept or whole <= 0:
        return _Part(None, 0.0)
    box = region.box
    if box is not None:
        exact = matrix.points(corners(box)) if matrix.keeps_axes else [p for ring in kept for p in ring]
        box = common(box_around(exact), window)
    return _Part(_reshaped(region, box=box, polygons=kept), sum(ring_area(ring) for ring in kept) / whole)


def _moved_mask(region: Region, matrix: Affine, size: tuple[int, int]) -> _Part:
    before = masks.area(region.mask) if region.mask is not None else 0
    new = moved_mask(region.mask, matrix, size) if region.mask is not None and before else None
    frame = masks.bounding_box(new) if new is not None else None
    if new is None or frame is None:
        return _Part(None, 0.0)
    growth = abs(matrix.a * matrix.e - matrix.b * matrix.d)
    share = min(1.0, masks.area(new) / (before * growth))
    return _Part(_reshaped(region, box=region.box and frame, mask=new), share)


def _reshaped(region: Region, **shape: object) -> Region:
    attributes = {name: value for name, value in region.attributes.items() if name not in _OF_THE_SHAPE}
    return region.model_copy(update={**shape, "attributes": attributes})


def _window(size: tuple[int, int]) -> Box:
    return Box(x1=0, y1=0, x2=size[0], y2=size[1])
