"""Fakes of the ports of tables."""

from collections.abc import Mapping

from openbml.datasets.tables.table_catalogues import (
    CatalogueTable,
    CatalogueTableNotFoundError,
    CatalogueTableRefusedError,
    FirstBytes,
)
from openbml_formats.tables.table_imports import ExternalFiles


class MemoryCatalogue:
    """Tables by database and name; a text in a table's place is why it cannot be imported."""

    def __init__(self, tables: Mapping[tuple[str, str], CatalogueTable | str] | None = None) -> None:
        self.tables = dict(tables or {})

    def describe(self, database: str, table: str) -> CatalogueTable:
        found = self.tables.get((database, table))
        if found is None:
            raise CatalogueTableNotFoundError(database=database, table=table)
        if isinstance(found, str):
            raise CatalogueTableRefusedError(database=database, table=table, reason=found)
        return found


class MemoryExternalReader:
    """One file a table, by bucket and prefix."""

    def __init__(self, files: Mapping[tuple[str, str], bytes] | None = None) -> None:
        self.files = dict(files or {})

    def first_bytes(self, files: ExternalFiles, size: int) -> FirstBytes | None:
        data = self.files.get((files.bucket, files.prefix))
        return None if data is None else FirstBytes(data=data[:size], whole=len(data) <= size)
