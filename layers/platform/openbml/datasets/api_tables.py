"""Routes of tables: columns and rows of a version, previews of files, tables of the external catalogue."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field, model_validator

from openbml.datasets.api import PROJECT, VERSION, Id, Number
from openbml.datasets.api_access import project_access, version_key
from openbml.datasets.api_models import Body, Reply
from openbml.datasets.datasets import VersionKey
from openbml.datasets.tables.browse_tables import (
    TablePage,
    decoded_prefix,
    preview_of,
    table_of,
    table_rows_page,
    uploaded_prefix,
)
from openbml.datasets.tables.table_catalogues import GuessedTable, guess_schema
from openbml.datasets.tables.table_settings import TableSettings
from openbml.datasets.tables.table_versions import VersionTable
from openbml.datasets.wiring import (
    archive_store,
    data_store,
    external_reader,
    import_repository,
    table_catalogue,
    table_repository,
)
from openbml_formats.tables.dialects import SAMPLE_BYTES, Dialect
from openbml_formats.tables.preview import TablePreview
from openbml_formats.tables.schemas import TableColumn, TableSchema

router = Router()

_BASE64_CHARACTERS = (SAMPLE_BYTES + 2) // 3 * 4
_PREVIEW_ROWS = 20


class PreviewedImport(Body):
    """A file that is uploaded already."""

    dataset_id: int = Field(ge=1, lt=2**53)
    version_number: int = Field(ge=1, lt=1_000_000)
    import_id: int = Field(ge=1, lt=2**53)
    file: int = Field(default=0, ge=0, lt=1_000)


class NewPreview(Body):
    """A file's first bytes, at most a megabyte of them, or one that is uploaded.

    `whole`: the bytes are the whole file.
    """

    data: str | None = Field(default=None, max_length=_BASE64_CHARACTERS)
    whole: bool = False
    uploaded: PreviewedImport | None = None
    table: TableSettings = TableSettings()
    rows: int = Field(default=_PREVIEW_ROWS, ge=1, le=100)

    @model_validator(mode="after")
    def _is_one_file(self) -> Self:
        if (self.data is None) == (self.uploaded is None):
            raise ValueError("takes data or uploaded, one of them")
        return self


class ColumnView(Reply):
    name: str
    raw_name: str
    type: str

    @classmethod
    def all_of(cls, columns: TableSchema) -> Sequence["ColumnView"]:
        return [cls._of(column) for column in columns.columns]

    @classmethod
    def _of(cls, column: TableColumn) -> "ColumnView":
        return cls(name=column.name, raw_name=column.raw_name, type=str(column.type))


class SchemaView(Reply):
    """Columns in their order, and how many rows there are of them."""

    columns: Sequence[ColumnView]
    rows: int
    size_bytes: int
    source_bytes: int

    @classmethod
    def of(cls, table: VersionTable, columns: TableSchema) -> "SchemaView":
        return cls(
            columns=ColumnView.all_of(columns),
            rows=table.rows,
            size_bytes=table.size_bytes,
            source_bytes=table.source_bytes,
        )


class RowsView(Reply):
    """Rows as lists of values in the order of the columns; decimals and times are texts."""

    columns: Sequence[ColumnView]
    rows: Sequence[Sequence[Any]]
    offset: int
    total: int
    browsable: int
    next_offset: int | None

    @classmethod
    def of(cls, page: TablePage) -> "RowsView":
        return cls(
            columns=ColumnView.all_of(page.columns),
            rows=page.rows,
            offset=page.offset,
            total=page.total,
            browsable=page.browsable,
            next_offset=page.next_offset,
        )


class PreviewView(Reply):
    """What the file's beginning says; `problems` tell why an import as it is would be refused."""

    dialect: Dialect
    raw_names: Sequence[str]
    names: Sequence[str]
    types: Sequence[str]
    values: Sequence[Sequence[Any]]
    problems: Sequence[str]

    @classmethod
    def of(cls, preview: TablePreview) -> "PreviewView":
        return cls(
            dialect=preview.dialect,
            raw_names=preview.raw_names,
            names=preview.names,
            types=[str(column_type) for column_type in preview.types],
            values=preview.model_dump(mode="json", include={"values"})["values"],
            problems=preview.problems,
        )


class CatalogueTableView(Reply):
    """A table of the catalogue; `row_count` is null where nobody knows it without reading all."""

    columns: Sequence[ColumnView]
    values: Sequence[Sequence[Any]]
    row_count: int | None
    has_preview: bool

    @classmethod
    def of(cls, guessed: GuessedTable) -> "CatalogueTableView":
        return cls(
            columns=ColumnView.all_of(guessed.columns),
            values=guessed.model_dump(mode="json", include={"values"})["values"],
            row_count=guessed.row_count,
            has_preview=bool(guessed.values),
        )


@router.get(f"{VERSION}/schema")
def get_schema(project_id: Id, dataset_id: Id, version_number: Number) -> SchemaView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    table, manifest = table_of(key, tables=table_repository(), data=data_store())
    return SchemaView.of(table, manifest.columns)


@router.get(f"{VERSION}/rows")
def list_rows(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> RowsView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    _, manifest = table_of(key, tables=table_repository(), data=data_store())
    return RowsView.of(table_rows_page(manifest, offset=offset, limit=limit, data=data_store()))


@router.post(f"{PROJECT}/table-previews")
def post_preview(project_id: Id, body: NewPreview) -> PreviewView:
    access = project_access(router, project_id, "datasets.write")
    if body.uploaded is None:
        prefix, whole = decoded_prefix(body.data or ""), body.whole
    else:
        place = body.uploaded
        key = VersionKey(scope=access.scope, dataset_id=place.dataset_id, version_number=place.version_number)
        data_import = import_repository().get(key, place.import_id)
        prefix, whole = uploaded_prefix(data_import, place.file, archive_store())
    return PreviewView.of(preview_of(prefix, body.table, whole=whole, rows=body.rows))


@router.get(f"{PROJECT}/catalogue-tables")
def get_catalogue_table(
    project_id: Id,
    database: Annotated[str, Query(min_length=1, max_length=255)],
    table: Annotated[str, Query(min_length=1, max_length=255)],
) -> CatalogueTableView:
    """Read the structure of an external table before importing it."""
    project_access(router, project_id, "datasets.write")
    guessed = guess_schema(database, table, catalogue=table_catalogue(), reader=external_reader())
    return CatalogueTableView.of(guessed)
