"""Excel files with a text, or two of a pair, and its labels in each row; the first row is the header."""

from collections.abc import Iterator

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sources import Source
from openbml_formats.workbook_rows import workbook_records


class ExcelLabelsReader:
    """A row without a label is an unlabelled sample."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return workbook_records(source, settings, "excel_labels")


READER: Reader = ExcelLabelsReader()
