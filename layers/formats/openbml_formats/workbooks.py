"""Rows of a workbook's first sheet (`.xlsx`), read as a stream; made for files of strangers.

Of the format only texts matter: formulas give their last result, numbers and dates what the file stores. A
reader of our own: of a hostile file nothing is unpacked, parsed or kept beyond what is declared and allowed.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

from openbml_formats.limits import MIB, XML_DEPTH

WORKBOOK_BYTES = 64 * MIB
SHEET_BYTES = 512 * MIB  # unpacked, streamed
STRINGS_BYTES = 64 * MIB  # unpacked, kept
STRINGS = 1_100_000
CELL_CHARACTERS = MIB
KEPT_COLUMNS = 64
_ENTRIES = 5_000
_DIRECTORY_BYTES = 2 * MIB
_SMALL_PART_BYTES = 4 * MIB
_CHUNK_BYTES = 64 * 1024
_END_OF_ZIP = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0"

# What `zipfile` raises over a damaged archive: it checks little of what it is told.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, KeyError, OverflowError),
)

_COLUMN = re.compile(r"([A-Z]{1,3})[0-9]*")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class WorkbookError(ValueError):
    """No workbook, a damaged one, or one that unpacks to more than is allowed."""


class Row(NamedTuple):
    """Cells from the first column on, empty texts for those without; `number` counts from 1."""

    number: int
    cells: Sequence[str]


def sheet_rows(data: bytes) -> Iterator[Row]:
    """Yield the rows of the first sheet that have a cell. Raises WorkbookError."""
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = {entry.filename.lower(): entry for entry in book.infolist()}
            sheet = _first_sheet(book, parts)
            strings = _shared_strings(book, parts)
            yield from _rows(_chunks(book, sheet, SHEET_BYTES), strings)
    except WorkbookError:
        raise
    except _DAMAGE as error:
        raise WorkbookError("is damaged or encrypted") from error
    except expat.ExpatError as error:
        raise WorkbookError("holds a part that is not XML") from error


def _check_directory(data: bytes) -> None:
    """Look at the size of the zip's directory before it is read into memory."""
    if data.startswith(_OLE):
        raise WorkbookError("is an old or an encrypted Excel file; save it as .xlsx without a password")
    place = data.rfind(_END_OF_ZIP, max(0, len(data) - 65_557))
    if place < 0 or len(data) < place + 22:
        raise WorkbookError("is no .xlsx file")
    entries = int.from_bytes(data[place + 10 : place + 12], "little")
    size = int.from_bytes(data[place + 12 : place + 16], "little")
    if entries > _ENTRIES or size > _DIRECTORY_BYTES:
        raise WorkbookError(f"has more than {_ENTRIES} parts")


Parts = Mapping[str, zipfile.ZipInfo]


def _chunks(book: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    if part.file_size > limit:
        raise WorkbookError(f"has a part of {part.file_size} bytes; at most {limit} are read")
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _first_sheet(book: zipfile.ZipFile, parts: Parts) -> zipfile.ZipInfo:
    """Return the first sheet with cells that people see, or else the first of all; charts are none."""
    workbook, links = parts.get("xl/workbook.xml"), parts.get("xl/_rels/workbook.xml.rels")
    if workbook is None:
        raise WorkbookError("is no .xlsx file: it has no workbook")
    sheets = sorted(
        _elements(book, workbook, "sheet"), key=lambda found: found.get("state", "visible") != "visible"
    )
    targets = {
        found.get("Id"): found.get("Target", "")
        for found in _elements(book, links, "Relationship")
        if found.get("Type", "/worksheet").endswith("/worksheet")
    }
    for sheet in sheets:
        link = next((value for name, value in sheet.items() if name.endswith(":id")), None)
        target = targets.get(link, "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if (found := parts.get(path.lower())) is not None:
            return found
    fallback = parts.get("xl/worksheets/sheet1.xml")
    if fallback is None:
        raise WorkbookError("has no sheet")
    return fallback


def _elements(book: zipfile.ZipFile, part: zipfile.ZipInfo | None, tag: str) -> Sequence[Mapping[str, str]]:
    """Return the attributes of all elements of that tag in a small part."""
    found: list[Mapping[str, str]] = []

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name.rpartition(":")[2] == tag:
            found.append(dict(attributes))

    if part is not None:
        for _ in _parsed(_chunks(book, part, _SMALL_PART_BYTES), start, _ignore, _ignore):
            pass
    return found


def _ignore(_: str) -> None:
    """Neither ends nor texts matter where attributes are wanted."""


def _parsed(
    chunks: Iterator[bytes],
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> Iterator[None]:
    """Feed the handlers chunk by chunk; yield after each, so that what they collected can be taken."""
    parser = expat.ParserCreate()
    depth = 0

    def deeper(tag: str, attributes: Mapping[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > XML_DEPTH:
            raise WorkbookError(f"holds XML that is nested deeper than {XML_DEPTH} levels")
        start(tag, attributes)

    def higher(tag: str) -> None:
        nonlocal depth
        depth -= 1
        end(tag)

    def refused(*_: object) -> None:
        raise WorkbookError("holds XML with a document type; that is not read")

    parser.buffer_text = True
    parser.StartElementHandler = deeper
    parser.EndElementHandler = higher
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refused
    for chunk in chunks:
        parser.Parse(chunk, False)  # noqa: FBT003 - expat's own signature
        yield
    parser.Parse(b"", True)  # noqa: FBT003
    yield


class _Texts:
    """Collects what stands in `t` (or `v`) elements; phonetic readings in `rPh` are none of the text."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._size = 0
        self._inside = False
        self._phonetic = False

    def start(self, name: str) -> None:
        self._inside = name in ("t", "v")
        self._phonetic = self._phonetic or name == "rPh"

    def end(self, name: str) -> None:
        self._inside = False
        self._phonetic = self._phonetic and name != "rPh"

    def add(self, text: str) -> None:
        if self._inside and not self._phonetic:
            self._size += len(text)
            if self._size > CELL_CHARACTERS:
                raise WorkbookError(f"has a cell of more than {CELL_CHARACTERS} characters")
            self._pieces.append(text)

    def taken(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        return _unescaped(text) if "_x" in text else text


def _unescaped(text: str) -> str:
    """Return a text with what `_x000A_` and its like stand for; characters beyond 16 bits are two of them."""
    halves = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return halves.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _shared_strings(book: zipfile.ZipFile, parts: Parts) -> Sequence[str]:
    part = parts.get("xl/sharedstrings.xml")
    if part is None:
        return []
    strings: list[str] = []
    texts = _Texts()

    def start(tag: str, _: Mapping[str, str]) -> None:
        texts.start(tag.rpartition(":")[2])

    def end(tag: str) -> None:
        name = tag.rpartition(":")[2]
        texts.end(name)
        if name == "si":
            strings.append(texts.taken())
            if len(strings) > STRINGS:
                raise WorkbookError(f"has more than {STRINGS} texts")

    for _ in _parsed(_chunks(book, part, STRINGS_BYTES), start, end, texts.add):
        pass
    return strings


def _rows(chunks: Iterator[bytes], strings: Sequence[str]) -> Iterator[Row]:
    sheet = _Sheet(strings)
    for _ in _parsed(chunks, sheet.start, sheet.end, sheet.texts.add):
        yield from sheet.taken()


class _Sheet:
    """Puts rows together from a sheet's elements."""

    def __init__(self, strings: Sequence[str]) -> None:
        self.texts = _Texts()
        self._strings = strings
        self._rows: list[Row] = []
        self._number = 0
        self._cells: list[str] = []
        self._column = 0
        self._type = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.texts.start(name)
        if name == "row":
            told = attributes.get("r", "")
            self._number = (
                int(told) if told.isascii() and told.isdigit() and len(told) < 9 else self._number + 1
            )
            self._cells, self._column = [], 0
        elif name == "c":
            self._column = _column(attributes.get("r", "")) or self._column + 1
            self._type = attributes.get("t", "n")

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self.texts.end(name)
        if name == "c":
            self._add_cell(self.texts.taken())
        elif name == "row" and any(self._cells):
            self._rows.append(Row(self._number, self._cells))

    def _add_cell(self, text: str) -> None:
        if self._type == "s" and text:
            place = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else len(self._strings)
            if place >= len(self._strings):
                raise WorkbookError(f"row {self._number} names a text that is not there")
            text = self._strings[place]
        elif self._type == "b":
            text = {"1": "TRUE", "0": "FALSE"}.get(text, text)
        if self._column <= KEPT_COLUMNS:
            self._cells.extend([""] * (self._column - len(self._cells)))
            self._cells[self._column - 1] = text

    def taken(self) -> Sequence[Row]:
        rows, self._rows = self._rows, []
        return rows


def _column(reference: str) -> int:
    """Return the number of the column that a cell's name tells, 0 where it tells none."""
    match = _COLUMN.fullmatch(reference)
    number = 0
    for letter in match[1] if match else "":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
