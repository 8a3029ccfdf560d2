"""Large JSON files read piece by piece: memory holds one item, not the file."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from openbml_formats.json_values import JsonFormatError, check_values
from openbml_formats.limits import CENTRAL_ITEM_BYTES

_CHUNK_BYTES = 512 * 1024
_BLANK = " \t\n\r"


def list_items(stream: BinaryIO) -> Iterator[Any]:
    """Yield the items of a file that is one list. Raises JsonFormatError."""
    text = _Text(stream)
    yield from _items(text)
    text.expect_end()


def member_items(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    """Yield (member, item) for each item of the lists in a file that is one object.

    A member that is no list is yielded as it is.

    Raises:
        JsonFormatError: not such a file, not JSON, or a single item that is larger than a reader takes.
    """
    text = _Text(stream)
    text.expect("{")
    if text.next_is("}"):
        text.expect("}")
    else:
        yield from _members(text)
    text.expect_end()


def first_character(stream: BinaryIO) -> str:
    """Return the first character that is not blank, empty for an empty file. Raises JsonFormatError."""
    return _Text(stream).peek()


def _members(text: "_Text") -> Iterator[tuple[str, Any]]:
    while True:
        name = text.value()
        if not isinstance(name, str):
            raise JsonFormatError("is not JSON")
        text.expect(":")
        if text.next_is("["):
            for item in _items(text):
                yield name, item
        else:
            yield name, text.value()
        if text.next_is("}"):
            text.expect("}")
            return
        text.expect(",")


def _items(text: "_Text") -> Iterator[Any]:
    text.expect("[")
    if text.next_is("]"):
        text.expect("]")
        return
    while True:
        yield text.value()
        if text.next_is("]"):
            text.expect("]")
            return
        text.expect(",")


class _Text:
    """A window on the text of a stream that moves on as values are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self._decoder = json.JSONDecoder(parse_constant=_refused)
        self._text = ""
        self._place = 0
        self._ended = False
        self._more(_CHUNK_BYTES)
        if self._text.startswith("\ufeff"):
            self._place = 1

    def peek(self) -> str:
        while True:
            while self._place < len(self._text) and self._text[self._place] in _BLANK:
                self._place += 1
            if self._place < len(self._text):
                return self._text[self._place]
            if self._ended:
                return ""
            self._more(_CHUNK_BYTES)

    def next_is(self, character: str) -> bool:
        return self.peek() == character

    def expect(self, character: str) -> None:
        if self.peek() != character:
            raise JsonFormatError("is not JSON")
        self._place += 1

    def expect_end(self) -> None:
        if self.peek():
            raise JsonFormatError("is not JSON: something follows its end")

    def value(self) -> Any:
        """Return the next value; the window grows until it holds all of it."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                self._grow(error)
                continue
            if end < len(self._text) or self._ended or self._text[end - 1] in '"]}':
                break
            self._grow(None)  # a number may go on in the next piece
        self._place = end
        check_values(value)
        return value

    def _grow(self, error: BaseException | None) -> None:
        held = len(self._text) - self._place
        if self._ended or isinstance(error, RecursionError | JsonFormatError):
            raise JsonFormatError("is not JSON") from error
        if held > CENTRAL_ITEM_BYTES:
            raise JsonFormatError(
                f"is not JSON, or has an item of over {CENTRAL_ITEM_BYTES} bytes"
            ) from error
        self._more(max(_CHUNK_BYTES, held))  # twice as much each time, or long items are read over and over

    def _more(self, size: int) -> None:
        chunk = self._stream.read(size)
        try:
            text = self._utf8.decode(chunk, final=not chunk)
        except UnicodeError as error:
            raise JsonFormatError("is not text in UTF-8") from error
        self._ended = not chunk
        self._text = self._text[self._place :] + text
        self._place = 0


def _refused(name: str) -> Any:
    raise JsonFormatError(f"holds {name}")
