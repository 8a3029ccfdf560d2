"""The files of a zip archive as a source, read by ranges: nothing of it is held but its directory."""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import BinaryIO, cast

from typing_extensions import Buffer

from openbml_formats.entry_names import ENTRY_NAME_CHARACTERS
from openbml_formats.planned import ArchiveEntry
from openbml_formats.records import Problem, Severity
from openbml_formats.sources import Member, MemberUnreadableError
from openbml_formats.zip_directory import (
    LOCAL_HEADER_BYTES,
    Directory,
    Entry,
    EntryDataError,
    data_start,
    entry_data,
)

ReadRange = Callable[[int, int], bytes]

# Local header, a name of the longest kind and the extra fields that archivers write; an entry with more than
# that before its data is told to be cut off.
HEADER_ROOM = LOCAL_HEADER_BYTES + 4 * ENTRY_NAME_CHARACTERS + 4096
_BLOCK_BYTES = 1024 * 1024


def packed_length(room: int, compressed_size: int) -> int:
    """Return how many bytes from an entry's local header on hold all of it."""
    return min(room, compressed_size + HEADER_ROOM)


def litter(name: str) -> Problem:
    """Return the row of the report about a file that an operating system left in an archive."""
    return Problem(
        file=name,
        reason="ignored_system_file",
        message="was left by an operating system",
        severity=Severity.SKIPPED,
    )


class ZipSource:
    """A `Source` over an archive's directory.

    Args:
        read_range: returns bytes `start` up to and without `end` of the archive.
        upload: the archive's number among the import's files.
    """

    def __init__(self, directory: Directory, read_range: ReadRange, *, upload: int = 0) -> None:
        self._entries = {entry.name: entry for entry in directory.entries}
        self._read_range = read_range
        self._upload = upload

    def members(self) -> Sequence[Member]:
        return [Member(entry.name, entry.size) for entry in self._entries.values()]

    def read(self, name: str, *, limit: int) -> bytes:
        entry = self._entries[name]
        if max(entry.size, entry.compressed_size) > limit:
            raise MemberUnreadableError(f"is larger than {limit} bytes")
        length = packed_length(entry.room, entry.compressed_size)
        return entry_data(entry, self._read_range(entry.offset, entry.offset + length))

    def open(self, name: str) -> BinaryIO:
        stream = _EntryStream(self._entries[name], self._read_range)
        return cast(BinaryIO, io.BufferedReader(stream, _BLOCK_BYTES))

    def content(self, name: str) -> ArchiveEntry:
        """Return where a file lies, as plans name it."""
        return ArchiveEntry(upload=self._upload, **self._entries[name]._asdict())


class _EntryStream(io.RawIOBase):
    """One entry's content, unpacked block by block; its size and checksum are checked at its end."""

    def __init__(self, entry: Entry, read_range: ReadRange) -> None:
        self._entry = entry
        self._read_range = read_range
        head = read_range(entry.offset, entry.offset + packed_length(entry.room, 0))
        self._place = entry.offset + data_start(head)
        self._end = self._place + entry.compressed_size
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method != zipfile.ZIP_STORED else None
        self._ready = b""
        self._produced = 0
        self._crc = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._ready:
            if not self._advance(len(view)):
                self._check_end()
                return 0
        part, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(part)] = part
        return len(part)

    def _advance(self, wanted: int) -> bool:
        """Make some bytes ready; return whether there may be more."""
        packed = self._inflater.unconsumed_tail if self._inflater else b""
        if not packed and self._place < self._end:
            packed = self._read_range(self._place, min(self._end, self._place + _BLOCK_BYTES))
            if not packed:
                raise EntryDataError("it is cut off")
            self._place += len(packed)
        if not packed:
            return False
        self._ready = self._unpacked(packed, max(wanted, 1))
        self._produced += len(self._ready)
        self._crc = zlib.crc32(self._ready, self._crc)
        if self._produced > self._entry.size:
            raise EntryDataError("its size differs from the archive's directory")
        return True

    def _unpacked(self, packed: bytes, most: int) -> bytes:
        if self._inflater is None:
            return packed
        try:
            return self._inflater.decompress(packed, most)
        except zlib.error as error:
            raise EntryDataError("its compressed data is damaged") from error

    def _check_end(self) -> None:
        if self._produced != self._entry.size:
            raise EntryDataError("its size differs from the archive's directory")
        if self._crc != self._entry.crc:
            raise EntryDataError("its checksum is wrong")
