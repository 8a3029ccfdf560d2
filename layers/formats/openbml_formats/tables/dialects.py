"""How a table file is written: encoding, delimiter, quotes, header (the manual's is comma, LF, UTF-8)."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from openbml_formats.tables.column_types import STRING
from openbml_formats.tables.schemas import MOST_COLUMNS
from openbml_formats.tables.values import CELL_CHARACTERS, guessed_type, type_of_text

Encoding = Literal["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]
Delimiter = Literal[",", ";", "\t", "|"]

DELIMITERS: Sequence[Delimiter] = (",", ";", "\t", "|")
SAMPLE_BYTES = 1024 * 1024
SAMPLE_ROWS = 200
LINE_CHARACTERS = MOST_COLUMNS * (CELL_CHARACTERS + 3)  # a row of the largest cells, quoted

_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF file",
}


class DialectError(ValueError):
    """A file that is no table of text; the message tells what it seems to be."""


class Dialect(BaseModel):
    """How a file is written; a quote in a quoted cell is written twice."""

    model_config = ConfigDict(frozen=True)

    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    quote: Literal['"', "'"] = '"'
    has_header: bool = True


def detect_dialect(prefix: bytes, *, whole: bool = False) -> Dialect:
    """Return how the file that begins with `prefix` is written.

    Args:
        whole: `prefix` is the whole file, thus its last line is complete.

    Raises:
        DialectError: not text, text in no known encoding, or empty.
    """
    prefix = prefix[:SAMPLE_BYTES]
    encoding = detect_encoding(prefix)
    text = _decoded(prefix, encoding)
    if not text.strip():
        raise DialectError("the file is empty")
    if not whole or len(prefix) == SAMPLE_BYTES:
        text = complete_lines(text)
    delimiter, quote = _detected_delimiter(text)
    dialect = Dialect(encoding=encoding, delimiter=delimiter, quote=quote)
    rows = _sample_rows(text, dialect)
    return dialect.model_copy(update={"has_header": looks_like_header(rows)})


def detect_encoding(prefix: bytes) -> Encoding:
    """Return the encoding of a file's beginning, which may end inside a character. Raises DialectError."""
    for magic, what in _MAGIC.items():
        if prefix.startswith(magic):
            raise DialectError(f"the file is {what}, not CSV")
    if prefix.startswith(codecs.BOM_UTF8):
        return _proven(prefix, "utf-8-sig")
    if prefix.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DialectError("the file is UTF-32; save it as UTF-8")
    if prefix.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _proven(prefix, "utf-16")
    if b"\0" in prefix:
        return _detected_utf16(prefix)
    likely: Sequence[Encoding] = ("utf-8", "gb18030")
    for encoding in likely:
        if _decodes(prefix, encoding):
            return encoding
    raise DialectError(
        "the text is neither UTF-8 nor UTF-16 nor GB18030, perhaps Windows-1252; save it as UTF-8"
    )


def _decodes(prefix: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(prefix, final=False)
    except UnicodeDecodeError:
        return False
    return True


def _proven(prefix: bytes, encoding: Encoding) -> Encoding:
    if not _decodes(prefix, encoding):
        raise DialectError(f"the file says that it is {encoding.upper()}, but is not")
    return encoding


def _detected_utf16(prefix: bytes) -> Encoding:
    """Without a mark UTF-16 shows by zeros in every second byte: delimiters and line ends are ASCII."""
    even, odd = prefix[0::2].count(0), prefix[1::2].count(0)
    guess: Encoding = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) or not _decodes(prefix, guess) or "\n" not in _decoded(prefix, guess):
        raise DialectError("the file holds zero bytes: it is no text")
    return guess


def _decoded(prefix: bytes, encoding: Encoding) -> str:
    return codecs.getincrementaldecoder(encoding)("strict").decode(prefix, final=False)


def complete_lines(text: str) -> str:
    """Drop a last line that may be cut, unless there is no other."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end > 0 else text


def _sample_rows(text: str, dialect: Dialect) -> Sequence[Sequence[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quotechar=dialect.quote)
    rows: list[Sequence[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:  # a cell beyond the module's limit: what came before it tells enough
        return rows
    return rows


def _detected_delimiter(text: str) -> tuple[Delimiter, Literal['"', "'"]]:
    """Return what cuts most rows into equally many cells; ties go to more cells, then the comma."""
    best: tuple[float, int] = (0.0, 0)
    found: tuple[Delimiter, Literal['"', "'"]] = (",", '"')
    quotes: Sequence[Literal['"', "'"]] = ('"', "'") if "'" in text else ('"',)
    for quote in quotes:
        for delimiter in DELIMITERS:
            score = _regularity(_sample_rows(text, Dialect(delimiter=delimiter, quote=quote)))
            if score > best:
                best, found = score, (delimiter, quote)
    return found


def _regularity(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    if not rows:
        return 0.0, 0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return (count / len(rows), width) if width > 1 else (0.0, 0)


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names the columns.

    Names are different, not empty and no numbers or dates. Where all columns below are text,
    a first row whose words come again below them is data.
    """
    if not rows:
        return False
    first, body = rows[0], rows[1:]
    cells = [cell.strip() for cell in first]
    if not all(cells) or len(set(cells)) != len(cells) or any(type_of_text(cell) != STRING for cell in cells):
        return False
    columns = [[row[place] for row in body if place < len(row)] for place in range(len(first))]
    if any(guessed_type(column) != STRING for column in columns):
        return True
    return not any(cell in column for cell, column in zip(first, columns, strict=True))


def table_rows(stream: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield rows of a file with the line on which each ends, the header's included, empty lines left out.

    Raises:
        DialectError: bytes that are not of the encoding, or a line or cell without end; the message names
            the line.
    """
    text = io.TextIOWrapper(stream, encoding=dialect.encoding, errors="strict", newline="")
    reader = csv.reader(
        _bounded_lines(text), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=False
    )
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except UnicodeError as error:
        raise DialectError(
            f"after line {reader.line_num} the text is not {dialect.encoding.upper()}"
        ) from error
    except csv.Error as error:
        raise DialectError(f"after line {reader.line_num}: {error}") from error
    finally:
        text.detach()


def _bounded_lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LINE_CHARACTERS):
        if len(line) == LINE_CHARACTERS and not line.endswith(("\n", "\r")):
            raise csv.Error(f"the line is longer than {LINE_CHARACTERS} characters")
        yield line
