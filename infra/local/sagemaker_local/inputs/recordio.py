"""RecordIO framing: a magic number, flag and length, the data, and padding to four bytes.

Source: the RecordIO format of Apache MXNet (dmlc-core, ``recordio.h``). A record whose data holds
the magic number at a four-byte boundary may be written in parts; the flag tells which part one is.
"""

import struct

MAGIC = 0xCED7230A
HEADER = struct.Struct("<II")
WHOLE, FIRST, MIDDLE, LAST = 0, 1, 2, 3
_LENGTH_BITS = 29
MAX_LENGTH = (1 << _LENGTH_BITS) - 1


class RecordIOError(Exception):
    """The bytes are not RecordIO, or the record is too long for it."""


def padding(length: int) -> int:
    return -length % 4


def header(length: int) -> bytes:
    if length > MAX_LENGTH:
        raise RecordIOError(f"a record of {length} bytes is longer than RecordIO's {MAX_LENGTH} bytes")
    return HEADER.pack(MAGIC, length)


def frame(data: bytes) -> bytes:
    return header(len(data)) + data + bytes(padding(len(data)))


def read_header(packed: bytes) -> tuple[int, int]:
    """Return flag and length.

    Raises:
        RecordIOError: the bytes are no header.
    """
    if len(packed) != HEADER.size:
        raise RecordIOError("a record header is cut off")
    magic, word = HEADER.unpack(packed)
    if magic != MAGIC:
        raise RecordIOError("a record does not start with the RecordIO magic number")
    return word >> _LENGTH_BITS, word & MAX_LENGTH
