"""A zip archive read by ranges: its directory entry by entry, one entry's content at a time.

A million entries cost no memory, and an entry that is encrypted, damaged or a bomb is one item's error.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from openbml_batch.items import refused
from openbml_batch.storage import Bucket, Stored, open_buffered
from openbml_kit.faults import UserFault

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_END_SEARCH = 65_535 + _END.size + _END64_LOCATOR.size
_ENCRYPTED, _UTF8 = 0x1, 0x800
_STORED, _DEFLATED = 0, 8
_MOST32 = 0xFFFFFFFF
_SLACK = 1024  # local headers may have longer extra fields than the directory says


class ZipEntry(NamedTuple):
    """`name` is as bytes; `is_utf8`: they say that they are."""

    name: bytes
    is_utf8: bool
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith((b"/", b"\\"))


class ZipDirectory:
    """
    Raises:
        UserFault: not a zip archive, or one that is cut off.
    """

    def __init__(self, bucket: Bucket, archive: Stored) -> None:
        self._bucket = bucket
        self._archive = archive
        self.count, self._offset, self._size = self._end()

    def __iter__(self) -> Iterator[ZipEntry]:
        with open_buffered(self._bucket, self._archive) as file:
            file.seek(self._offset)
            for _ in range(self.count):
                head = file.read(_ENTRY.size)
                if len(head) < _ENTRY.size or head[:4] != b"PK\1\2":
                    raise self._fault("its directory is damaged")
                fields = _ENTRY.unpack(head)
                name = file.read(fields[10])
                extra = file.read(fields[11])
                file.read(fields[12])
                yield _entry(fields, name, extra)

    def content(self, entry: ZipEntry, *, most_bytes: int) -> bytes:
        """Return an entry's content; never more than it declares is unpacked. Raises ItemError."""
        if entry.flags & _ENCRYPTED:
            raise refused("invalid_argument", "the archive's entry is encrypted")
        if entry.method not in (_STORED, _DEFLATED):
            raise refused("invalid_argument", "the archive's entry is compressed by an unknown method")
        if entry.size > most_bytes or entry.packed > most_bytes + _SLACK:
            raise refused("size_invalid", f"{entry.size} bytes, at most {most_bytes} are answered")
        data = _unpacked(entry, self._packed(entry))
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise refused("invalid_argument", "the archive's entry is not what its directory says")
        return data

    def _packed(self, entry: ZipEntry) -> bytes:
        guess = _LOCAL.size + len(entry.name) + _SLACK + entry.packed
        raw = self._range(entry.offset, entry.offset + guess)
        if len(raw) < _LOCAL.size or raw[:4] != b"PK\3\4":
            raise refused("invalid_argument", "the archive's entry is damaged")
        start = _LOCAL.size + sum(_LOCAL.unpack(raw[: _LOCAL.size])[9:11])
        end = start + entry.packed
        if end > len(raw):
            raw = self._range(entry.offset, entry.offset + end)
        if end > len(raw):
            raise refused("invalid_argument", "the archive's entry is cut off")
        return raw[start:end]

    def _range(self, start: int, end: int) -> bytes:
        end = min(end, self._archive.size)
        return self._bucket.read_range(self._archive, start, end) if start < end else b""

    def _end(self) -> tuple[int, int, int]:
        """Return count, place and size of the directory."""
        tail_at = max(0, self._archive.size - _END_SEARCH)
        tail = self._range(tail_at, self._archive.size)
        place = tail.rfind(b"PK\5\6")
        if place < 0 or len(tail) - place < _END.size:
            raise self._fault("it is none, or it is cut off")
        record = _END.unpack_from(tail, place)
        count, size, offset = record[4], record[5], record[6]
        locator = place - _END64_LOCATOR.size
        if locator >= 0 and tail[locator : locator + 4] == b"PK\6\7":
            at = _END64_LOCATOR.unpack_from(tail, locator)[2]
            raw = self._range(at, at + _END64.size)
            if len(raw) < _END64.size or raw[:4] != b"PK\6\6":
                raise self._fault("its directory is cut off")
            record = _END64.unpack(raw)
            count, size, offset = record[7], record[8], record[9]
        if offset + size > self._archive.size or count * _ENTRY.size > size:
            raise self._fault("its directory is cut off")
        return count, offset, size

    def _fault(self, reason: str) -> UserFault:
        return UserFault(f"{self._archive.name} cannot be read as a zip archive: {reason}")


def _entry(fields: tuple[int, ...], name: bytes, extra: bytes) -> ZipEntry:
    flags, method, crc = fields[3], fields[4], fields[7]
    packed, size, offset = _large(fields[8], fields[9], fields[16], extra)
    return ZipEntry(name, bool(flags & _UTF8), flags, method, crc, packed, size, offset)


def _large(packed: int, size: int, offset: int, extra: bytes) -> tuple[int, int, int]:
    """Return the figures with those that only the 64-bit field holds."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, place)
        if kind == 1:
            room = extra[place + 4 : place + 4 + length]
            numbers = list(struct.unpack(f"<{len(room) // 8}Q", room[: len(room) // 8 * 8]))
            # In this order, and only those that do not fit.
            size = numbers.pop(0) if size == _MOST32 and numbers else size
            packed = numbers.pop(0) if packed == _MOST32 and numbers else packed
            offset = numbers.pop(0) if offset == _MOST32 and numbers else offset
        place += 4 + length
    return packed, size, offset


def _unpacked(entry: ZipEntry, packed: bytes) -> bytes:
    if entry.method == _STORED:
        return packed
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return inflater.decompress(packed, entry.size + 1)
    except zlib.error as error:
        raise refused("invalid_argument", "the archive's entry is damaged") from error
