"""Rows of an upload, whatever its format, batch by batch, as often as they are wanted."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from openbml_data.table_files import TableFile
from openbml_data.table_layouts import (
    FoundFile,
    Layout,
    check_chosen,
    common_layout,
    named_columns,
    wanted_columns,
)
from openbml_data.table_problems import malformed
from openbml_data.table_texts import TextRows, TextTable
from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.dialects import Dialect
from openbml_formats.tables.schemas import MOST_COLUMNS, TableColumn, TableSchema, TableSchemaError
from openbml_formats.tables.table_imports import TableFormat, TableOrder

_BATCH_ROWS = 65_536
_BATCH_BYTES = 8 * 1024**2
_LINE_BYTES = 16 * 1024**2
_READ_BYTES = 1024**2


class RowSource(NamedTuple):
    """Where rows come from.

    Attributes:
        names: every column of the files.
        columns: the columns to take; None: all, with types that the rows decide.
        rows: reads from the start, each time; gives rows and how many bytes of the files they end at.
    """

    names: TableSchema
    columns: TableSchema | None
    dialect: Dialect | None
    rows: Callable[[], Iterator[tuple[TextRows, int]]]


def suffix_of(table_format: TableFormat) -> str:
    return f".{table_format.value}"


def row_source(files: Sequence[TableFile], order: TableOrder) -> RowSource:
    """Look at the files. Raises TableRefusedError."""
    return _SOURCES[order.format](files, order)


def _csv_source(files: Sequence[TableFile], order: TableOrder) -> RowSource:
    layout, found = common_layout(files, order)
    columns = wanted_columns(layout, order)
    names = named_columns(layout.names) if columns is None else columns
    return RowSource(names, columns, layout.dialect, lambda: _csv_rows(found, layout))


def _csv_rows(found: Sequence[FoundFile], layout: Layout) -> Iterator[tuple[TextRows, int]]:
    before = 0
    for file, dialect, _first in found:
        with file.open() as stream:
            table = TextTable(stream, file.name, dialect, layout.width)
            for rows in table.rows():
                yield rows, before + table.bytes_read
        before += file.size


def _parquet_source(files: Sequence[TableFile], order: TableOrder) -> RowSource:
    first: TableSchema | None = None
    for file in files:
        with file.open() as stream:
            columns = _parquet_columns(stream, file.name)
        if first is not None and (columns.names, columns.types) != (first.names, first.types):
            raise malformed(f"{file.name} has other columns than the first file")
        first = first or columns
    if first is None:
        raise malformed("there is no file")
    columns = _checked(first, order)
    raw_names = [column.raw_name for column in columns.columns]
    layout = Layout(Dialect(has_header=True), raw_names, raw_names)
    if order.chosen is not None or order.known is not None or order.source is not None:
        columns = wanted_columns(layout, order) or columns
    return RowSource(first, columns, None, lambda: _parquet_rows(files))


def _checked(columns: TableSchema, order: TableOrder) -> TableSchema:
    """Return all columns as they would be taken. Raises TableRefusedError."""
    if order.chosen is not None or order.known is not None:
        return columns  # they bring names of their own
    try:
        return TableSchema.checked(columns.columns)
    except TableSchemaError as error:
        raise malformed(f"{error}. Choose names for the columns.") from error


def _parquet_columns(stream: BinaryIO, name: str) -> TableSchema:
    try:
        schema = pyarrow.parquet.ParquetFile(stream).schema_arrow
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise malformed(f"{name} is no Parquet file: {error}") from error
    if len(schema) > MOST_COLUMNS:
        raise malformed(f"{name}: the file has {len(schema)} columns, {MOST_COLUMNS} may be")
    columns = [
        TableColumn.model_construct(
            name=field.name, type=_own_type(field, name), ordinal=place, raw_name=field.name
        )
        for place, field in enumerate(schema)
    ]
    return TableSchema.model_construct(columns=tuple(columns))


def _own_type(field: Any, name: str) -> ColumnType:
    """Return the type of ours that holds a Parquet column's values. Raises TableRefusedError: none does."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    for test, written in _ARROW_TYPES:
        if test(kind):
            return ColumnType.parse(written)
    if pa.types.is_decimal(kind) and kind.precision <= 38 and kind.scale >= 0:
        return ColumnType.parse(f"decimal({kind.precision},{kind.scale})")
    raise malformed(f"{name}: column {field.name} is {field.type}; only columns of single values are taken")


_types: Any = pa.types
_ARROW_TYPES: Sequence[tuple[Callable[[Any], bool], str]] = (
    (lambda kind: _types.is_int8(kind) or _types.is_uint8(kind) or _types.is_int16(kind), "smallint"),
    (lambda kind: _types.is_uint16(kind) or _types.is_int32(kind), "int"),
    (lambda kind: _types.is_uint32(kind) or _types.is_int64(kind), "bigint"),
    (_types.is_uint64, "decimal(20,0)"),
    (lambda kind: _types.is_float16(kind) or _types.is_float32(kind), "float"),
    (_types.is_float64, "double"),
    (_types.is_date, "date"),
    (_types.is_timestamp, "timestamp"),
    (lambda kind: _types.is_string(kind) or _types.is_large_string(kind), "string"),
    (lambda kind: _types.is_boolean(kind) or _types.is_time(kind) or _types.is_null(kind), "string"),
)


def _parquet_rows(files: Sequence[TableFile]) -> Iterator[tuple[TextRows, int]]:
    before = 0
    for file in files:
        with file.open() as stream:
            parquet = pyarrow.parquet.ParquetFile(stream)
            total = max(1, parquet.metadata.num_rows)
            done = 0
            try:
                for batch in parquet.iter_batches(batch_size=_BATCH_ROWS):
                    columns = [_plain(column) for column in batch.columns]
                    rows = TextRows(file.name, columns, batch.num_rows, done + 1)
                    done += batch.num_rows
                    yield rows, before + file.size * done // total
            except (pa.ArrowInvalid, OSError) as error:
                raise malformed(f"{file.name} is damaged: {error}") from error
        before += file.size


def _plain(column: Any) -> Any:
    """Return a column without dictionaries and types of its own; empty texts say nothing, as in CSV."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_large_string(column.type):
        column = pc.cast(column, pa.string())
    if pa.types.is_date64(column.type):
        return pc.cast(column, pa.date32())
    if pa.types.is_timestamp(column.type):
        return pc.cast(column, pa.timestamp("us"), safe=False)
    if pa.types.is_string(column.type):
        return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    return column


def _json_source(files: Sequence[TableFile], order: TableOrder) -> RowSource:
    if order.source is None:
        raise malformed("JSON is read for external tables only, whose columns a catalogue knows")
    names = [column.raw_name or column.name for column in order.source.columns]
    layout = Layout(Dialect(has_header=True), names, names)
    if order.chosen is not None:
        check_chosen(order.chosen, layout)
    columns = order.chosen or order.source
    return RowSource(order.source, columns, None, lambda: _json_rows(files, names))


def _json_rows(files: Sequence[TableFile], names: Sequence[str]) -> Iterator[tuple[TextRows, int]]:
    before = 0
    for file in files:
        with file.open() as raw, io.BufferedReader(cast(io.RawIOBase, raw), _READ_BYTES) as stream:
            table: list[list[str | None]] = []
            first, read, told = 1, 0, 0
            for line in iter(lambda: stream.readline(_LINE_BYTES), b""):
                read += len(line)
                table.append(_json_cells(line, names, f"{file.name}, line {first + len(table)}"))
                if len(table) == _BATCH_ROWS or read - told >= _BATCH_BYTES:
                    yield _as_columns(file.name, table, first, len(names)), before + read
                    first, table, told = first + len(table), [], read
            if table:
                yield _as_columns(file.name, table, first, len(names)), before + read
        before += file.size


def _json_cells(line: bytes, names: Sequence[str], where: str) -> list[str | None]:
    try:
        document = json.loads(line, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise malformed(f"{where}: no JSON document") from error
    if not isinstance(document, dict):
        raise malformed(f"{where}: the document is no object")
    lowered = {str(name).lower(): value for name, value in document.items()}
    return [_json_cell(lowered.get(name.lower()), where) for name in names]


def _json_cell(value: Any, where: str) -> str | None:
    if isinstance(value, dict | list):
        raise malformed(f"{where}: only single values are taken")
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else str(value)


def _as_columns(file: str, table: Sequence[Sequence[str | None]], first: int, width: int) -> TextRows:
    columns = [pa.array([row[place] for row in table], pa.string()) for place in range(width)]
    return TextRows(file, columns, len(table), first)


_SOURCES: dict[TableFormat, Callable[[Sequence[TableFile], TableOrder], RowSource]] = {
    TableFormat.CSV: _csv_source,
    TableFormat.PARQUET: _parquet_source,
    TableFormat.JSON: _json_source,
}
