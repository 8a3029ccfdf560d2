"""Sounds with a json file each, in the manual's layout for images."""

from collections.abc import Iterator

from openbml_formats.annotations import Annotation
from openbml_formats.image_json import annotation_of
from openbml_formats.json_values import sidecar_json
from openbml_formats.limits import SIDECAR_BYTES
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.readers.sounds import READER as UNLABELLED
from openbml_formats.readers.unlabelled import kind_of
from openbml_formats.records import Picture, Problem, Record
from openbml_formats.sound_files import SOUND_SUFFIXES
from openbml_formats.sources import Source
from openbml_formats.strict_pairs import paired_files


class SoundJsonReader:
    def shared(self, source: Source, settings: ReadSettings) -> Shared:
        return Shared(settings=settings)

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        if not settings.labelled:
            yield from UNLABELLED.records(source, settings)
            return
        for sound, sidecar in paired_files(source, SOUND_SUFFIXES, what="sound"):
            yield Record(name=sound, member=sound, sidecar=sidecar, file=sound)

    def annotation(self, data: bytes, picture: Picture, shared: Shared) -> Annotation:
        return annotation_of(sidecar_json(data, limit=SIDECAR_BYTES), kind_of(shared))


READER = SoundJsonReader()
