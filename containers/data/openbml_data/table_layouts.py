"""What the files of one upload have in common: dialect, width, header; and the columns from that."""

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from openbml_data.table_files import TableFile
from openbml_data.table_problems import malformed, unreadable
from openbml_formats.tables.column_types import STRING
from openbml_formats.tables.dialects import (
    SAMPLE_BYTES,
    Dialect,
    DialectError,
    Encoding,
    detect_dialect,
    detect_encoding,
    looks_like_header,
    table_rows,
)
from openbml_formats.tables.schemas import (
    FEWEST_COLUMNS,
    MOST_COLUMNS,
    TableColumn,
    TableSchema,
    TableSchemaError,
    checked_column_name,
    generated_names,
)
from openbml_formats.tables.table_imports import HeaderChoice, TableOrder

_HEADER_ROWS = 200


class Layout(NamedTuple):
    """How all files are written.

    Attributes:
        first: the first row of the first file, which is the header where there is one.
        names: the header's, or a catalogue's, or generated.
    """

    dialect: Dialect
    first: Sequence[str]
    names: Sequence[str]

    @property
    def width(self) -> int:
        return len(self.names)


class FoundFile(NamedTuple):
    """A file, how it is written, and its first row."""

    file: TableFile
    dialect: Dialect
    first: Sequence[str]


def common_layout(files: Sequence[TableFile], order: TableOrder) -> tuple[Layout, Sequence[FoundFile]]:
    """Look into every file.

    Raises:
        TableRefusedError: a file is no table, or is written in another way than the first one.
    """
    found = [looked for file in files if (looked := _look(file, order)) is not None]
    if not found:
        raise malformed(f"{files[0].name}: the file is empty")
    layout = _first_layout(found[0], order)
    for looked in found[1:]:
        _check_alike(looked, layout)
    return layout, found


def _look(file: TableFile, order: TableOrder) -> FoundFile | None:
    """Return what a file's beginning tells; None of an empty file."""
    with file.open() as stream:
        prefix = _prefix(stream)
    if not prefix.strip():
        return None
    encoding = order.encoding or _encoding(prefix, file.name)
    try:
        dialect = _dialect(prefix, encoding, order, whole=len(prefix) < SAMPLE_BYTES)
        with file.open() as stream:
            rows = _first_rows(stream, dialect)
    except DialectError as error:
        raise malformed(f"{file.name}: {error}") from error
    if not rows:
        return None
    dialect = dialect.model_copy(update={"has_header": _has_header(rows, order)})
    return FoundFile(file, dialect, [cell.strip() for cell in rows[0]])


def _prefix(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size < SAMPLE_BYTES and (part := stream.read(SAMPLE_BYTES - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _encoding(prefix: bytes, name: str) -> Encoding:
    try:
        return detect_encoding(prefix)
    except DialectError as error:
        raise unreadable(f"{name}: {error}") from error


def _dialect(prefix: bytes, encoding: Encoding, order: TableOrder, *, whole: bool) -> Dialect:
    if order.delimiter:
        return Dialect(encoding=encoding, delimiter=order.delimiter)
    text = prefix.decode(encoding, errors="ignore")
    return detect_dialect(text.encode(), whole=whole).model_copy(update={"encoding": encoding})


def _first_rows(stream: BinaryIO, dialect: Dialect) -> Sequence[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for _line, row in table_rows(stream, dialect):
        rows.append(row)
        if len(rows) > _HEADER_ROWS:
            break
    return rows


def _has_header(rows: Sequence[Sequence[str]], order: TableOrder) -> bool:
    """When rows are added to a version, only its own names are a header (spec 01 QS-8)."""
    if order.known is not None:
        first = [cell.strip() for cell in rows[0]]
        return first in (list(order.known.names), [column.raw_name for column in order.known.columns])
    if order.header is HeaderChoice.AUTO:
        return looks_like_header(rows)
    return order.header is HeaderChoice.TRUE


def _first_layout(found: FoundFile, order: TableOrder) -> Layout:
    width = len(found.first)
    if not FEWEST_COLUMNS <= width <= MOST_COLUMNS:
        columns = "column" if width == 1 else "columns"
        raise malformed(
            f"{found.file.name}: the file has {width} {columns}; {FEWEST_COLUMNS} to {MOST_COLUMNS} may be"
        )
    if order.source is not None and len(order.source.columns) == width:
        names: Sequence[str] = order.source.names
    else:
        names = found.first if found.dialect.has_header else generated_names(width)
    return Layout(found.dialect, found.first, names)


def _check_alike(found: FoundFile, layout: Layout) -> None:
    """Raises TableRefusedError: the file is not written as the first one."""
    name, dialect, before = found.file.name, found.dialect, layout.dialect
    if _family(dialect.encoding) != _family(before.encoding):
        raise unreadable(
            f"{name} is {dialect.encoding}, the first file {before.encoding}; all files of an archive have "
            "one encoding"
        )
    if before.has_header and found.first != list(layout.first):
        raise malformed(
            f"{name} does not begin with the column names of the first file: all files of an archive have "
            "them, in the same order, or none has"
        )
    if dialect.has_header and not before.has_header:
        raise malformed(
            f"{name} begins with column names and the first file does not: all files of an archive have them "
            "or none has"
        )
    if len(found.first) != layout.width:
        raise malformed(f"{name} has {len(found.first)} columns, the first file {layout.width}")


def _family(encoding: str) -> str:
    return {"utf-8-sig": "utf-8"}.get(encoding, encoding)


def wanted_columns(layout: Layout, order: TableOrder) -> TableSchema | None:
    """Return the columns to take when they are settled before any row is read; None: their types are guessed.

    Raises:
        TableRefusedError: the wanted columns are not those of the files, or not those of the version.
    """
    if order.chosen is not None:
        check_chosen(order.chosen, layout)
        if order.known is not None:
            _check_known(order.chosen, order.known)
        return order.chosen
    if order.known is not None:
        return _known_columns(order.known, layout)
    if order.source is not None:
        return _source_columns(order.source, layout)
    checked_names(layout.names)
    return None


def checked_names(names: Sequence[str]) -> None:
    """Raises TableRefusedError: columns cannot have these names."""
    try:
        for name in names:
            checked_column_name(name)
        named_columns(names)
    except TableSchemaError as error:
        raise malformed(f"{error}. Change the header, or choose names for the columns.") from error


def named_columns(names: Sequence[str]) -> TableSchema:
    """Return all columns as texts. Raises TableSchemaError."""
    return TableSchema.checked(
        [
            TableColumn(name=name, type=STRING, ordinal=place, raw_name=name)
            for place, name in enumerate(names)
        ]
    )


def check_chosen(chosen: TableSchema, layout: Layout) -> None:
    for column in chosen.columns:
        if column.ordinal >= layout.width:
            raise malformed(f"column {column.ordinal} is not there: the file has {layout.width} columns")
        raw = layout.names[column.ordinal]
        if layout.dialect.has_header and column.raw_name and column.raw_name.strip() != raw:
            raise malformed(f"column {column.ordinal} is called {raw!r} in the file, not {column.raw_name!r}")


def _check_known(chosen: TableSchema, known: TableSchema) -> None:
    if (chosen.names, chosen.types) != (known.names, known.types):
        raise malformed(
            "the version has other columns: rows are added to columns of the same names and types, in the "
            "same order; or replace the version's rows"
        )


def _known_columns(known: TableSchema, layout: Layout) -> TableSchema:
    if layout.width != len(known.columns):
        raise malformed(
            f"the file has {layout.width} columns, the version {len(known.columns)}; rows are added to the "
            "same columns"
        )
    columns = [
        column.model_copy(update={"ordinal": place, "raw_name": layout.names[place]})
        for place, column in enumerate(known.columns)
    ]
    return TableSchema.checked(columns)


def _source_columns(source: TableSchema, layout: Layout) -> TableSchema:
    if len(source.columns) != layout.width:
        raise malformed(
            f"the file has {layout.width} columns, its table {len(source.columns)} by the catalogue"
        )
    return source
