"""Images with a Pascal VOC xml file each (spec 02 section 3.5)."""

from collections.abc import Iterator

from openbml_formats.annotations import Annotation
from openbml_formats.pairing import paired_records
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import Picture, Problem, Record
from openbml_formats.sources import Source
from openbml_formats.voc_xml import annotation_of


class VocReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        return Shared(settings=settings)

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        if not settings.labelled:
            return images_only(source)
        return paired_records(source.members(), ".xml")

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        return annotation_of(data)


READER = VocReader()
