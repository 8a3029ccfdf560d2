"""The manual's json of one image (spec 02 sections 3.4, 3.5), with members of ours for what it has none.

`labels[]` holds `name`, a box as `x1, y1, x2, y2` or an outline as `points`, `text` for OCR; ours are
`polygons` (several rings), `mask` (`width, height, counts`) and `attributes`, also beside `labels`.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from openbml_catalog.datasets import AnnotationForm, DatasetKind
from openbml_formats.annotations import Annotation, Box, Mask, Region
from openbml_formats.geometry import checked_mask, ring_of_pairs
from openbml_formats.json_values import number, text_value, without
from openbml_formats.records import AnnotationError

_CORNERS = ("x1", "y1", "x2", "y2")
_KNOWN = frozenset({"name", "points", "polygons", "mask", "text", "attributes", *_CORNERS})


def annotation_of(document: Any, kind: DatasetKind) -> Annotation:
    """Return what the document says. Raises AnnotationError."""
    labels = document.get("labels") if isinstance(document, dict) else None
    if not isinstance(labels, list):
        raise AnnotationError("annotation_shape", 'is not an object with a list "labels"')
    attributes = _attributes(document)
    if kind.annotation_form is AnnotationForm.CLASSES:
        return Annotation(labels=tuple(_name(label) for label in labels), attributes=attributes)
    return Annotation(regions=tuple(_region(label, kind) for label in labels), attributes=attributes)


def _name(label: Any) -> str:
    name = label.get("name") if isinstance(label, dict) else None
    if not isinstance(name, str):
        raise AnnotationError("annotation_shape", 'has a label without a text "name"')
    return name


def _attributes(document: Mapping[str, Any]) -> dict[str, JsonValue]:
    attributes = document.get("attributes", {})
    if not isinstance(attributes, dict):
        raise AnnotationError("annotation_shape", '"attributes" is not an object')
    return attributes


def _region(label: Any, kind: DatasetKind) -> Region:
    if not isinstance(label, dict):
        raise AnnotationError("annotation_shape", "has a label that is not an object")
    reads_text = kind.annotation_form is AnnotationForm.TEXT_REGIONS
    text = label.get("text")
    region = Region(
        label="" if reads_text and label.get("name") is None else _name(label),
        box=_box(label),
        polygons=_rings(label),
        mask=_mask(label["mask"]) if label.get("mask") is not None else None,
        text=None if text is None else text_value(text, '"text"'),
        attributes={**without(label, _KNOWN), **_attributes(label)},
    )
    if region.box is None and not region.polygons and region.mask is None:
        wanted = '"points"' if reads_text else '"x1", "y1", "x2", "y2" or "points"'
        raise AnnotationError("annotation_shape", f"has a label without {wanted}")
    return region


def _box(label: Mapping[str, Any]) -> Box | None:
    if not any(name in label for name in _CORNERS):
        return None
    missing = [name for name in _CORNERS if name not in label]
    if missing:
        raise AnnotationError("annotation_shape", f"has a box without {missing[0]!r}")
    return Box(**{name: number(label[name], name) for name in _CORNERS})


def _rings(label: Mapping[str, Any]) -> tuple[tuple[tuple[float, float], ...], ...]:
    if label.get("points") is not None:
        return (ring_of_pairs(label["points"]),)
    rings = label.get("polygons", [])
    if not isinstance(rings, list):
        raise AnnotationError("annotation_shape", '"polygons" is not a list')
    return tuple(ring_of_pairs(ring, "polygons") for ring in rings)


def _mask(value: Any) -> Mask:
    if not isinstance(value, dict):
        raise AnnotationError("annotation_shape", '"mask" is not an object')
    return checked_mask(value.get("width"), value.get("height"), value.get("counts"))


def document_of(annotation: Annotation) -> dict[str, Any]:
    """Return the document that says the annotation."""
    labels: list[dict[str, Any]] = [{"name": name} for name in annotation.labels]
    labels += [_label(region) for region in annotation.regions]
    document: dict[str, Any] = {"labels": labels}
    if annotation.attributes:
        document["attributes"] = dict(annotation.attributes)
    return document


def _label(region: Region) -> dict[str, Any]:
    label: dict[str, Any] = {"name": region.label} if region.label else {}
    if region.text is not None:
        label["text"] = region.text
    if region.box is not None:
        label |= {name: plain(getattr(region.box, name)) for name in _CORNERS}
    rings = [[[plain(x), plain(y)] for x, y in ring] for ring in region.polygons]
    if len(rings) == 1:
        label["points"] = rings[0]
    elif rings:
        label["polygons"] = rings
    if region.mask is not None:
        label["mask"] = region.mask.model_dump(mode="json")
    if region.attributes:
        label["attributes"] = dict(region.attributes)
    return label


def plain(value: float) -> float | int:
    """Return the number as people write it: without a fraction where there is none."""
    return int(value) if value.is_integer() else value
