"""Samples from the rows of workbooks."""

from collections.abc import Iterator

from openbml_catalog.datasets import AnnotationForm, data_formats
from openbml_formats.protocols import ReadSettings
from openbml_formats.records import Problem, Record, SourceFormatError
from openbml_formats.sources import MemberUnreadableError, Source
from openbml_formats.text_samples import LabelReader, Place, files_of, labelled_record
from openbml_formats.workbooks import KEPT_COLUMNS, WORKBOOK_BYTES, WorkbookError, sheet_rows


def workbook_records(source: Source, settings: ReadSettings, format_code: str) -> Iterator[Record | Problem]:
    """Yield a sample for each row but the first: texts from the first column on, labels behind them.

    Raises:
        SourceFormatError: too many files, or one that is no workbook.
    """
    files, others = files_of(source, [".xlsx"], what="Excel file")
    most = data_formats()[format_code].most_files
    if len(files) > most:
        raise SourceFormatError(f"there are {len(files)} files; {most} in one upload are possible")
    yield from others
    labels = LabelReader(settings)
    texts = 2 if settings.kind.annotation_form is AnnotationForm.SIMILARITY else 1
    columns = texts + (_label_columns(settings))
    for member in files:
        try:
            rows = sheet_rows(source.read(member.name, limit=WORKBOOK_BYTES))
            for row in rows:
                if row.number > 1:
                    place = Place(member.name, row.number)
                    yield from labelled_record(row.cells[:columns], place, settings, labels)
        except (WorkbookError, MemberUnreadableError) as error:
            raise SourceFormatError(f"{member.name} {error}") from error


def _label_columns(settings: ReadSettings) -> int:
    if not settings.labelled:
        return 0
    return KEPT_COLUMNS if settings.kind.several else 1
