"""Text files with a text and its labels on each line, tabs between (spec 02 sections 4.2 and 4.3)."""

from collections.abc import Iterator

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sources import Source
from openbml_formats.text_rules import Line, file_lines
from openbml_formats.text_samples import LabelReader, Place, files_of, labelled_record


class TextLabelsReader:
    """A line without a label is an unlabelled sample."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".txt"], what="text file")
        yield from others
        labels = LabelReader(settings)
        for member in files:
            for line in file_lines(source, member.name):
                if isinstance(line, Line):
                    place = Place(member.name, line.number)
                    yield from labelled_record(line.text.split("\t"), place, settings, labels)
                else:
                    yield line


READER: Reader = TextLabelsReader()
