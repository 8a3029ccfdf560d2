"""Adapters to the AWS Glue Data Catalog and to the buckets its tables lie in."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.datasets.tables.table_catalogues import (
    CatalogueTable,
    CatalogueTableNotFoundError,
    CatalogueTableRefusedError,
    FirstBytes,
)
from openbml_formats.tables.column_types import ColumnType, ColumnTypeError
from openbml_formats.tables.schemas import (
    TableColumn,
    TableSchema,
    TableSchemaError,
    suggested_names,
)
from openbml_formats.tables.table_imports import ExternalFiles, TableFormat

_MISSING = frozenset({"EntityNotFoundException"})
_UNREADABLE = frozenset({"AccessDenied", "AccessDeniedException", "403", "NoSuchBucket", "NoSuchKey", "404"})
_DELIMITERS = {",": ",", ";": ";", "\t": "\t", "\\t": "\t", "|": "|"}
_ROW_COUNTS = ("recordCount", "numRows")


class GlueTableCatalogue:
    """Tables of the account's catalogue.

    Args:
        closed: buckets that no table may lie in: the platform's own hold the data of all projects.
    """

    def __init__(self, glue: Any, *, closed: Collection[str] = ()) -> None:
        self._glue = glue
        self._closed = frozenset(closed)

    def describe(self, database: str, table: str) -> CatalogueTable:
        try:
            found = self._glue.get_table(DatabaseName=database, Name=table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _MISSING:
                raise
            raise CatalogueTableNotFoundError(database=database, table=table) from error
        try:
            described = _described(database, table, found)
            if described.files.bucket in self._closed:
                raise _RefusalError("it lies in a bucket of the platform")
            return described
        except (_RefusalError, ColumnTypeError, TableSchemaError) as error:
            raise CatalogueTableRefusedError(database=database, table=table, reason=str(error)) from error


class _RefusalError(Exception):
    pass


def _described(database: str, table: str, found: Mapping[str, Any]) -> CatalogueTable:
    if found.get("PartitionKeys"):
        raise _RefusalError("it is partitioned; only tables whose files hold all columns are read")
    storage = found.get("StorageDescriptor") or {}
    parameters = {**storage.get("Parameters", {}), **found.get("Parameters", {})}
    serde = (storage.get("SerdeInfo") or {}).get("Parameters") or {}
    table_format = _format(storage, parameters)
    return CatalogueTable(
        database=database,
        table=table,
        columns=_columns(storage.get("Columns") or []),
        files=_files(storage.get("Location") or ""),
        format=table_format,
        header=str({**serde, **parameters}.get("skip.header.line.count", "0")) == "1",
        delimiter=_delimiter(serde) if table_format is TableFormat.CSV else None,
        row_count=_row_count(parameters),
    )


def _columns(columns: Sequence[Mapping[str, Any]]) -> TableSchema:
    raw_names = [str(column["Name"]) for column in columns]
    return TableSchema.checked(
        [
            TableColumn(
                name=name,
                type=_type(str(column.get("Type", "string")), raw),
                ordinal=place,
                raw_name=raw,
            )
            for place, (column, raw, name) in enumerate(
                zip(columns, raw_names, suggested_names(raw_names), strict=True)
            )
        ]
    )


def _type(written: str, name: str) -> ColumnType:
    """Raises ColumnTypeError: a compound type, or another that single values cannot have."""
    try:
        return ColumnType.from_catalogue(written)
    except ColumnTypeError as error:
        raise ColumnTypeError(
            f"column {name} is {written[:80]}; only columns of single values are taken"
        ) from error


def _format(storage: Mapping[str, Any], parameters: Mapping[str, Any]) -> TableFormat:
    said = str(parameters.get("classification", "")).lower()
    library = str((storage.get("SerdeInfo") or {}).get("SerializationLibrary", "")).lower()
    for table_format, marks in (
        (TableFormat.PARQUET, ("parquet",)),
        (TableFormat.JSON, ("json",)),
        (TableFormat.CSV, ("csv", "lazysimple", "opencsv", "tsv")),
    ):
        if said == table_format.value or any(mark in library for mark in marks):
            return table_format
    raise _RefusalError(
        f"its files are {said or library or 'of an unknown format'}; csv, json and parquet are read"
    )


def _files(location: str) -> ExternalFiles:
    scheme, _, place = location.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise _RefusalError(f"it lies at {location[:80]!r}, not in S3")
    return ExternalFiles(bucket=bucket, prefix=prefix)


def _delimiter(serde: Mapping[str, Any]) -> Any:
    written = serde.get("field.delim") or serde.get("separatorChar") or ","
    if written not in _DELIMITERS:
        raise _RefusalError(f"its cells are cut by {written!r}; comma, semicolon, tab and | are read")
    return _DELIMITERS[written]


def _row_count(parameters: Mapping[str, Any]) -> int | None:
    counts = [str(parameters.get(name, "")) for name in _ROW_COUNTS]
    return next((int(count) for count in counts if count.isdecimal()), None)


class S3ExternalReader:
    """Reads with the function's own rights; a bucket that does not give them is one without a preview."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def first_bytes(self, files: ExternalFiles, size: int) -> FirstBytes | None:
        prefix = files.prefix if files.prefix.endswith("/") or not files.prefix else f"{files.prefix}/"
        try:
            listed = self._s3.list_objects_v2(Bucket=files.bucket, Prefix=prefix, MaxKeys=100)
            entries = [entry for entry in listed.get("Contents", []) if _is_data(entry)]
            if not entries:
                return None
            body = self._s3.get_object(
                Bucket=files.bucket, Key=entries[0]["Key"], Range=f"bytes=0-{size - 1}"
            )["Body"].read()
        except ClientError as error:
            if str(error.response["Error"]["Code"]) not in _UNREADABLE:
                raise
            return None
        return FirstBytes(data=body, whole=len(entries) == 1 and entries[0]["Size"] <= size)


def _is_data(entry: Mapping[str, Any]) -> bool:
    name = str(entry["Key"]).rpartition("/")[2]
    return bool(entry["Size"]) and not name.startswith(("_", "."))
