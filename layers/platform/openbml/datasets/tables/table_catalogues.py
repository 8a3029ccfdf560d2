"""Catalogues of tables outside of the platform: columns, place, make of their files (spec 02 section 8.16).

The manual's is EDAP (`cloud_edap`); what stands for it here is the installation's data catalogue.
"""

import io
from collections.abc import Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.dialects import Delimiter, Dialect, DialectError, table_rows
from openbml_formats.tables.schemas import BadValuePolicy, TableSchema, parsed_row
from openbml_formats.tables.table_imports import ExternalFiles, TableFormat
from openbml_formats.tables.values import CellValue

PREVIEW_ROWS = 20
PREVIEW_BYTES = 256 * 1024


class CatalogueTableNotFoundError(OpenBMLError):
    """The catalogue has no such table; details: database, table."""


class CatalogueTableRefusedError(OpenBMLError):
    """The table cannot be imported; details: database, table, reason."""


class CatalogueTable(BaseModel):
    """A table as its catalogue describes it.

    Attributes:
        columns: `raw_name` is the catalogue's name; its types are ours.
        header: whether text files begin with the columns' names.
        row_count: None where the catalogue does not tell.
    """

    model_config = ConfigDict(frozen=True)

    database: str
    table: str
    columns: TableSchema
    files: ExternalFiles
    format: TableFormat
    header: bool = False
    delimiter: Delimiter | None = None
    row_count: int | None = None


class TableCatalogue(Protocol):
    """Port; `tests/contract/datasets/test_table_catalogue.py` holds what implementations owe."""

    def describe(self, database: str, table: str) -> CatalogueTable:
        """Raises CatalogueTableNotFoundError, CatalogueTableRefusedError."""


class FirstBytes(BaseModel):
    """The beginning of a table's first file; `whole`: the file, and no other one follows."""

    model_config = ConfigDict(frozen=True)

    data: bytes
    whole: bool


class ExternalReader(Protocol):
    """Looks into files of customers' buckets."""

    def first_bytes(self, files: ExternalFiles, size: int) -> FirstBytes | None:
        """Return None where there is no file, or none that may be read."""


class GuessedTable(BaseModel):
    """A table before it is imported; `row_count` is None where nobody knows it without reading all of it."""

    model_config = ConfigDict(frozen=True)

    columns: TableSchema
    values: Sequence[Sequence[CellValue]] = ()
    row_count: int | None = None

    @property
    def types(self) -> Sequence[ColumnType]:
        return self.columns.types


def guess_schema(
    database: str, table: str, *, catalogue: TableCatalogue, reader: ExternalReader
) -> GuessedTable:
    """Return a table's columns, and its first rows where they can be shown.

    Raises:
        CatalogueTableNotFoundError, CatalogueTableRefusedError
    """
    described = catalogue.describe(database, table)
    found = None
    if described.format is TableFormat.CSV:
        found = reader.first_bytes(described.files, PREVIEW_BYTES)
    rows = _first_rows(described, found) if found else []
    row_count = described.row_count
    if row_count is None and found and found.whole:
        row_count = len(rows)
    return GuessedTable(columns=described.columns, values=rows[:PREVIEW_ROWS], row_count=row_count)


def _first_rows(described: CatalogueTable, found: FirstBytes) -> Sequence[Sequence[CellValue]]:
    """Return the rows that are there whole; what cannot be read has no preview."""
    data = found.data if found.whole else found.data[: found.data.rfind(b"\n") + 1]
    dialect = Dialect(delimiter=described.delimiter or ",", has_header=described.header)
    rows: list[Sequence[CellValue]] = []
    try:
        for _line, cells in table_rows(io.BytesIO(data), dialect):
            parsed = parsed_row(cells, described.columns, BadValuePolicy.AUTO)
            rows.append(parsed.values or ())
    except DialectError:
        return []
    return rows[1:] if described.header else rows
