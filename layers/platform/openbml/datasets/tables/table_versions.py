"""Tables of versions: which rows a version holds, and how imports change that (spec 01 QS-8).

A version's rows are its manifest, an object that is written once for every change; the table's item says
which one counts. Both an import's end and its rows become visible in one step.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport, ImportCounts
from openbml.datasets.stored_objects import table_prefix
from openbml_formats.tables.table_imports import (
    DATASET_BYTES,
    ROWS_AT_MOST,
    BrowsePage,
    TableManifest,
    TableResult,
)


class TableVolumeError(OpenBMLError):
    """The version would hold too many rows or bytes; details: rows, source_bytes."""


class TableColumnsError(OpenBMLError):
    """Rows of other columns cannot be added to the version's; details: columns, wanted."""


class TableChangedError(OpenBMLError):
    """The table or its import changed at the same moment; details: import_id."""


class NoTableError(OpenBMLError):
    """The version holds no rows yet; details: dataset_id, version_number."""


class VersionTable(BaseModel):
    """What a version's rows are, in short.

    Attributes:
        manifest_key: of the manifest that counts, data bucket.
        replaced_key: of one whose rows were replaced by it, and may be let go of.
        source_bytes: what the rows were read from, unpacked: what the limit of a dataset is about.
        size_bytes: of the Parquet parts.
        revision: grows with every change; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    dataset_id: int
    version_number: int
    manifest_key: str
    replaced_key: str | None = None
    column_count: int
    rows: int = Field(ge=0, le=ROWS_AT_MOST)
    source_bytes: int = Field(ge=0, le=DATASET_BYTES)
    size_bytes: int
    changed_at: AwareDatetime
    revision: int = Field(default=1, ge=1)

    @property
    def key(self) -> VersionKey:
        return VersionKey(scope=self.scope, dataset_id=self.dataset_id, version_number=self.version_number)


class TableRepository(Protocol):
    """Port; `tests/contract/datasets/test_table_repository.py` holds what implementations owe."""

    def find(self, key: VersionKey) -> VersionTable | None: ...

    def commit(self, data_import: DataImport, table: VersionTable, counts: ImportCounts) -> None:
        """Make the table the version's and end the import as finished, all of it or nothing.

        Raises:
            TableChangedError: the import is not planned any more, or the table is not the one before.
        """


def import_table_prefix(data_import: DataImport) -> str:
    return f"{table_prefix(data_import.version_key)}{data_import.import_id}/"


def changed_manifest_key(data_import: DataImport) -> str:
    """Return where the manifest goes that holds once the import has ended."""
    return f"{import_table_prefix(data_import)}manifest.json"


def appended(before: TableManifest | None, result: TableResult) -> TableManifest:
    """Return the rows of a version after an import's were added.

    Raises:
        TableColumnsError: they have other columns.
        TableVolumeError: there would be too many of them.
    """
    if result.columns is None:
        raise TableColumnsError(columns=[], wanted=[])
    if before is None:
        return _within_limits(
            TableManifest(
                columns=result.columns,
                rows=result.rows,
                source_bytes=result.source_bytes,
                size_bytes=result.size_bytes,
                parts=result.parts,
                pages=result.pages,
            )
        )
    wanted, given = before.columns, result.columns
    if (wanted.names, wanted.types) != (given.names, given.types):
        raise TableColumnsError(columns=list(given.names), wanted=list(wanted.names))
    return _within_limits(
        TableManifest(
            columns=wanted,
            rows=before.rows + result.rows,
            source_bytes=before.source_bytes + result.source_bytes,
            size_bytes=before.size_bytes + result.size_bytes,
            parts=[*before.parts, *result.parts],
            pages=_first_pages(before, result.pages),
        )
    )


def _first_pages(before: TableManifest, pages: Sequence[BrowsePage]) -> Sequence[BrowsePage]:
    """Pages show the first rows without a gap; where they stop before the end, later ones cannot follow."""
    complete = sum(page.rows for page in before.pages) == before.rows
    return [*before.pages, *pages] if complete else before.pages


def _within_limits(manifest: TableManifest) -> TableManifest:
    if manifest.rows > ROWS_AT_MOST or manifest.source_bytes > DATASET_BYTES:
        raise TableVolumeError(rows=manifest.rows, source_bytes=manifest.source_bytes)
    return manifest


def table_after(
    data_import: DataImport,
    manifest: TableManifest,
    before: VersionTable | None,
    at: datetime,
    *,
    replaced_key: str | None,
) -> VersionTable:
    """Return the version's table once the manifest counts."""
    return VersionTable(
        scope=data_import.scope,
        dataset_id=data_import.dataset_id,
        version_number=data_import.version_number,
        manifest_key=changed_manifest_key(data_import),
        replaced_key=replaced_key,
        column_count=len(manifest.columns.columns),
        rows=manifest.rows,
        source_bytes=manifest.source_bytes,
        size_bytes=manifest.size_bytes,
        changed_at=at,
        revision=before.revision + 1 if before else 1,
    )
