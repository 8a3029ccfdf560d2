"""Jobs of the kind `import_table`: an upload, or an external table's files, into Parquet parts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from openbml_data.part_stream import PartStream
from openbml_data.range_file import RangeFile
from openbml_data.table_files import TableFile
from openbml_data.table_import import import_table
from openbml_data.workspace import Workspace
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.tables.schemas import TableSchema
from openbml_formats.tables.table_imports import (
    ExternalFiles,
    TableFailure,
    TableFormat,
    TableManifest,
    TableOrder,
    TableResult,
)

_BLOCK_BYTES = 4 * 1024**2
_REFUSALS = frozenset(
    {"AccessDenied", "403", "NoSuchBucket", "NoSuchKey", "404", "AllAccessDisabled", "PermanentRedirect"}
)
_FILES_AT_MOST = 10_000


def run(order: DataJobOrder, workspace: Workspace) -> TableResult:
    """Return what was imported, or why nothing was: what is wrong with the data is no failure of the job."""
    settings = TableOrder.model_validate(order.settings)
    if settings.known_key is not None:
        manifest = TableManifest.model_validate_json(workspace.data_object(settings.known_key))
        settings = settings.model_copy(update={"known": manifest.columns})
    workspace.progress.stage("importing")
    store = _DataBucket(workspace)
    if settings.copied_key is not None:
        copied = TableManifest.model_validate_json(workspace.data_object(settings.copied_key))
        return _copied(settings, copied, workspace, store)
    if settings.external is None:
        files = [_uploaded(workspace, key, name) for key, name in order.uploads]
        return import_table(settings, files, store, tell=workspace.progress.done)
    try:
        files = _external(workspace, settings.external)
        return import_table(settings, files, store, tell=workspace.progress.done)
    except ClientError as error:
        if str(error.response["Error"]["Code"]) not in _REFUSALS or not _reads(error):
            raise
        return _refused(settings, f"the files of the table cannot be read: {error}")


def _copied(
    settings: TableOrder, copied: TableManifest, workspace: Workspace, store: "_DataBucket"
) -> TableResult:
    """Copy all rows of another version: neither then depends on what becomes of the other."""
    columns = [
        column.model_copy(update={"ordinal": place, "raw_name": column.name})
        for place, column in enumerate(copied.columns.columns)
    ]
    told = {"format": TableFormat.PARQUET, "chosen": TableSchema.checked(columns)}
    bucket = workspace.order.data_bucket
    files = [
        _object(workspace.s3, bucket, part.key, part.key.rpartition("/")[2], part.size_bytes)
        for part in copied.parts
    ]
    return import_table(settings.model_copy(update=told), files, store, tell=workspace.progress.done)


def _reads(error: ClientError) -> bool:
    return error.operation_name in ("GetObject", "HeadObject", "ListObjectsV2")


def _refused(settings: TableOrder, message: str) -> TableResult:
    failure = TableFailure(reason="source_table", message=message)
    return TableResult(import_id=settings.import_id, failure=failure)


def _uploaded(workspace: Workspace, key: str, name: str) -> TableFile:
    return _object(workspace.s3, workspace.order.uploads_bucket, key, name)


def _object(s3: Any, bucket: str, key: str, name: str, size: int | None = None) -> TableFile:
    def opened() -> RangeFile:
        return RangeFile(s3, bucket, key, block=_BLOCK_BYTES)

    return TableFile(name, opened().size if size is None else size, opened)


def _external(workspace: Workspace, files: ExternalFiles) -> Sequence[TableFile]:
    """Return the files below the location; names that begin with `_` or a point are marks of writers."""
    prefix = files.prefix if files.prefix.endswith("/") or not files.prefix else f"{files.prefix}/"
    pages = workspace.s3.get_paginator("list_objects_v2").paginate(Bucket=files.bucket, Prefix=prefix)
    found: list[TableFile] = []
    for page in pages:
        for entry in page.get("Contents", []):
            name = entry["Key"].removeprefix(prefix)
            if entry["Size"] and not name.rpartition("/")[2].startswith(("_", ".")):
                found.append(_object(workspace.s3, files.bucket, entry["Key"], name, entry["Size"]))
        if len(found) > _FILES_AT_MOST:
            break
    return found


class _DataBucket:
    """The `TableStore` of a job."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @contextmanager
    def writing(self, key: str) -> Iterator[PartStream]:
        with PartStream(
            self._workspace.s3,
            self._workspace.pool,
            bucket=self._workspace.order.data_bucket,
            key=key,
            content_type="application/vnd.apache.parquet",
        ) as stream:
            yield stream

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        self._workspace.put_data(key, body, content_type=content_type)
