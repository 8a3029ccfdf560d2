"""Texts of strangers: UTF-8 only, line by line, cleaned and cut to what a kind allows (spec 02 section 4)."""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from openbml_catalog.datasets import DatasetKind, LengthUnit
from openbml_formats.limits import MIB
from openbml_formats.records import Problem, Severity, SourceFormatError
from openbml_formats.sources import MemberUnreadableError, Source

LINE_CHARACTERS = MIB  # a longer line is passed over, never held
TEXT_FILE_BYTES = 4 * MIB  # a file that is one text as a whole

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_TOKEN_FAULT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LIKELY = (
    ("gb18030", "GB18030 (GBK)"),
    ("big5", "Big5"),
    ("shift_jis", "Shift-JIS"),
    ("cp1252", "Windows-1252"),
)
_JOINERS = "\u200d"
_LONGEST_CLUSTER = 32


class TextError(ValueError):
    """A text that no sample can have; `reason` is a report's code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Line(NamedTuple):
    number: int
    text: str


class Note(NamedTuple):
    """Something that was adapted in a text that is taken."""

    severity: Severity
    reason: str
    message: str


class CheckedText(NamedTuple):
    text: str
    notes: tuple[Note, ...] = ()


@contextmanager
def opened(source: Source, name: str) -> Iterator[BinaryIO]:
    """Open a file of the source; what cannot be read of it is a fault of the source as a whole."""
    try:
        with source.open(name) as stream:
            yield stream
    except MemberUnreadableError as error:
        raise SourceFormatError(f"{name}: {error}") from error


def file_lines(source: Source, name: str) -> Iterator[Line | Problem]:
    """Yield the lines of a file that say something, and what is passed over; LF, CRLF and CR end lines.

    Raises:
        SourceFormatError: the file is not UTF-8 or cannot be read.
    """
    with opened(source, name) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="strict", newline=None)
        try:
            yield from _lines(text, name)
        finally:
            text.detach()


def _lines(text: io.TextIOWrapper, name: str) -> Iterator[Line | Problem]:
    empty = EmptyLines(name)
    for number, line in enumerate(_raw_lines(text, name), 1):
        if line is None:
            message = f"the line is longer than {LINE_CHARACTERS} characters"
            yield from empty.ended()
            yield Problem(file=name, line=number, reason="line_too_long", message=message)
        elif line.isspace():
            empty.add(number)
        elif number == 1 and "\0" in line:
            message = f"{name} holds zero bytes: it is UTF-16 or no text; save it as UTF-8"
            raise SourceFormatError(message, reason="encoding")
        else:
            yield from empty.ended()
            yield Line(number, line.removesuffix("\n"))
    yield from empty.ended()


def _raw_lines(text: io.TextIOWrapper, name: str) -> Iterator[str | None]:
    """Yield lines with their ends, None for one that is too long."""
    try:
        while line := text.readline(LINE_CHARACTERS):
            if len(line) < LINE_CHARACTERS or line.endswith("\n"):
                yield line
                continue
            while (rest := text.readline(LINE_CHARACTERS)) and not rest.endswith("\n"):
                pass
            yield None
    except UnicodeDecodeError as error:
        raise SourceFormatError(f"{name}: {_wrong_encoding(error)}", reason="encoding") from error


class EmptyLines:
    """Tells a run of empty lines as one problem: a file may be little else."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._first = self._count = 0

    def add(self, number: int) -> None:
        self._first = self._first or number
        self._count += 1

    def ended(self) -> Iterator[Problem]:
        if self._count:
            message = "is empty" if self._count == 1 else f"and {self._count - 1} more are empty"
            yield Problem(
                file=self._file,
                line=self._first,
                reason="empty_line",
                message=message,
                severity=Severity.SKIPPED,
            )
        self._first = self._count = 0


def decoded_text(data: bytes) -> str:
    """Return the text of a whole file. Raises TextError: not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError("not_utf8", _wrong_encoding(error)) from error


def _wrong_encoding(error: UnicodeDecodeError) -> str:
    return f"the text is not UTF-8 but probably {likely_encoding(error.object)}; save it as UTF-8"


def likely_encoding(data: bytes) -> str:
    """Return the name of what bytes that are not UTF-8 seem to be; they may end inside a character."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    if b"\0" in data:
        return "no text"
    for encoding, title in _LIKELY:
        try:
            codecs.getincrementaldecoder(encoding)("strict").decode(data, final=False)
        except UnicodeDecodeError:
            continue
        return title
    return "no text"


def checked_text(text: str, kind: DatasetKind) -> CheckedText:
    """Return a text as samples of the kind hold it, with what was adapted.

    Line ends become `\\n`, those around the text go, as does a byte order mark; other control characters
    become blanks; what is beyond the kind's limit is cut off.

    Raises:
        TextError: `text_missing`, `nul_character` or `not_unicode`.
    """
    notes: list[Note] = []
    if "\0" in text:
        raise TextError("nul_character", "the text holds zero characters")
    if not text.isascii() and _SURROGATE.search(text):
        raise TextError("not_unicode", "the text holds half a character")
    cleaned = _CONTROL.sub(" ", text)
    if cleaned != text:
        notes.append(Note(Severity.CHANGED, "control_characters", "control characters became blanks"))
    cleaned = unified_lines(cleaned).strip("\n\ufeff")
    if not cleaned.strip():
        raise TextError("text_missing", "there is no text")
    if kind.text_limit is not None:
        cut = cut_text(cleaned, kind.text_limit, kind.unit).rstrip("\n")
        if len(cut) < len(cleaned):
            message = f"the text was cut to {kind.text_limit} {kind.unit}"
            notes.append(Note(Severity.CUT, "text_cut", message))
        cleaned = cut
    return CheckedText(cleaned, tuple(notes))


def checked_token(token: str) -> CheckedText:
    """Return a token as sentences hold it: it keeps its place, whatever stands in it.

    Raises:
        TextError: `text_missing`, `nul_character` or `not_unicode`.
    """
    if "\0" in token:
        raise TextError("nul_character", "a token holds zero characters")
    if not token.isascii() and _SURROGATE.search(token):
        raise TextError("not_unicode", "a token holds half a character")
    if not token:
        raise TextError("text_missing", "there is an empty token")
    cleaned = _CONTROL.sub("\ufffd", token.replace("\n", "\ufffd").replace("\r", "\ufffd"))
    if cleaned == token:
        return CheckedText(token)
    message = "control characters became replacement characters"
    return CheckedText(cleaned, (Note(Severity.CHANGED, "control_characters", message),))


def are_clean(tokens: Sequence[str]) -> bool:
    """Say at once whether `checked_token` would leave all of these as they are."""
    return all(tokens) and not _TOKEN_FAULT.search("".join(tokens))


def unified_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cut_text(text: str, limit: int, unit: LengthUnit) -> str:
    """Return the longest beginning within the limit that ends between two characters as people see them."""
    end = limit if unit is LengthUnit.CHARACTERS else _end_of_units(text, limit)
    if end >= len(text):
        return text
    whole = end
    while whole > max(0, end - _LONGEST_CLUSTER) and _inside_character(text, whole):
        whole -= 1
    return text[: whole or end]


def _inside_character(text: str, place: int) -> bool:
    return unicodedata.category(text[place])[0] == "M" or _JOINERS in (text[place], text[place - 1])


def _end_of_units(text: str, limit: int) -> int:
    if len(text) * 2 <= limit:
        return len(text)
    units = 0
    for place, character in enumerate(text):
        units += 1 if character.isascii() or unicodedata.east_asian_width(character) not in "WF" else 2
        if units > limit:
            return place
    return len(text)
