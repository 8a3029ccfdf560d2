"""One image of "CVAT for images 1.1"."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Mask, Point, Region, Ring
from openbml_formats.geometry import PixelBudget, checked_mask, corners, ellipse, turned
from openbml_formats.json_values import number_in
from openbml_formats.limits import MASK_PIXELS
from openbml_formats.records import AnnotationError
from openbml_formats.region_rules import check_region_count

_SIDES = ("xtl", "ytl", "xbr", "ybr")
_SAYING_NOTHING: Mapping[str, str] = {"occluded": "0", "z_order": "0", "source": "manual"}
_KEPT = ("occluded", "z_order", "group_id", "source")
_SHAPES = frozenset({"box", "polygon", "mask", "ellipse", "polyline", "points", "cuboid", "skeleton"})


def annotation_of(image: Element, kind: DatasetKind) -> Annotation:
    """Return what an `<image>` says: its tags for kinds of classes, its shapes for the others.

    Raises:
        AnnotationError: a shape that the kinds do not have, a member that is missing or no number.
    """
    tags = tuple(_label(tag) for tag in image.findall("tag"))
    if kind.annotation_form is AnnotationForm.CLASSES:
        return Annotation(labels=tags)
    shapes = [element for element in image if element.tag in _SHAPES]
    check_region_count(len(shapes), kind)
    budget = PixelBudget()
    regions = tuple(_region(shape, image, budget) for shape in shapes)
    return Annotation(regions=regions, attributes={"tags": list(tags)} if tags else {})


def _label(element: Element) -> str:
    label = element.get("label")
    if label is None:
        raise AnnotationError("annotation_shape", f"has a <{element.tag}> without a label")
    return label


def _region(shape: Element, image: Element, budget: PixelBudget) -> Region:
    label, attributes = _label(shape), _attributes(shape)
    rotation = number_in(shape.get("rotation", "0"), "rotation")
    if shape.tag == "box":
        box = _box(shape)
        if not rotation:
            return Region(label=label, box=box, attributes=attributes)
        return Region(label=label, polygons=(_turned_box(box, rotation),), attributes=attributes)
    if shape.tag == "polygon":
        return Region(label=label, polygons=(_points(shape.get("points", "")),), attributes=attributes)
    if shape.tag == "mask":
        return Region(label=label, mask=_mask(shape, image, budget), attributes=attributes)
    if shape.tag == "ellipse":
        centre = (number_in(shape.get("cx"), "cx"), number_in(shape.get("cy"), "cy"))
        across, down = number_in(shape.get("rx"), "rx"), number_in(shape.get("ry"), "ry")
        ring = turned(ellipse(centre, across, down), centre, rotation)
        return Region(label=label, polygons=(ring,), attributes={**attributes, "shape_type": "ellipse"})
    raise AnnotationError("shape_unsupported", f"has a <{shape.tag}>; boxes, polygons and masks are read")


def _attributes(shape: Element) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        name: told
        for name in _KEPT
        if (told := shape.get(name)) is not None and told != _SAYING_NOTHING.get(name)
    }
    for element in shape.findall("attribute"):
        attributes[element.get("name", "")] = (element.text or "").strip()
    return attributes


def _box(shape: Element) -> Box:
    x1, y1, x2, y2 = (number_in(shape.get(side), side) for side in _SIDES)
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)


def _points(text: str) -> Ring:
    points: list[Point] = []
    for pair in text.split(";"):
        x, comma, y = pair.partition(",")
        if not comma:
            raise AnnotationError("annotation_shape", "has points that are not x,y;x,y")
        points.append((number_in(x, "points"), number_in(y, "points")))
    return tuple(points)


def _turned_box(box: Box, degrees: float) -> Ring:
    return turned(corners(box), ((box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2), degrees)


def _mask(shape: Element, image: Element, budget: PixelBudget) -> Mask:
    """Return the mask of the whole image; CVAT tells the runs of a part of it, row by row."""
    left, top, width, height = (_whole(shape, name) for name in ("left", "top", "width", "height"))
    budget.spend(width, height)
    counts = [_count(part) for part in shape.get("rle", "").split(",")]
    # Row by row is column by column of the mask mirrored at its diagonal.
    mirrored = checked_mask(height, width, counts)
    rows = masks.to_rows(mirrored)
    part = masks.from_rows(width, height, b"".join(rows[y::height] for y in range(height)))
    whole_width, whole_height = _whole(image, "width"), _whole(image, "height")
    if not 0 < whole_width * whole_height <= MASK_PIXELS:
        raise AnnotationError("mask_size", f"has a mask of {whole_width} × {whole_height} pixels")
    return masks.placed(part, left, top, whole_width, whole_height)


def _whole(element: Element, name: str) -> int:
    return round(number_in(element.get(name), name))


def _count(text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 12:
        raise AnnotationError("annotation_shape", "has run lengths that are not whole numbers")
    return int(text)
