"""The outermost fields of a protobuf message of any size, found without reading what is in them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

_BLOCK = 65_536
_MOST_FIELDS = 100_000
_VARINT_BYTES = 10
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class ProtobufError(Exception):
    """The bytes are no message."""


class Content:
    """A file's bytes by ranges; the last block read is kept.

    Args:
        read_range: returns bytes `start` up to and without `end`.
    """

    def __init__(self, size: int, read_range: Callable[[int, int], bytes]) -> None:
        self.size = size
        self._read_range = read_range
        self._start = 0
        self._block = b""

    def read(self, start: int, end: int) -> bytes:
        end = min(end, self.size)
        if start >= end:
            return b""
        if not self._start <= start or end > self._start + len(self._block):
            self._block = self._read_range(start, min(self.size, max(end, start + _BLOCK)))
            self._start = start
        return self._block[start - self._start : end - self._start]


class ProtobufField(NamedTuple):
    """`start` and `end` are the place of its payload."""

    number: int
    start: int
    end: int


def protobuf_fields(content: Content) -> Iterator[ProtobufField]:
    """Yield the outermost fields; the last one has to end where the file does. Raises ProtobufError."""
    place = 0
    for _ in range(_MOST_FIELDS):
        if place == content.size:
            return
        key, place = _varint(content, place)
        number, kind = key >> 3, key & 7
        if not 1 <= number < 2**29:
            raise ProtobufError("it has a field of no possible number")
        start, end = _payload(content, kind, place)
        if end > content.size:
            raise ProtobufError("it is cut off")
        yield ProtobufField(number, start, end)
        place = end
    raise ProtobufError("it has too many fields")


def _payload(content: Content, kind: int, place: int) -> tuple[int, int]:
    if kind == _VARINT:
        return place, _varint(content, place)[1]
    if kind == _LENGTH:
        length, place = _varint(content, place)
        return place, place + length
    if kind in (_FIXED64, _FIXED32):
        return place, place + (8 if kind == _FIXED64 else 4)
    raise ProtobufError("it has a field of no known kind")


def _varint(content: Content, place: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(content.read(place, place + _VARINT_BYTES)):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, place + index + 1
    raise ProtobufError("it is cut off")
