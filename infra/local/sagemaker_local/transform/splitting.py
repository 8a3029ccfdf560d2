"""Where the records of an object lie (contract section 5.2, ``SplitType``).

Records are spans of a local file, so memory does not grow with objects or records.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from sagemaker_local.inputs import recordio

SplitType = Literal["None", "Line", "RecordIO", "TFRecord"]
_CHUNK = 1024 * 1024
_TF_LENGTH = struct.Struct("<QI")
_TF_DATA_CRC_BYTES = 4
_CRC_MASK_DELTA = 0xA282EAD8


class SplitError(Exception):
    """The object is not a sequence of such records."""


@dataclass(frozen=True)
class Span:
    """One record: bytes ``start`` up to ``end`` of the file."""

    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


def spans(file: BinaryIO, split_type: SplitType) -> Iterator[Span]:
    """Yield the records of a seekable file in order.

    A line comes without its newline; framed records come with their frames.

    Raises:
        SplitError: the file is not made of such records.
    """
    return _SPLITTERS[split_type](file)


def _whole(file: BinaryIO) -> Iterator[Span]:
    yield Span(0, _size(file))


def _lines(file: BinaryIO) -> Iterator[Span]:
    start = position = 0
    while True:
        file.seek(position)
        chunk = file.read(_CHUNK)
        if not chunk:
            break
        found = -1
        while (found := chunk.find(b"\n", found + 1)) >= 0:
            yield Span(start, position + found)
            start = position + found + 1
        position += len(chunk)
    if start < position:
        yield Span(start, position)


def _recordio(file: BinaryIO) -> Iterator[Span]:
    size, start, position = _size(file), 0, 0
    inside = False
    while position < size:
        file.seek(position)
        try:
            flag, length = recordio.read_header(file.read(recordio.HEADER.size))
        except recordio.RecordIOError as error:
            raise SplitError(f"at byte {position}: {error}") from error
        if inside != (flag in (recordio.MIDDLE, recordio.LAST)):
            raise SplitError(f"at byte {position}: the parts of a record are out of order")
        position += recordio.HEADER.size + length + recordio.padding(length)
        if position > size:
            raise SplitError("the last record is cut off")
        inside = flag in (recordio.FIRST, recordio.MIDDLE)
        if not inside:
            yield Span(start, position)
            start = position
    if inside:
        raise SplitError("the last record is cut off")


def _tfrecord(file: BinaryIO) -> Iterator[Span]:
    size, position = _size(file), 0
    while position < size:
        file.seek(position)
        head = file.read(_TF_LENGTH.size)
        if len(head) != _TF_LENGTH.size:
            raise SplitError("the last record is cut off")
        length, crc = _TF_LENGTH.unpack(head)
        if crc != masked_crc32c(head[:8]):
            raise SplitError(f"at byte {position}: the checksum of a record's length is wrong")
        end = position + _TF_LENGTH.size + length + _TF_DATA_CRC_BYTES
        if end > size:
            raise SplitError("the last record is cut off")
        yield Span(position, end)
        position = end


def _size(file: BinaryIO) -> int:
    return file.seek(0, 2)


def masked_crc32c(data: bytes) -> int:
    """The checksum of TFRecord files.

    Source: TensorFlow, ``core/lib/hash/crc32c.h``; Castagnoli polynomial 0x1EDC6F41.
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + _CRC_MASK_DELTA) & 0xFFFFFFFF


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC_TABLE = _crc_table()
_SPLITTERS: dict[SplitType, Callable[[BinaryIO], Iterator[Span]]] = {
    "None": _whole,
    "Line": _lines,
    "RecordIO": _recordio,
    "TFRecord": _tfrecord,
}
