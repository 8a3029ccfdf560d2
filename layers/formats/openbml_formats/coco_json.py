"""One annotation of a COCO file, both ways."""

from collections.abc import Mapping
from typing import Any

from openbml_formats import masks
from openbml_formats.annotations import Box, Mask, Region, Ring
from openbml_formats.geometry import bounding_box, checked_mask, region_area, ring_of_flat
from openbml_formats.image_json import plain
from openbml_formats.json_values import number, text_value, without
from openbml_formats.records import AnnotationError

_WRITTEN = frozenset({"id", "image_id", "category_id", "bbox", "segmentation", "area"})
_TEXT = "text"
_RESERVED = _WRITTEN | {_TEXT, "attributes"}


def region_of(item: Mapping[str, Any], label: str) -> Region:
    """Return what an annotation says. Raises AnnotationError."""
    outline = item.get("segmentation")
    has_outline = bool(outline)
    attributes = without(item, _RESERVED)
    own = item.get("attributes")
    if own is not None:
        attributes |= own if isinstance(own, dict) else {"attributes": own}
    if attributes.get("iscrowd") == 0:
        del attributes["iscrowd"]  # written for every annotation: the usual case says nothing
    text = item.get(_TEXT)
    region = Region(
        label=label,
        box=None if has_outline and item.get("bbox") is None else _box(item.get("bbox")),
        polygons=_rings(outline) if isinstance(outline, list) else (),
        mask=_mask(outline) if isinstance(outline, dict) else None,
        text=None if text is None else text_value(text, '"text"'),
        attributes=attributes,
    )
    if has_outline and not region.polygons and region.mask is None:
        raise AnnotationError(
            "annotation_shape", "has a segmentation that is neither polygons nor run lengths"
        )
    return region


def _box(value: Any) -> Box:
    if not isinstance(value, list) or len(value) != 4:
        raise AnnotationError("annotation_shape", "has no bbox of [x, y, width, height]")
    x, y, width, height = (number(part, "bbox") for part in value)
    return Box(x1=x, y1=y, x2=_sum(x, width), y2=_sum(y, height))


def _sum(start: float, length: float) -> float:
    """Return start + length without the last digits that adding makes up."""
    return round(start + length, 9)


def _rings(outline: list[Any]) -> tuple[Ring, ...]:
    if outline and not isinstance(outline[0], list):
        return (ring_of_flat(outline),)  # one ring without its list, as some tools write it
    return tuple(ring_of_flat(ring) for ring in outline)


def _mask(outline: Mapping[str, Any]) -> Mask:
    size = outline.get("size")
    if not isinstance(size, list) or len(size) != 2:
        raise AnnotationError("annotation_shape", "has run lengths without a size of [height, width]")
    height, width = size
    counts = outline.get("counts")
    if isinstance(counts, str):
        if not (isinstance(height, int) and isinstance(width, int)):
            raise AnnotationError("annotation_shape", "has run lengths without a size of [height, width]")
        try:
            counts = masks.from_coco_string(counts, width, height)
        except ValueError as error:
            raise AnnotationError("annotation_shape", f"has {error}") from error
    return checked_mask(width, height, counts)


def item_of(region: Region) -> dict[str, Any]:
    """Return the annotation without its ids; attributes stand beside COCO's own members where they can."""
    box = bounding_box(region)
    if box is None:
        raise ValueError("a region of a COCO file has a shape")
    beside = {name: value for name, value in region.attributes.items() if name not in _RESERVED}
    nested = {name: value for name, value in region.attributes.items() if name in _RESERVED}
    item: dict[str, Any] = {
        "bbox": [
            plain(value) for value in (box.x1, box.y1, _length(box.x1, box.x2), _length(box.y1, box.y2))
        ],
        "area": plain(round(region_area(region), 6)),
        "segmentation": _segmentation(region),
        "iscrowd": 0,
        **beside,
    }
    if region.text is not None:
        item[_TEXT] = region.text
    return item | ({"attributes": nested} if nested else {})


def _length(start: float, end: float) -> float:
    return round(end - start, 9)


def _segmentation(region: Region) -> Any:
    if region.mask is not None:
        size = [region.mask.height, region.mask.width]
        return {"size": size, "counts": masks.to_coco_string(region.mask)}
    return [[plain(value) for point in ring for value in point] for ring in region.polygons]
