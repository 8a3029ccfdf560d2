"""Excel files with a text, or two of a pair, in each row; the first is the header (spec 02 section 4.5)."""

from collections.abc import Iterator

from openbml_formats.protocols import Reader, ReadSettings
from openbml_formats.records import Problem, Record
from openbml_formats.sources import Source
from openbml_formats.workbook_rows import workbook_records


class ExcelReader:
    """Further columns are passed over."""

    def records(self, source: Source, settings: ReadSettings) -> Iterator[Record | Problem]:
        return workbook_records(source, settings.model_copy(update={"labelled": False}), "excel")


READER: Reader = ExcelReader()
