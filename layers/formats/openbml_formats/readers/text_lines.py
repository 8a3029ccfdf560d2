"""Text files with an unlabelled text on each line, or two with a tab between (spec 02 sections 4.2-4.5)."""

from collections.abc import Iterator

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sources import Source
from openbml_formats.text_rules import Line, file_lines
from openbml_formats.text_samples import Place, files_of, text_record


class TextLinesReader:
    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".txt"], what="text file")
        yield from others
        pairs = settings.kind.annotation_form is AnnotationForm.SIMILARITY
        for member in files:
            for line in file_lines(source, member.name):
                if not isinstance(line, Line):
                    yield line
                    continue
                place = Place(member.name, line.number)
                texts = line.text.split("\t") if pairs else [line.text]
                if pairs and len(texts) != 2:
                    message = f"has {len(texts)} columns where two texts with a tab between them are expected"
                    yield place.problem("column_count", message)
                else:
                    yield from text_record(texts, None, place, settings.kind)


READER: Reader = TextLinesReader()
