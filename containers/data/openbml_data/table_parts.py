"""Rows on their way into Parquet parts and into the pages that people browse."""

import hashlib
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet

from openbml_formats.tables.table_imports import (
    BROWSE_BYTES,
    BROWSE_PAGE_BYTES,
    BROWSE_PAGE_ROWS,
    BROWSE_ROWS,
    PART_BYTES,
    PART_ROWS,
    BrowsePage,
    TablePart,
    packed_rows,
    page_key,
    part_key,
    row_line,
)

_GROUP_BYTES = 24 * 1024**2
_GROUP_ROWS = 262_144
_SHOWN_AT_ONCE = 100


class ByteSink(Protocol):
    def write(self, data: bytes) -> object: ...


class TableStore(Protocol):
    """Where parts and pages go; an object appears whole, at the end of its block, or not at all."""

    def writing(self, key: str) -> AbstractContextManager[ByteSink]: ...

    def put(self, key: str, body: bytes, *, content_type: str) -> None: ...


class _Digesting:
    """A file for Arrow that only goes forward; tells size and digest of what went through."""

    def __init__(self, sink: ByteSink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: Any) -> int:
        body = bytes(data)
        self._digest.update(body)
        self._sink.write(body)
        self.size += len(body)
        return len(body)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        return

    def close(self) -> None:
        self.closed = True

    def sha256(self) -> str:
        return self._digest.hexdigest()


class _OpenPart:
    def __init__(self, store: TableStore, key: str, schema: Any) -> None:
        self.key = key
        self.rows = 0
        self._stack = ExitStack()
        self._file = _Digesting(self._stack.enter_context(store.writing(key)))
        self._writer = pyarrow.parquet.ParquetWriter(self._file, schema, compression="zstd")

    @property
    def size_bytes(self) -> int:
        return self._file.size

    def write(self, group: Any) -> None:
        try:
            self._writer.write_table(group)
        except BaseException as error:
            self.abandon(error)
            raise
        self.rows += group.num_rows

    def closed(self) -> TablePart:
        with self._stack:
            self._writer.close()
        return TablePart(key=self.key, rows=self.rows, size_bytes=self._file.size, sha256=self._file.sha256())

    def abandon(self, error: BaseException) -> None:
        self._stack.__exit__(type(error), error, error.__traceback__)


class PartWriter:
    """Cuts a stream of batches into parts of a million rows or about a hundred megabytes."""

    def __init__(self, store: TableStore, prefix: str, schema: Any) -> None:
        self._store = store
        self._prefix = prefix
        self._schema = schema
        self._waiting: list[Any] = []
        self._waiting_bytes = 0
        self._waiting_rows = 0
        self._part: _OpenPart | None = None
        self.parts: list[TablePart] = []

    def add(self, batch: Any) -> None:
        while batch.num_rows:
            room = PART_ROWS - self._waiting_rows - (self._part.rows if self._part else 0)
            taken, batch = batch.slice(0, room), batch.slice(room)
            self._waiting.append(taken)
            self._waiting_rows += taken.num_rows
            self._waiting_bytes += taken.nbytes
            if (
                taken.num_rows == room
                or self._waiting_bytes >= _GROUP_BYTES
                or self._waiting_rows >= _GROUP_ROWS
            ):
                self._write_group()

    def _write_group(self) -> None:
        if not self._waiting:
            return
        if self._part is None:
            self._part = _OpenPart(self._store, part_key(self._prefix, len(self.parts)), self._schema)
        group = pa.Table.from_batches(self._waiting, self._schema)
        self._waiting, self._waiting_bytes, self._waiting_rows = [], 0, 0
        self._part.write(group)
        if self._part.rows >= PART_ROWS or self._part.size_bytes >= PART_BYTES:
            self._close_part()

    def _close_part(self) -> None:
        if self._part is not None:
            self.parts.append(self._part.closed())
            self._part = None

    def finish(self) -> Sequence[TablePart]:
        self._write_group()
        self._close_part()
        return self.parts

    def abandon(self, error: BaseException) -> None:
        """Take back the part that is half written."""
        if self._part is not None:
            self._part.abandon(error)
            self._part = None


class PageWriter:
    """The first ten thousand rows once more, up to a thousand a page; fewer where rows are very long."""

    def __init__(self, store: TableStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._rows_left = BROWSE_ROWS
        self._bytes_left = BROWSE_BYTES
        self.pages: list[BrowsePage] = []

    def add(self, batch: Any) -> None:
        first = batch.slice(0, self._rows_left)
        for start in range(0, first.num_rows, _SHOWN_AT_ONCE):
            if self._bytes_left <= 0:
                return
            self._add(first.slice(start, _SHOWN_AT_ONCE))

    def _add(self, batch: Any) -> None:
        self._rows_left -= batch.num_rows
        columns = [[shown(value) for value in column.to_pylist()] for column in batch.columns]
        for row in zip(*columns, strict=True):
            line = row_line(row)
            self._lines.append(line)
            self._line_bytes += len(line)
            self._bytes_left -= len(line)
            if len(self._lines) == BROWSE_PAGE_ROWS or self._line_bytes >= BROWSE_PAGE_BYTES:
                self._write()

    def _write(self) -> None:
        if self._lines:
            key = page_key(self._prefix, len(self.pages))
            self._store.put(key, packed_rows(self._lines), content_type="application/zlib")
            self.pages.append(BrowsePage(key=key, rows=len(self._lines)))
            self._lines, self._line_bytes = [], 0

    def finish(self) -> Sequence[BrowsePage]:
        self._write()
        return self.pages


def shown(value: Any) -> Any:
    """Return a value as JSON takes it: times in ISO form, decimals and numbers that are none as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value.isoformat() + "Z" if isinstance(value, datetime) else value
