"""The first rows of a table file: names, types and values, before anything is imported."""

import codecs
import csv
import io
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.dialects import (
    SAMPLE_BYTES,
    Dialect,
    DialectError,
    complete_lines,
    detect_dialect,
)
from openbml_formats.tables.schemas import (
    FEWEST_COLUMNS,
    MOST_COLUMNS,
    TableColumn,
    TableSchema,
    TableSchemaError,
    checked_column_name,
    generated_names,
    suggested_names,
)
from openbml_formats.tables.values import CellError, CellValue, cell_value, guessed_type

GUESSED_ROWS = 1000


class TablePreview(BaseModel):
    """What the beginning of a file says.

    Attributes:
        raw_names: the header's cells; empty without a header.
        names: what columns would be called: the raw names, adapted where columns may not have them.
        problems: why an import under these names and this width would be refused; empty when it would not.
        values: the first rows as `types` say; a cell that says nothing is None.
    """

    model_config = ConfigDict(frozen=True)

    dialect: Dialect
    raw_names: tuple[str, ...]
    names: tuple[str, ...]
    types: tuple[ColumnType, ...]
    values: tuple[tuple[CellValue, ...], ...]
    problems: tuple[str, ...] = ()

    def schema_of_all(self) -> TableSchema:
        """Return the schema that takes every column. Raises TableSchemaError."""
        raw_names = self.raw_names or self.names
        columns = zip(self.names, self.types, raw_names, strict=True)
        return TableSchema.checked(
            [
                TableColumn(name=name, type=column_type, ordinal=place, raw_name=raw)
                for place, (name, column_type, raw) in enumerate(columns)
            ]
        )


def table_preview(
    prefix: bytes, *, rows: int = 20, dialect: Dialect | None = None, whole: bool = False
) -> TablePreview:
    """Return what a file's first bytes say of the table.

    Args:
        prefix: as much of the beginning as is at hand; at most 1 MiB of it is read.
        dialect: what the user says; detected where it is None.
        whole: `prefix` is the whole file.

    Raises:
        DialectError: the file is no table of text, is empty, or has more than 1000 columns.
    """
    whole = whole and len(prefix) <= SAMPLE_BYTES
    found = dialect or detect_dialect(prefix, whole=whole)
    table = _rows(prefix[:SAMPLE_BYTES], found, whole=whole)
    raw_names = tuple(table[0]) if found.has_header else ()
    body = table[1:] if found.has_header else table
    width = len(raw_names) or max(map(len, body))
    if width > MOST_COLUMNS:
        raise DialectError(f"the file has {width} columns, at most {MOST_COLUMNS} are allowed")
    types = tuple(guessed_type(_column(body, place)) for place in range(width))
    return TablePreview(
        dialect=found,
        raw_names=raw_names,
        names=tuple(suggested_names(raw_names) if raw_names else generated_names(width)),
        types=types,
        values=tuple(_shown(row, types) for row in body[:rows]),
        problems=tuple(_problems(raw_names, width)),
    )


def _rows(prefix: bytes, dialect: Dialect, *, whole: bool) -> Sequence[Sequence[str]]:
    try:
        text = codecs.getincrementaldecoder(dialect.encoding)("strict").decode(prefix, final=whole)
    except UnicodeDecodeError as error:
        raise DialectError(f"the text is not {dialect.encoding.upper()}") from error
    text = text if whole else complete_lines(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote)
    table: list[Sequence[str]] = []
    try:
        for row in reader:
            if row:
                table.append(row)
            if len(table) > GUESSED_ROWS:
                break
    except csv.Error as error:
        if not table:
            raise DialectError(f"line {reader.line_num}: {error}") from error
    if not table:
        raise DialectError("the file is empty")
    return table


def _column(body: Sequence[Sequence[str]], place: int) -> Sequence[str]:
    return [row[place] for row in body if place < len(row)]


def _shown(row: Sequence[str], types: Sequence[ColumnType]) -> tuple[CellValue, ...]:
    cells = [*row, *[""] * (len(types) - len(row))]
    return tuple(_value(cell, column_type) for cell, column_type in zip(cells, types, strict=False))


def _value(cell: str, column_type: ColumnType) -> CellValue:
    try:
        return cell_value(cell, column_type)
    except CellError:
        return None


def _problems(raw_names: Sequence[str], width: int) -> Sequence[str]:
    problems: list[str] = []
    if width < FEWEST_COLUMNS:
        problems.append(f"the file has {width} column, at least {FEWEST_COLUMNS} are needed")
    for name in raw_names:
        try:
            checked_column_name(name)
        except TableSchemaError as error:
            problems.append(str(error))
    repeated = sorted({name for name in raw_names if raw_names.count(name) > 1})
    problems.extend(f"two columns are called {name[:80]!r}" for name in repeated)
    return problems
