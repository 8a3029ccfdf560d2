"""Tables: columns and rows of a version, and what a file's beginning says before it is imported."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openbml_client.resources import Document, Resource, given

_SAMPLE_BYTES = 1024 * 1024
_PAGE_ROWS = 1_000


class Tables(Resource):
    """The table of one version."""

    def schema(self) -> Document:
        """Return columns, number of rows and sizes."""
        return self._get("/schema")

    def page(self, *, offset: int = 0, limit: int = 100) -> Document:
        return self._get("/rows", offset=offset, limit=limit)

    def rows(self, *, offset: int = 0, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield rows by column name, as far as they can be browsed."""
        left = limit
        position: int | None = offset
        while position is not None and left != 0:
            page = self.page(offset=position, limit=min(_PAGE_ROWS, left or _PAGE_ROWS))
            names = [column["name"] for column in page["columns"]]
            for row in page["rows"]:
                yield dict(zip(names, row, strict=True))
            left = None if left is None else left - len(page["rows"])
            position = page["next_offset"] if page["rows"] else None


class TablePreviews(Resource):
    """Previews in a project."""

    def of_file(self, path: Path, *, table: Mapping[str, Any] | None = None, rows: int = 20) -> Document:
        """Return the columns, types and first rows that an import of the file would have.

        Args:
            table: how to read it, as `Imports.import_files` takes it.
        """
        with path.open("rb") as file:
            beginning = file.read(_SAMPLE_BYTES)
        whole = path.stat().st_size <= _SAMPLE_BYTES
        data = base64.b64encode(beginning).decode()
        return self._post("/table-previews", given(data=data, whole=whole, table=table, rows=rows))

    def of_catalogue(self, database: str, table: str) -> Document:
        """Return columns and first rows of a table of the external catalogue."""
        return self._get("/catalogue-tables", database=database, table=table)
