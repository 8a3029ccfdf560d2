"""Rows of a table of text, as columns of texts: a file of any size in a few megabytes of memory."""

import codecs
import csv
import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from openbml_data.table_problems import TableRefusedError, malformed, unreadable
from openbml_formats.tables.dialects import Dialect
from openbml_formats.tables.values import CELL_CHARACTERS

_BLOCK_BYTES = 4 * 1024**2
_READ_BYTES = 64 * 1024
_LARGE_BLOCK_BYTES = 8 * 1024**2  # a row of a thousand cells of 4,096 letters fits
_BLOCKS_AHEAD = 4
_PATIENCE_S = 2.0
_MOST_RAGGED = 200_000  # between two blocks that hold a row of the right length


class Utf8Text(io.RawIOBase):
    """A text file as UTF-8 without a mark, checked on the way; counts what is needed to judge it later."""

    def __init__(self, file: BinaryIO, name: str, dialect: Dialect) -> None:
        self._file = file
        self._name = name
        self._encoding = dialect.encoding
        self._decoder = codecs.getincrementaldecoder(dialect.encoding)("strict")
        self._quote = dialect.quote.encode()
        self._ready = bytearray()
        self._last = b"\n"
        self._ended = False
        self._lines = 1
        self._turn = threading.Condition()
        self._ahead = 0
        self.quotes = 0
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def hold_back(self) -> None:
        """Wait until a block that was given is worked on: Arrow would have 32 of them in memory."""
        with self._turn:
            self._turn.wait_for(lambda: self._ahead < _BLOCKS_AHEAD, timeout=_PATIENCE_S)
            self._ahead += 1

    def worked_on(self) -> None:
        """Tell that rows of a block have arrived; a block that holds no row's end is never told of."""
        with self._turn:
            self._ahead = min(self._ahead, _BLOCKS_AHEAD) - 1
            self._turn.notify()

    def read(self, size: int = -1, /) -> bytes:
        """Return as much as is asked for, less at the end only: Arrow takes each answer for a block."""
        self.hold_back()
        wanted = size if size >= 0 else _BLOCK_BYTES
        while len(self._ready) < wanted and not self._ended:
            block = self._file.read(max(wanted - len(self._ready), _READ_BYTES))
            self._ready += self._checked(block)
            if not block:
                self._ended = True
                self._ready += self._line_end()
        taken = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return taken

    def _line_end(self) -> bytes:
        """Return what the last line lacks: Arrow takes a header at the end of the file for endless."""
        return b"" if self._last == b"\n" else b"\n"

    def _checked(self, block: bytes) -> bytes:
        self.bytes_read += len(block)
        try:
            text = self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n")
            raise unreadable(
                f"{self._name}: the text is not {self._encoding.upper()} at line {line}"
            ) from error
        data = text.encode("utf-8")
        if b"\0" in data:
            line = self._lines + data[: data.index(b"\0")].count(b"\n")
            raise unreadable(f"{self._name}: line {line} holds a zero byte; the file is no text")
        self._last = data[-1:] or self._last
        self._lines += data.count(b"\n")
        self.quotes += data.count(self._quote)
        return data


class Ragged(NamedTuple):
    """A row that has not as many cells as the table has columns."""

    place: int
    cell_count: int


@dataclass(frozen=True)
class TextRows:
    """Some rows of a file by column: texts, null where a cell is empty, or values in typed files.

    Attributes:
        columns: cells of ragged rows included, cut or filled up with nulls.
        ragged: which rows are, by their places in this batch.
        first_line: of the file; empty lines between rows do not count.
        many_lines: whether a row may have more than one.
    """

    file: str
    columns: Sequence[Any]
    count: int
    first_line: int
    ragged: Sequence[Ragged] = ()
    many_lines: bool = False

    def line(self, place: int) -> int:
        """Return the line on which a row begins."""
        return self.first_line + place + (self._ends_before[place] if self.many_lines else 0)

    @cached_property
    def _ends_before(self) -> Sequence[int]:
        ends = [0] * self.count
        for column in self.columns:
            if _line_ends(column):
                counts = pc.fill_null(pc.count_substring(column, "\n"), 0).to_pylist()
                ends = [before + here for before, here in zip(ends, counts, strict=True)]
        return list(accumulate(ends, initial=0))


def _line_ends(column: Any) -> int:
    return pc.sum(pc.count_substring(column, "\n")).as_py() or 0


class TextTable:
    """One file of a table.

    Args:
        width: how many cells its rows have.
    """

    def __init__(self, file: BinaryIO, name: str, dialect: Dialect, width: int) -> None:
        self._text = Utf8Text(file, name, dialect)
        self._name = name
        self._dialect = dialect
        self._width = width
        self._pending: list[tuple[int, str]] = []  # ragged rows not yet merged, with their numbers
        self._row = 1
        self._line = 1

    @property
    def bytes_read(self) -> int:
        return self._text.bytes_read

    def rows(self) -> Iterator[TextRows]:
        """Yield the rows below the header.

        Raises:
            TableRefusedError: not the text that it seemed to be, or a row without end.
        """
        last: TextRows | None = None
        reader = self._reader()
        while reader is not None:
            batch = self._next(reader)
            if batch is None:
                break
            self._text.worked_on()
            last = self._merged(batch) or last
            if last is not None:
                yield last
        rest = self._merged(None)
        if rest is not None:
            yield rest
        self._check_quotes(rest or last)

    def _reader(self) -> Any:
        names = [str(place) for place in range(self._width)]
        options = pyarrow.csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK_BYTES if self._width <= 250 else _LARGE_BLOCK_BYTES,
            column_names=names,
            skip_rows_after_names=1 if self._dialect.has_header else 0,
        )
        parsing = pyarrow.csv.ParseOptions(
            delimiter=self._dialect.delimiter,
            quote_char=self._dialect.quote,
            newlines_in_values=True,
            invalid_row_handler=self._set_aside,
        )
        conversion = pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        )
        self._row = self._line = 2 if self._dialect.has_header else 1
        try:
            return pyarrow.csv.open_csv(self._text, options, parsing, conversion)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return None
            raise self._refusal(error) from error

    def _next(self, reader: Any) -> Any:
        try:
            return reader.read_next_batch()
        except StopIteration:
            return None
        except pa.ArrowInvalid as error:
            raise self._refusal(error) from error

    def _refusal(self, error: pa.ArrowInvalid) -> TableRefusedError:
        if len(self._pending) >= _MOST_RAGGED:
            number = self._pending[0][0]
            return malformed(f"{self._name}: from row {number} on, rows have not {self._width} cells")
        if "straddling" in str(error):
            return malformed(
                f"{self._name}: behind line {self._line} a row does not end; perhaps a quote is not closed"
            )
        return malformed(f"{self._name}: {error}")

    def _set_aside(self, row: Any) -> str:
        self._pending.append((row.number, row.text))
        return "skip" if len(self._pending) < _MOST_RAGGED else "error"

    def _merged(self, batch: Any) -> TextRows | None:
        """Return the batch with the ragged rows that stand between its rows, or what is left of them."""
        regular = batch.num_rows if batch is not None else 0
        mine = self._pending if batch is None else self._ragged_before(self._row + regular)
        self._pending = self._pending[len(mine) :]
        count = regular + len(mine)
        if count == 0:
            return None
        columns = batch.columns if batch is not None else [pa.array([], pa.string())] * self._width
        ragged: Sequence[Ragged] = ()
        if mine:
            columns, ragged = self._inserted(columns, mine, count)
        many_lines = self._text.quotes > 0
        rows = TextRows(self._name, columns, count, self._line, ragged, many_lines)
        self._row += count
        self._line += count + (sum(map(_line_ends, columns)) if many_lines else 0)
        return rows

    def _ragged_before(self, end: int) -> list[tuple[int, str]]:
        """Return the set-aside rows before the row that follows `end - self._row` regular ones."""
        taken = 0
        for number, _text in self._pending:
            if number >= end + taken:
                break
            taken += 1
        return self._pending[:taken]

    def _inserted(
        self, columns: Sequence[Any], mine: Sequence[tuple[int, str]], count: int
    ) -> tuple[Sequence[Any], Sequence[Ragged]]:
        rows = [self._cells(text) for _number, text in mine]
        ragged = [
            Ragged(number - self._row, len(cells)) for (number, _), cells in zip(mine, rows, strict=True)
        ]
        order = self._order([row.place for row in ragged], count)
        filled = [[*cells[: self._width], *[""] * (self._width - len(cells))] for cells in rows]
        extra = [
            pa.array([row[place] or None for row in filled], pa.string()) for place in range(self._width)
        ]
        merged = [
            pa.concat_arrays([column, more]).take(order) for column, more in zip(columns, extra, strict=True)
        ]
        return merged, ragged

    @staticmethod
    def _order(places: Sequence[int], count: int) -> Any:
        """Return where each row of the merged batch is taken from; ragged ones stand behind the others."""
        regular = iter(range(count - len(places)))
        behind = {place: count - len(places) + number for number, place in enumerate(places)}
        return pa.array([behind[place] if place in behind else next(regular) for place in range(count)])

    def _cells(self, text: str) -> list[str]:
        try:
            return next(
                csv.reader(
                    io.StringIO(text, newline=""),
                    delimiter=self._dialect.delimiter,
                    quotechar=self._dialect.quote,
                )
            )
        except (csv.Error, StopIteration):  # a cell beyond the module's limit
            return [text[: CELL_CHARACTERS + 1]]

    def _check_quotes(self, last: TextRows | None) -> None:
        """An unclosed quote swallows the rest of the file, which then is one cell of the last row."""
        if last is None or self._text.quotes % 2 == 0:
            return
        if any(_line_ends(column[-1:]) for column in last.columns):
            raise malformed(f"{self._name}: a quote near line {last.line(last.count - 1)} is never closed")
