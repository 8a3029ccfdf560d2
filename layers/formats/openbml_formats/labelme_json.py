"""LabelMe's json of one image, both ways."""

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from typing import Any

from openbml_catalog.datasets import DatasetKind
from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Mask, Region, Ring
from openbml_formats.geometry import PixelBudget, box_around, corners, ellipse, ring_of_pairs
from openbml_formats.image_json import plain
from openbml_formats.json_values import sidecar_json, text_value, without
from openbml_formats.limits import EMBEDDED_BYTES
from openbml_formats.png_bitmaps import Bitmap, PngFormatError, read_png, written_png
from openbml_formats.records import AnnotationError, Picture
from openbml_formats.region_rules import check_region_count

_OF_FILES = frozenset(
    {"version", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", "attributes"}
)
_OF_SHAPES = frozenset({"label", "points", "shape_type", "mask", "attributes"})
_SAYING_NOTHING: tuple[Any, ...] = (None, "", {}, [])
_GROUP = "group_id"


def document_in(data: bytes) -> dict[str, Any]:
    """Return the file's document. Raises AnnotationError."""
    document = sidecar_json(data, limit=EMBEDDED_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        raise AnnotationError("annotation_shape", 'is not an object with a list "shapes"')
    return document


def embedded_image(data: bytes) -> bytes:
    """Return the image that the file holds inside it. Raises AnnotationError."""
    content = document_in(data).get("imageData")
    if not isinstance(content, str) or not content:
        raise AnnotationError("image_missing", 'has no "imageData"')
    try:
        return base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error) as error:
        raise AnnotationError("image_missing", 'has "imageData" that is not base64') from error


def annotation_of(data: bytes, picture: Picture, kind: DatasetKind) -> Annotation:
    """Return what the file says. Raises AnnotationError."""
    document = document_in(data)
    check_region_count(len(document["shapes"]), kind)
    budget = PixelBudget()
    regions: list[Region] = []
    groups: dict[tuple[str, str], int] = {}
    for shape in document["shapes"]:
        if not isinstance(shape, dict):
            raise AnnotationError("annotation_shape", "has a shape that is not an object")
        region = _region(shape, picture, budget)
        group = (region.label, repr(region.attributes.get(_GROUP)))
        if _GROUP not in region.attributes or not region.polygons:
            regions.append(region)
        elif group in groups:
            regions[groups[group]] = _joined(regions[groups[group]], region)
        else:
            groups[group] = len(regions)
            regions.append(region)
    return Annotation(regions=tuple(regions), attributes=_attributes(document, _OF_FILES))


def _joined(region: Region, part: Region) -> Region:
    """Polygons of one label and group are the parts of one object."""
    attributes = {name: value for name, value in region.attributes.items() if name != _GROUP}
    return region.model_copy(
        update={"polygons": (*region.polygons, *part.polygons), "attributes": attributes}
    )


def _attributes(told: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    nested = told.get("attributes")
    attributes = {name: value for name, value in without(told, known).items() if value not in _SAYING_NOTHING}
    return attributes | (nested if isinstance(nested, dict) else {})


def _region(shape: Mapping[str, Any], picture: Picture, budget: PixelBudget) -> Region:
    label = text_value(shape.get("label"), '"label"')
    kind = shape.get("shape_type", "polygon")
    points = ring_of_pairs(shape.get("points"))
    attributes = _attributes(shape, _OF_SHAPES)
    if kind == "polygon":
        return Region(label=label, polygons=(points,), attributes=attributes)
    if kind == "rectangle" and len(points) >= 2:
        return Region(label=label, box=box_around(points), attributes=attributes)
    if kind == "circle" and len(points) == 2:
        radius = math.dist(points[0], points[1])
        ring = ellipse(points[0], radius, radius)
        return Region(label=label, polygons=(ring,), attributes={**attributes, "shape_type": "circle"})
    if kind == "mask" and len(points) == 2:
        mask = _mask(shape, box_around(points), picture, budget)
        return Region(label=label, mask=mask, attributes=attributes)
    raise AnnotationError("shape_unsupported", f"has a shape {kind!r:.60} of {len(points)} points")


def _mask(shape: Mapping[str, Any], box: Box, picture: Picture, budget: PixelBudget) -> Mask:
    try:
        content = base64.b64decode(text_value(shape.get("mask"), '"mask"'), validate=True)
        width, height, pixels = read_png(content)
    except (ValueError, PngFormatError) as error:
        raise AnnotationError("mask_png", "has a mask that is not a PNG of one channel") from error
    if not picture.width or not picture.height:
        raise AnnotationError("mask_size", "has a mask, and the image's size is not known")
    budget.spend(width, height)
    part = masks.from_rows(width, height, pixels)
    return masks.placed(part, round(box.x1), round(box.y1), picture.width, picture.height)


def document_of(annotation: Annotation, *, file_name: str, width: int, height: int) -> dict[str, Any]:
    """Return the document that says the annotation; the image stands beside it."""
    taken = {
        region.attributes[_GROUP] for region in annotation.regions if _is_group(region.attributes.get(_GROUP))
    }
    groups = (number for number in range(1, 10**9) if number not in taken)
    shapes = [shape for region in annotation.regions for shape in _shapes(region, groups)]
    return {
        "version": "5.5.0",
        "flags": {},
        **_written(annotation.attributes, _OF_FILES),
        "shapes": shapes,
        "imagePath": file_name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def _is_group(value: Any) -> bool:
    return isinstance(value, int)


def _written(attributes: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return attributes as members; those that would be read as something else stand in one of their own."""
    beside = {
        name: value
        for name, value in attributes.items()
        if name not in known and value not in _SAYING_NOTHING
    }
    nested = {name: value for name, value in attributes.items() if name not in beside}
    return beside | ({"attributes": nested} if nested else {})


def _shapes(region: Region, groups: Iterator[int]) -> Iterator[dict[str, Any]]:
    shape = {
        "label": region.label,
        _GROUP: None,
        "description": "",
        "flags": {},
        **_written(region.attributes, _OF_SHAPES),
        "mask": None,
    }
    if len(region.polygons) > 1:
        shape[_GROUP] = next(groups)
    for ring in region.polygons:
        yield shape | {"points": _pairs(ring), "shape_type": "polygon"}
    if region.polygons:
        return
    if region.mask is not None:
        yield shape | _mask_shape(region.mask)
    elif region.box is not None:
        ring = corners(region.box)
        yield shape | {"points": _pairs((ring[0], ring[2])), "shape_type": "rectangle"}


def _pairs(ring: Ring) -> list[list[float | int]]:
    return [[plain(x), plain(y)] for x, y in ring]


def _mask_shape(mask: Mask) -> dict[str, Any]:
    box = masks.bounding_box(mask) or Box(x1=0, y1=0, x2=1, y2=1)
    left, top, width, height = int(box.x1), int(box.y1), int(box.width), int(box.height)
    part = masks.cut_out(mask, left, top, width, height)
    png = written_png(Bitmap(width, height, masks.to_rows(part)))
    return {
        "points": [[left, top], [left + width - 1, top + height - 1]],
        "shape_type": "mask",
        "mask": base64.b64encode(png).decode("ascii"),
    }
