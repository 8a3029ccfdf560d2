"""The files of an uploaded zip as a source; nothing of it is unpacked but what is read."""

import io
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, cast

from openbml.models.checks.protobuf_fields import Content
from openbml.models.imports.file_sources import FileSource, SourceFile
from openbml.models.imports.limits import FILES_PER_FOLDER
from openbml_formats.zip_directory import ArchiveFormatError, Directory, data_start, read_directory
from openbml_formats.zip_source import ZipSource, packed_length

_SKIPPED = 1024 * 1024


class ZipFileSource:
    """A `FileSource` over one file of another.

    Raises:
        ArchiveFormatError: not a zip, or one that cannot be trusted: a bomb, links, unsafe or repeated names.
    """

    def __init__(self, source: FileSource, name: str) -> None:
        size = next(file.size_bytes for file in source.files if file.name == name)
        self._content = Content(size, lambda start, end: source.read_range(name, start, end))
        directory = read_directory(cast(BinaryIO, io.BufferedReader(_Seekable(self._content))), size)
        if len(directory.entries) > FILES_PER_FOLDER:
            raise ArchiveFormatError(f"the archive holds more than {FILES_PER_FOLDER} files")
        self._directory: Directory = directory
        self._entries = {entry.name: entry for entry in directory.entries}
        self._source = ZipSource(directory, self._content.read)
        self._open: tuple[str, int, BinaryIO] | None = None

    @property
    def files(self) -> Sequence[SourceFile]:
        return [SourceFile(name=entry.name, size_bytes=entry.size) for entry in self._directory.entries]

    def open(self, name: str) -> BinaryIO:
        return self._source.open(name)

    def read_range(self, name: str, start: int, end: int) -> bytes:
        """Raises MemberUnreadableError."""
        entry = self._entries[name]
        end = min(end, entry.size)
        if start >= end:
            return b""
        if entry.method == zipfile.ZIP_STORED:
            head = self._content.read(entry.offset, entry.offset + packed_length(entry.room, 0))
            first = entry.offset + data_start(head)
            return self._content.read(first + start, first + end)
        stream = self._at(name, start)
        data = stream.read(end - start)
        self._open = (name, start + len(data), stream)
        return data

    def _at(self, name: str, start: int) -> BinaryIO:
        """Return the unpacked stream at a place; it only runs forward, so that going back begins anew."""
        known = self._open
        if known is not None and known[0] == name and known[1] <= start:
            place, stream = known[1], known[2]
        else:
            place, stream = 0, self._source.open(name)
        while place < start:
            skipped = stream.read(min(_SKIPPED, start - place))
            if not skipped:
                break
            place += len(skipped)
        return stream


class _Seekable(io.RawIOBase):
    """Content as a file, for readers that jump about in it."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._place = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start")
        self._place = base + offset
        return self._place

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any writable buffer
        data = self._content.read(self._place, self._place + len(view))
        view[: len(data)] = data
        self._place += len(data)
        return len(data)
