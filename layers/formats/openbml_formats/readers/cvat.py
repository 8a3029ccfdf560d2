"""CVAT for images 1.1: images, and `annotations.xml` about all of them, streamed."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from openbml_formats.cvat_xml import annotation_of
from openbml_formats.image_names import ImageNames
from openbml_formats.kept_items import KeptItems
from openbml_formats.pairing import ignored_file, is_image, suffix_of
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers.central import (
    joined,
    kept_annotation,
    kept_fault,
    missing_image,
    opened,
    rejected,
)
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import AnnotationError, Problem, Record, SourceFormatError
from openbml_formats.sources import Source
from openbml_formats.xml_documents import streamed_elements

_IMAGE, _TRACK = "image", "track"


class CvatReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return _labelled(source, settings) if settings.labelled else images_only(source)


def _labelled(source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
    names = [member.name for member in source.members()]
    documents = [name for name in names if suffix_of(name) == ".xml"]
    if not documents:
        raise SourceFormatError("there is no annotations.xml")
    images = [name for name in names if is_image(name)]
    yield from (ignored_file(name) for name in names if not is_image(name) and suffix_of(name) != ".xml")
    finder = ImageNames(images)
    with KeptItems[str]() as kept:
        for name in documents:
            yield from _kept(source, name, finder, settings, kept)
        yield from joined(images, kept)


def _kept(
    source: Source, name: str, finder: ImageNames, settings: ReadSettings, kept: KeptItems[str]
) -> Iterator[Problem]:
    found_images = False
    with opened(source, name) as stream:
        for element in streamed_elements(stream, frozenset({_IMAGE, _TRACK})):
            if element.tag == _TRACK:
                raise SourceFormatError(f"{name!r} is CVAT for video; export it as CVAT for images")
            found_images = True
            told = element.get("name", "")
            found = finder.find(told, file=name)
            if found.name is None:
                yield missing_image(name, told, found)
            elif found.name in kept:
                yield rejected(
                    found.name, "annotation_twice", f"{name!r} tells it twice; the first one counts"
                )
            else:
                kept.add(found.name, _judged(element, settings))
    if not found_images:
        raise SourceFormatError(f"{name!r} has no <image>, as CVAT for images 1.1 has it")


def _judged(element: Element, settings: ReadSettings) -> Any:
    try:
        return kept_annotation(annotation_of(element, settings.kind))
    except AnnotationError as error:
        return kept_fault(error)


READER = CvatReader()
