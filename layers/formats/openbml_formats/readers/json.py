"""Images with a json file each, the manual's own format (spec 02 sections 3.4, 3.5)."""

from collections.abc import Iterator

from openbml_formats.annotations import Annotation
from openbml_formats.image_json import annotation_of
from openbml_formats.json_values import sidecar_json
from openbml_formats.limits import SIDECAR_BYTES
from openbml_formats.pairing import paired_records
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.unlabelled import images_only, kind_of
from openbml_formats.records import Picture, Problem, Record
from openbml_formats.sources import Source


class JsonReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        return Shared(settings=settings)

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        if not settings.labelled:
            return images_only(source)
        return paired_records(source.members(), ".json")

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        return annotation_of(sidecar_json(data, limit=SIDECAR_BYTES), kind_of(shared))


READER = JsonReader()
