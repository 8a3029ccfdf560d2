"""A zip archive's directory: read, and refused as a whole where it cannot be trusted."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import IO, NamedTuple

from openbml_formats.entry_names import decoded_name, is_archive, is_junk, likely_encoding, unsafe_reason
from openbml_formats.records import SourceFormatError
from openbml_formats.sources import MemberUnreadableError

MIB = 1024 * 1024
# What keeps a reader small and an import finite.
ARCHIVE_ENTRIES = 300_000
BOMB_RATIO = 100  # declared bytes per archive byte
BOMB_BYTES = 1024 * MIB  # a smaller archive may compress as well as it likes
DIRECTORY_BYTES = 64 * MIB

LOCAL_HEADER_BYTES = 30
_END_RECORD = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64_RECORD = struct.Struct("<4sQ2H2L4Q")
_END_SEARCH = 65_535 + _END_RECORD.size + _END64_LOCATOR.size
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_UNIX = 3
_READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises on malformed directories, beside its own error.
_MALFORMED = (
    zipfile.BadZipFile,
    NotImplementedError,
    UnicodeError,
    ValueError,
    OverflowError,
    IndexError,
    EOFError,
    struct.error,
)


class ArchiveFormatError(SourceFormatError):
    """The archive as a whole cannot be imported."""


class Entry(NamedTuple):
    """One file of an archive; a tuple, because there may be hundreds of thousands.

    `room` is how many bytes header and data may take at most: up to the next entry.
    """

    name: str
    offset: int
    compressed_size: int
    size: int
    crc: int
    method: int
    room: int


class Directory(NamedTuple):
    """`ignored` are files of operating systems, by name."""

    entries: Sequence[Entry]
    ignored: Sequence[str]


def read_directory(file: IO[bytes], size: int) -> Directory:
    """Return the archive's files in the order of their places in it.

    Raises:
        ArchiveFormatError: not a zip, or one that no archiver writes for this purpose: too many entries, a
            bomb by its own figures, overlapping, encrypted, linked, nested or unsafely named entries,
            one name twice.
    """
    _check_end_record(file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
            end = archive.start_dir
    except _MALFORMED as error:
        raise ArchiveFormatError("the file is not a readable zip archive") from error
    if not infos:
        raise ArchiveFormatError("the archive holds no files")
    entries: list[Entry] = []
    ignored: list[str] = []
    encoding = likely_encoding(info.orig_filename for info in infos if not info.flag_bits & _UTF8_NAME)
    for info, following in zip(infos, [*(info.header_offset for info in infos[1:]), end], strict=True):
        name = _checked_name(info, encoding)
        if info.is_dir() or name.endswith("/"):
            continue
        if is_junk(name):
            ignored.append(name)
            continue
        entries.append(_checked_entry(info, name, following))
    _check_names(entries)
    _check_volume(entries, size)
    return Directory(entries, ignored)


def _checked_name(info: zipfile.ZipInfo, encoding: str) -> str:
    # `filename` is cut at a NUL byte; what the directory really says is `orig_filename`.
    name = info.orig_filename
    name = name.replace("\\", "/") if info.flag_bits & _UTF8_NAME else decoded_name(name, encoding)
    reason = unsafe_reason(name)
    if reason:
        raise ArchiveFormatError(f"the entry {name[:80]!r} {reason}")
    return name


def _checked_entry(info: zipfile.ZipInfo, name: str, following: int) -> Entry:
    room = following - info.header_offset
    reason = _entry_fault(info, name, room)
    if reason:
        raise ArchiveFormatError(f"the entry {name!r} {reason}")
    return Entry(
        name, info.header_offset, info.compress_size, info.file_size, info.CRC, info.compress_type, room
    )


def _entry_fault(info: zipfile.ZipInfo, name: str, room: int) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    mode = info.external_attr >> 16
    if info.create_system == _UNIX and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or a device, not a file"
    if is_archive(name):
        return "is an archive itself"
    if info.compress_type not in _READABLE_METHODS:
        return "is compressed by another method than deflate"
    if info.header_offset < 0:
        return "lies outside of the archive"
    if room < LOCAL_HEADER_BYTES + info.compress_size:
        return "overlaps its neighbour"
    return None


def _check_names(entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if entry.name in seen:
            raise ArchiveFormatError(f"the name {entry.name!r} stands in the archive twice")
        seen.add(entry.name)


def _check_volume(entries: Sequence[Entry], size: int) -> None:
    if not entries:
        raise ArchiveFormatError("the archive holds no files")
    declared = sum(entry.size for entry in entries)
    if declared > BOMB_BYTES and declared > BOMB_RATIO * size:
        raise ArchiveFormatError(f"{size} bytes would unpack to {declared}")


def _check_end_record(file: IO[bytes], size: int) -> None:
    """Refuse a huge directory before zipfile makes objects of all of it."""
    file.seek(max(0, size - _END_SEARCH))
    tail = file.read(_END_SEARCH)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _END_RECORD.size:
        raise ArchiveFormatError("the file is not a zip archive, or it is cut off")
    record = _END_RECORD.unpack_from(tail, place)
    count, directory_bytes = record[4], record[5]
    locator_place = place - _END64_LOCATOR.size
    if locator_place >= 0 and tail[locator_place : locator_place + 4] == b"PK\6\7":
        offset = _END64_LOCATOR.unpack_from(tail, locator_place)[2]
        if offset + _END64_RECORD.size > size:
            raise ArchiveFormatError("the zip archive's directory is cut off")
        file.seek(offset)
        record = _END64_RECORD.unpack(file.read(_END64_RECORD.size))
        count, directory_bytes = record[7], record[8]
    if count > ARCHIVE_ENTRIES or directory_bytes > DIRECTORY_BYTES:
        raise ArchiveFormatError(f"the archive has {count} entries; {ARCHIVE_ENTRIES} are possible, split it")
    file.seek(0)


class EntryDataError(MemberUnreadableError):
    """An entry's bytes are not what the directory promises."""


def entry_data(entry: Entry, raw: bytes) -> bytes:
    """Return the entry's content.

    Args:
        raw: the archive's bytes from the entry's local header on, `entry.room` of them.

    Raises:
        EntryDataError: damaged, or larger than declared; never more than the declared size is unpacked.
    """
    start = data_start(raw)
    packed = raw[start : start + entry.compressed_size]
    if len(packed) != entry.compressed_size:
        raise EntryDataError("it is cut off")
    data = packed if entry.method == zipfile.ZIP_STORED else _inflated(entry, packed)
    if len(data) != entry.size:
        raise EntryDataError("its size differs from the archive's directory")
    if zlib.crc32(data) != entry.crc:
        raise EntryDataError("its checksum is wrong")
    return data


def data_start(raw: bytes) -> int:
    """Return where an entry's data begin behind its local header. Raises EntryDataError."""
    if len(raw) < LOCAL_HEADER_BYTES or raw[:4] != b"PK\3\4":
        raise EntryDataError("its local header is damaged")
    name_bytes, extra_bytes = struct.unpack_from("<2H", raw, 26)
    return int(LOCAL_HEADER_BYTES + name_bytes + extra_bytes)


def _inflated(entry: Entry, packed: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return inflater.decompress(packed, entry.size + 1)
    except zlib.error as error:
        raise EntryDataError("its compressed data is damaged") from error
