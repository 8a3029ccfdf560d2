"""CSV of texts with their labels; tables are imported by a job of their own."""

from collections.abc import Iterator, Sequence

from openbml_catalog.datasets import AnnotationForm
from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sources import Source
from openbml_formats.tables.dialects import SAMPLE_BYTES, DialectError, detect_dialect, table_rows
from openbml_formats.text_rules import opened
from openbml_formats.text_samples import LabelReader, Place, files_of, labelled_record

_TEXTS = (("text", "content", "sentence"),)
_PAIRS = (("text1", "text_a", "sentence1"), ("text2", "text_b", "sentence2"))
_LABELS = ("label", "labels", "category")


class CsvReader:
    """Columns are found by their names in the first row, else by their places: texts first, then labels."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        files, others = files_of(source, [".csv"], what="CSV file")
        yield from others
        labels = LabelReader(settings)
        for member in files:
            try:
                yield from _records(source, member.name, settings, labels)
            except DialectError as error:
                raise SourceFormatError(f"{member.name}: {error}") from error


def _records(
    source: Source, name: str, settings: ReadSettings, labels: LabelReader
) -> Iterator[Record | Problem]:
    with opened(source, name) as stream:
        dialect = detect_dialect(stream.read(SAMPLE_BYTES), whole=False)
    named = _PAIRS if settings.kind.annotation_form is AnnotationForm.SIMILARITY else _TEXTS
    places: Sequence[int] = range(len(named) + 1)
    with opened(source, name) as stream:
        for number, (line, row) in enumerate(table_rows(stream, dialect)):
            header = _header(row, named) if number == 0 else None
            if header is not None:
                places = header
                continue
            cells = [row[place] if place < len(row) else "" for place in places]
            yield from labelled_record(cells, Place(name, line), settings, labels)


def _header(row: Sequence[str], named: Sequence[Sequence[str]]) -> Sequence[int] | None:
    """Return where texts and label stand when the row names them."""
    names = [cell.strip().lower() for cell in row]
    places = [_place(names, wanted) for wanted in named]
    if None in places:
        return None
    label = _place(names, _LABELS)
    return [place for place in places if place is not None] + [len(row) if label is None else label]


def _place(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


READER: Reader = CsvReader()
