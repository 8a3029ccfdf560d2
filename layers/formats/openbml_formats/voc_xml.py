"""Pascal VOC's xml of one image (spec 02 section 3.5): read with tolerance, written whole.

What a region has beside name and box is kept as its attributes: an element's text, or an object of its
children (`@name` for xml attributes, `#text` for text beside children). What has no such form when written, a
number from COCO for one, goes as JSON into an element of ours.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pydantic import JsonValue

from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.image_json import plain
from openbml_formats.json_values import JsonFormatError, number_in, strict_json
from openbml_formats.limits import SIDECAR_BYTES
from openbml_formats.records import AnnotationError
from openbml_formats.xml_documents import XmlFormatError, decoded_xml, parsed_xml

_OWN = "openbml_attributes"
_OF_DOCUMENTS = frozenset({"filename", "path", "size", "object", _OWN})
_OF_OBJECTS = frozenset({"name", "bndbox", _OWN})
# What many tools ask of every object; the usual values say nothing and are not kept.
_USUAL = {"pose": "Unspecified", "truncated": "0", "difficult": "0"}
_ELEMENT_NAME = re.compile(r"(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9_.-]*")
_WRITABLE = re.compile(r"[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def annotation_of(data: bytes) -> Annotation:
    """Return what the file says: a whole document, or `<object>` elements without a root.

    Raises:
        AnnotationError: too large, not XML, a document type, an object without name or box.
    """
    if len(data) > SIDECAR_BYTES:
        raise AnnotationError("annotation_size", f"is larger than {SIDECAR_BYTES} bytes")
    try:
        document = parsed_xml(f"<document>{decoded_xml(data)}</document>")
    except XmlFormatError as error:
        raise AnnotationError("annotation_xml", str(error)) from error
    found = document.find("annotation")
    root = document if found is None else found
    if found is None and any(child.tag != "object" for child in document):
        raise AnnotationError("annotation_shape", "is neither an <annotation> nor a list of <object>")
    regions = tuple(_region(element) for element in root.findall("object"))
    return Annotation(regions=regions, attributes=_attributes(root, _OF_DOCUMENTS))


def _region(element: Element) -> Region:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise AnnotationError("annotation_shape", "has an <object> without a <name>")
    bounds = element.find("bndbox")
    if bounds is None:
        raise AnnotationError("annotation_shape", f"has an <object> {name[:60]!r} without a <bndbox>")
    x1, y1, x2, y2 = (number_in(bounds.findtext(side), side) for side in _SIDES)
    told = _attributes(element, _OF_OBJECTS)
    attributes = {key: value for key, value in told.items() if key not in _USUAL or _USUAL[key] != value}
    return Region(label=name, box=Box(x1=x1, y1=y1, x2=x2, y2=y2), attributes=attributes)


def _attributes(element: Element, known: frozenset[str]) -> dict[str, JsonValue]:
    parts = [child for child in element if child.tag not in known]
    own = element.findtext(_OWN)
    return {**_grouped(parts), **(_own_attributes(own) if own else {})}


def _own_attributes(text: str) -> dict[str, JsonValue]:
    try:
        document = strict_json(text)
    except JsonFormatError as error:
        raise AnnotationError("annotation_shape", f"<{_OWN}> {error}") from error
    if not isinstance(document, dict):
        raise AnnotationError("annotation_shape", f"<{_OWN}> is not an object")
    return document


def _grouped(elements: list[Element]) -> dict[str, JsonValue]:
    values: dict[str, list[JsonValue]] = {}
    for element in elements:
        values.setdefault(element.tag, []).append(_value(element))
    return {tag: found[0] if len(found) == 1 else found for tag, found in values.items()}


def _value(element: Element) -> JsonValue:
    text = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return text
    value: dict[str, JsonValue] = {f"@{name}": told for name, told in element.attrib.items()}
    value |= _grouped(list(element))
    return value | ({"#text": text} if text else {})


def document_of(annotation: Annotation, *, file_name: str, width: int, height: int) -> bytes:
    """Return the file that says the annotation."""
    root = Element("annotation")
    _add_text(root, "filename", file_name)
    size = SubElement(root, "size")
    for name, value in (("width", width), ("height", height), ("depth", 3)):
        _add_text(size, name, str(value))
    _add_attributes(root, annotation.attributes, _OF_DOCUMENTS)
    for region in annotation.regions:
        _add_object(root, region)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _add_object(root: Element, region: Region) -> None:
    element = SubElement(root, "object")
    _add_text(element, "name", region.label)
    for key, usual in _USUAL.items():
        _add_text(element, key, _flag(region.attributes.get(key), usual))
    others = {key: value for key, value in region.attributes.items() if not _is_flag(key, value)}
    _add_attributes(element, others, _OF_OBJECTS | frozenset(_USUAL))
    if region.box is None:
        raise ValueError("a region of a VOC file has a box")
    bounds = SubElement(element, "bndbox")
    sides = (region.box.x1, region.box.y1, region.box.x2, region.box.y2)
    for name, value in zip(_SIDES, sides, strict=True):
        _add_text(bounds, name, repr(plain(value)))


def _flag(value: JsonValue, usual: str) -> str:
    """Return what tools read of an attribute that is no text, as COCO's are; its own value is kept beside."""
    if isinstance(value, int):
        return str(int(value))
    return value if isinstance(value, str) and _WRITABLE.fullmatch(value) else usual


def _is_flag(key: str, value: JsonValue) -> bool:
    """Whether the attribute is read back from the element that every object has."""
    return key in _USUAL and isinstance(value, str) and _elements(key, value) is not None


def _add_attributes(parent: Element, attributes: Mapping[str, JsonValue], known: frozenset[str]) -> None:
    others: dict[str, JsonValue] = {}
    for name, value in attributes.items():
        elements = _elements(name, value) if name not in known else None
        if elements is None:
            others[name] = value
        else:
            parent.extend(elements)
    if others:
        _add_text(parent, _OWN, json.dumps(others))


def _elements(name: str, value: Any) -> list[Element] | None:
    """Return the elements that are read as this value, None where there are none."""
    if not _ELEMENT_NAME.fullmatch(name):
        return None
    values = value if isinstance(value, list) else [value]
    elements = [_element(name, part) for part in values]
    whole = [element for element in elements if element is not None]
    if len(whole) != len(values) or _grouped(whole) != {name: value}:
        return None
    return whole


def _element(name: str, value: Any) -> Element | None:
    element = Element(name)
    if isinstance(value, str):
        element.text = value
        return element if _WRITABLE.fullmatch(value) else None
    if not isinstance(value, dict):
        return None
    for key, part in value.items():
        if key.startswith("@") and isinstance(part, str) and _ELEMENT_NAME.fullmatch(key[1:]):
            element.set(key[1:], part)
        elif key == "#text" and isinstance(part, str):
            element.text = part
        else:
            children = _elements(key, part)
            if children is None:
                return None
            element.extend(children)
    written = [*element.attrib.values(), element.text or ""]
    return element if all(_WRITABLE.fullmatch(text) for text in written) else None


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = "".join(c for c in text if _WRITABLE.fullmatch(c))
