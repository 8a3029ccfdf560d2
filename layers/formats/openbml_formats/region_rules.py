"""What one region may be, and how a shape is fitted to the form that a kind keeps."""

from typing import Any

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats import masks
from openbml_formats.annotations import Box, Region, Ring
from openbml_formats.geometry import bounding_box, checked_mask, corners, ring_area
from openbml_formats.limits import REGION_POINTS
from openbml_formats.records import AnnotationError


def check_region_count(count: int, kind: DatasetKind) -> None:
    """Raises AnnotationError: more regions than an image of the kind may have."""
    most = kind.regions_per_sample
    if most is not None and count > most:
        raise AnnotationError("too_many_regions", f"has {count} regions; {most} per image are possible")


def checked_region(
    region: Region, form: AnnotationForm, size: tuple[int, int], named: str
) -> tuple[Region, list[tuple[str, str]]]:
    """Return the region as the form keeps it, and (reason, message) of what was adapted.

    Args:
        size: the image's width and height; 0 leaves the region unmeasured.
        named: how messages call the region.

    Raises:
        AnnotationError: no shape, one without an inside, or one outside of the image.
    """
    adapted: list[tuple[str, str]] = []
    if sum(len(ring) for ring in region.polygons) > REGION_POINTS:
        raise AnnotationError("region_points", f"{named} has more than {REGION_POINTS} points")
    if form is AnnotationForm.BOXES:
        changes = _as_box(region, size, named, adapted)
    elif form is AnnotationForm.TEXT_REGIONS:
        changes = _as_text_region(region, size, named, adapted)
    else:
        changes = _as_outline(region, size, named, adapted)
    shape = region.attributes.get("shape_type")
    if shape in ("circle", "ellipse") and region.polygons:
        adapted.append((f"{shape}_as_polygon", f"{named}: the {shape} was taken as a polygon"))
    return region.model_copy(update=changes), adapted


def _as_box(
    region: Region, size: tuple[int, int], named: str, adapted: list[tuple[str, str]]
) -> dict[str, Any]:
    box = bounding_box(region)
    if box is None:
        raise AnnotationError("region_shape", f"{named} has no box")
    if region.box is None:
        adapted.append(("box_derived", f"{named}: the box around its outline was taken"))
    return {"box": _fitted_box(box, size, named, adapted), "polygons": (), "mask": None}


def _fitted_box(box: Box, size: tuple[int, int], named: str, adapted: list[tuple[str, str]]) -> Box:
    if not (box.x1 < box.x2 and box.y1 < box.y2):
        raise AnnotationError("box_degenerate", f"{named}: {_told(box)} has no inside (x1 < x2 and y1 < y2)")
    if not all(size):
        return box
    width, height = size
    fitted = Box(x1=max(box.x1, 0), y1=max(box.y1, 0), x2=min(box.x2, width), y2=min(box.y2, height))
    if not (fitted.x1 < fitted.x2 and fitted.y1 < fitted.y2):
        raise AnnotationError(
            "box_outside", f"{named}: {_told(box)} lies outside of {width} × {height} pixels"
        )
    if fitted != box:
        adapted.append(("box_clipped", f"{named}: {_told(box)} was cut at the image's edge"))
    return fitted


def _told(box: Box) -> str:
    return f"the box ({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g})"


def _as_text_region(
    region: Region, size: tuple[int, int], named: str, adapted: list[tuple[str, str]]
) -> dict[str, Any]:
    """A text without a place is the text of the whole image, as cut-out lines are."""
    if region.text is None:
        raise AnnotationError("region_text", f"{named} has no text")
    if not region.polygons and region.box is None and region.mask is None:
        width, height = size
        whole = Box(x1=0, y1=0, x2=width, y2=height)
        return {"polygons": (corners(whole),)} if all(size) else {}
    return _as_outline(region, size, named, adapted)


def _as_outline(
    region: Region, size: tuple[int, int], named: str, adapted: list[tuple[str, str]]
) -> dict[str, Any]:
    if region.polygons:
        rings = tuple(_fitted_ring(ring, size, named, adapted) for ring in region.polygons)
        return {"box": None, "polygons": rings, "mask": _checked_mask(region, size, named)}
    if region.mask is not None:
        return {"box": None, "mask": _checked_mask(region, size, named)}
    if region.box is None:
        raise AnnotationError("region_shape", f"{named} has no outline")
    adapted.append(("box_as_polygon", f"{named}: the corners of its box were taken as outline"))
    return {"box": None, "polygons": (corners(_fitted_box(region.box, size, named, adapted)),)}


def _fitted_ring(ring: Ring, size: tuple[int, int], named: str, adapted: list[tuple[str, str]]) -> Ring:
    if len(ring) < 3:
        raise AnnotationError("polygon_points", f"{named} has an outline of {len(ring)} points; it takes 3")
    if not ring_area(ring) > 0:
        raise AnnotationError("polygon_degenerate", f"{named} has an outline without an inside")
    if not all(size):
        return ring
    width, height = size
    fitted = tuple((_between(x, width), _between(y, height)) for x, y in ring)
    if fitted == ring:
        return ring
    if not ring_area(fitted) > 0:
        raise AnnotationError("polygon_outside", f"{named} lies outside of {width} × {height} pixels")
    adapted.append(("polygon_clipped", f"{named}: its outline was cut at the image's edge"))
    return fitted


def _between(value: float, most: float) -> float:
    return min(max(value, 0.0), float(most))


def _checked_mask(region: Region, size: tuple[int, int], named: str) -> Any:
    mask = region.mask
    if mask is None:
        return None
    if all(size) and (mask.width, mask.height) != size:
        raise AnnotationError(
            "mask_size",
            f"{named} has a mask of {mask.width} × {mask.height} pixels, the image has {size[0]} × {size[1]}",
        )
    checked_mask(mask.width, mask.height, mask.counts)
    if not masks.area(mask):
        raise AnnotationError("mask_empty", f"{named} has a mask without a pixel")
    return mask
