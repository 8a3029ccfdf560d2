"""A zip written front to back into a stream: no seeking, any size, the same content gives the same bytes.

A file that is given whole has its size and checksum in its own header, so that readers that stream can take
it; one that comes in pieces is deflated and has them behind its data.
Source: PKWARE's APPNOTE 6.3.10, sections 4.3-4.5.
"""

import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple, Protocol

_STORED, _DEFLATED = 0, 8
_UTF8, _SIZES_BEHIND = 0x800, 0x08
_DATE, _TIME = 33, 0  # 1980-01-01: the same samples give the same archive
_MOST_32, _MOST_16 = 0xFFFFFFFF, 0xFFFF
_NAME_BYTES = 65_535
# Formats that are compressed already: trying costs time and wins nothing.
_PACKED = (".jpg", ".jpeg", ".png", ".mp3", ".m4a", ".zip", ".parquet", ".webp", ".tar")


class Sink(Protocol):
    size: int

    def write(self, data: bytes) -> None: ...


class _Entry(NamedTuple):
    name: bytes
    offset: int
    method: int
    flags: int
    crc: int
    packed: int
    size: int


class ZipStream:
    """Implements the formats' `Archive`; `finish` writes the directory."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._entries: list[_Entry] = []
        self._names: set[str] = set()

    def add(self, name: str, data: bytes) -> None:
        """Raises ValueError: the name is taken, too long, or leads out of the archive."""
        encoded = self._claimed(name)
        method, body = _STORED, data
        if not name.lower().endswith(_PACKED) and len(data) > 64:
            packed = _deflated(data)
            if len(packed) < len(data):
                method, body = _DEFLATED, packed
        entry = _Entry(encoded, self._sink.size, method, _UTF8, zlib.crc32(data), len(body), len(data))
        self._sink.write(_local_header(entry))
        self._sink.write(body)
        self._entries.append(entry)

    def add_from(self, name: str, parts: Iterable[bytes]) -> None:
        encoded = self._claimed(name)
        offset = self._sink.size
        flags = _UTF8 | _SIZES_BEHIND
        self._sink.write(_local_header(_Entry(encoded, offset, _DEFLATED, flags, 0, _MOST_32, _MOST_32)))
        start = self._sink.size
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        crc = size = 0
        for part in parts:
            crc, size = zlib.crc32(part, crc), size + len(part)
            self._sink.write(packer.compress(part))
        self._sink.write(packer.flush())
        packed = self._sink.size - start
        self._sink.write(struct.pack("<IIQQ", 0x08074B50, crc, packed, size))
        self._entries.append(_Entry(encoded, offset, _DEFLATED, flags, crc, packed, size))

    def finish(self) -> None:
        start = self._sink.size
        for entry in self._entries:
            self._sink.write(_directory_record(entry))
        length = self._sink.size - start
        count = len(self._entries)
        if count > _MOST_16 - 1 or start + length >= _MOST_32:
            end = self._sink.size
            self._sink.write(
                struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, length, start)
            )
            self._sink.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        shown = min(count, _MOST_16)
        tail = (0x06054B50, 0, 0, shown, shown, min(length, _MOST_32), min(start, _MOST_32), 0)
        self._sink.write(struct.pack("<IHHHHIIH", *tail))

    def _claimed(self, name: str) -> bytes:
        encoded = name.encode()
        parts = name.split("/")
        if not name or len(encoded) > _NAME_BYTES or "\\" in name or name.startswith("/") or ".." in parts:
            raise ValueError(f"{name[:80]!r} cannot be the name of a file in an archive")
        if name in self._names:
            raise ValueError(f"two files of the archive are called {name[:80]!r}")
        self._names.add(name)
        return encoded


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _local_header(entry: _Entry) -> bytes:
    large = entry.packed >= _MOST_32 or entry.size >= _MOST_32
    behind = bool(entry.flags & _SIZES_BEHIND)
    extra = struct.pack("<HHQQ", 1, 16, *((0, 0) if behind else (entry.size, entry.packed))) if large else b""
    packed, size = (_MOST_32, _MOST_32) if large else (entry.packed, entry.size)
    head = struct.pack(
        "<IHHHHHIIIHH",
        0x04034B50,
        45 if large else 20,
        entry.flags,
        entry.method,
        _TIME,
        _DATE,
        entry.crc,
        packed,
        size,
        len(entry.name),
        len(extra),
    )
    return head + entry.name + extra


def _directory_record(entry: _Entry) -> bytes:
    values = [value for value in (entry.size, entry.packed, entry.offset) if value >= _MOST_32]
    extra = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""
    behind = bool(entry.flags & _SIZES_BEHIND)
    head = struct.pack(
        "<IHHHHHHIIIHHHHHII",
        0x02014B50,
        (3 << 8) | 45,
        45 if extra or behind else 20,
        entry.flags,
        entry.method,
        _TIME,
        _DATE,
        entry.crc,
        min(entry.packed, _MOST_32),
        min(entry.size, _MOST_32),
        len(entry.name),
        len(extra),
        0,
        0,
        0,
        0o100644 << 16,
        min(entry.offset, _MOST_32),
    )
    return head + entry.name + extra
