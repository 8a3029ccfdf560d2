"""Sounds without labels, loose or in an archive."""

from collections.abc import Iterator

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sound_files import sounds_of
from openbml_formats.sources import Source


class SoundsReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        sounds, others = sounds_of(source)
        yield from others
        for name in sounds:
            yield Record(name=name, member=name, file=name)


READER: Reader = SoundsReader()
