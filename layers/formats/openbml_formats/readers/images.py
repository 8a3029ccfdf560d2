"""Images without annotations, loose or in an archive."""

from collections.abc import Iterator

from openbml_formats.protocols import ReadSettings
from openbml_formats.readers.unlabelled import images_only
from openbml_formats.records import Problem, Record
from openbml_formats.sources import Source


class ImagesReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return images_only(source)


READER = ImagesReader()
