"""Looking at tables: columns, first rows, and a file's beginning before it is imported."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore
from openbml.datasets.tables.table_settings import TableSettings
from openbml.datasets.tables.table_versions import NoTableError, TableRepository, VersionTable
from openbml_formats.tables.dialects import SAMPLE_BYTES, Dialect, DialectError, detect_dialect
from openbml_formats.tables.preview import TablePreview, table_preview
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import HeaderChoice, TableManifest, unpacked_rows

_PAGE_JSON_BYTES = 4 * 1024 * 1024  # a reply of a function has 6 MB
_FIRST_BYTES = 32 * 1024 * 1024  # that a function holds at once
_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")


class NoPreviewError(OpenBMLError):
    """The file's beginning shows no table; details: reason."""


class TablePage(BaseModel):
    """Some rows of a version.

    Attributes:
        browsable: how many of the first rows can be looked at.
        next_offset: where to go on; None at the end.
    """

    model_config = ConfigDict(frozen=True)

    columns: TableSchema
    rows: Sequence[Sequence[Any]]
    offset: int
    total: int
    browsable: int
    next_offset: int | None


def table_of(
    key: VersionKey, *, tables: TableRepository, data: ObjectStore
) -> tuple[VersionTable, TableManifest]:
    """Raises NoTableError: the version holds no rows."""
    table = tables.find(key)
    if table is None:
        raise NoTableError(dataset_id=key.dataset_id, version_number=key.version_number)
    return table, TableManifest.model_validate_json(data.read(table.manifest_key))


def table_rows_page(manifest: TableManifest, *, offset: int, limit: int, data: ObjectStore) -> TablePage:
    """Return rows from `offset` on, fewer than `limit` where they are very long."""
    rows: list[Sequence[Any]] = []
    size = 0
    first = 0
    for page in manifest.pages:
        if first + page.rows > offset and len(rows) < limit:
            for row in unpacked_rows(data.read(page.key))[max(0, offset - first) :]:
                size += _length(row)
                if len(rows) == limit or (rows and size > _PAGE_JSON_BYTES):
                    break
                rows.append(row)
            else:
                first += page.rows
                continue
            break
        first += page.rows
    browsable = sum(page.rows for page in manifest.pages)
    end = offset + len(rows)
    return TablePage(
        columns=manifest.columns,
        rows=rows,
        offset=offset,
        total=manifest.rows,
        browsable=browsable,
        next_offset=end if rows and end < browsable else None,
    )


def first_rows(manifest: TableManifest, *, limit: int, data: ObjectStore) -> list[list[Any]]:
    """Return the first rows, as many of `limit` as can be browsed and are not too long in all."""
    rows: list[list[Any]] = []
    size = 0
    for page in manifest.pages:
        for row in unpacked_rows(data.read(page.key)):
            size += _length(row)
            if len(rows) == limit or (rows and size > _FIRST_BYTES):
                return rows
            rows.append(row)
    return rows


def _length(row: Sequence[Any]) -> int:
    return sum(4 * len(value) + 3 if isinstance(value, str) else 20 for value in row)


def decoded_prefix(text: str) -> bytes:
    """Return a file's first bytes as a caller has sent them. Raises InvalidRequestError."""
    try:
        prefix = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(field="data", reason="must be base64") from error
    if not 0 < len(prefix) <= SAMPLE_BYTES:
        raise InvalidRequestError(field="data", reason=f"must be 1 to {SAMPLE_BYTES} bytes")
    return prefix


def uploaded_prefix(data_import: DataImport, index: int, uploads: ObjectStore) -> tuple[bytes, bool]:
    """Return the first bytes of an import's file, and whether they are all of it.

    Raises:
        InvalidRequestError: the import has no such file.
        NoPreviewError: the file is not there yet.
    """
    if index >= len(data_import.files):
        raise InvalidRequestError(field="file", reason=f"must be less than {len(data_import.files)}")
    size = data_import.files[index].size_bytes
    try:
        prefix = uploads.read_range(data_import.file_key(index), 0, min(size, SAMPLE_BYTES))
    except ObjectMissingError as error:
        raise NoPreviewError(reason="the upload of the file is not complete") from error
    return prefix, size <= SAMPLE_BYTES


def preview_of(prefix: bytes, settings: TableSettings, *, whole: bool, rows: int) -> TablePreview:
    """Return names, types and first values as an import with these settings would take them.

    Raises:
        NoPreviewError: an archive, Parquet, or no table at all.
    """
    if prefix.startswith(_ARCHIVES):
        raise NoPreviewError(reason="an archive shows its rows once it is imported")
    try:
        return table_preview(prefix, rows=rows, dialect=_dialect(prefix, settings, whole=whole), whole=whole)
    except DialectError as error:
        raise NoPreviewError(reason=str(error)) from error


def _dialect(prefix: bytes, settings: TableSettings, *, whole: bool) -> Dialect:
    """Raises DialectError."""
    said = {
        "encoding": settings.encoding,
        "delimiter": settings.delimiter,
        "has_header": None if settings.header is HeaderChoice.AUTO else settings.header is HeaderChoice.TRUE,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    return detect_dialect(prefix, whole=whole).model_copy(update=changes)
