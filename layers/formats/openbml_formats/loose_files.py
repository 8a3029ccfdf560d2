"""Files that were uploaded one by one, as a source."""

import io
from collections.abc import Callable, Sequence
from typing import BinaryIO, NamedTuple, cast

from typing_extensions import Buffer

from openbml_formats.planned import StoredFile
from openbml_formats.sources import Member, MemberUnreadableError

ReadRange = Callable[[str, int, int], bytes]
_BLOCK_BYTES = 8 * 1024 * 1024


class LooseFile(NamedTuple):
    name: str
    key: str
    size: int


class LooseFiles:
    """A `Source` over single files in storage.

    Args:
        read_range: returns bytes `start` up to and without `end` of the object with a key.
    """

    def __init__(self, files: Sequence[LooseFile], read_range: ReadRange) -> None:
        self._files = {file.name: file for file in files}
        self._read_range = read_range

    def members(self) -> Sequence[Member]:
        return [Member(file.name, file.size) for file in self._files.values()]

    def read(self, name: str, *, limit: int) -> bytes:
        file = self._files[name]
        if file.size > limit:
            raise MemberUnreadableError(f"is larger than {limit} bytes")
        return self._read_range(file.key, 0, file.size) if file.size else b""

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_FileStream(self._files[name], self._read_range), 1 << 16))

    def content(self, name: str) -> StoredFile:
        """Return where a file lies, as plans name it."""
        file = self._files[name]
        return StoredFile(key=file.key, size=file.size)


class _FileStream(io.RawIOBase):
    def __init__(self, file: LooseFile, read_range: ReadRange) -> None:
        self._file = file
        self._read_range = read_range
        self._place = 0
        self._block = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        if not self._block and self._place < self._file.size:
            end = min(self._file.size, self._place + _BLOCK_BYTES)
            self._block = self._read_range(self._file.key, self._place, end)
            self._place += len(self._block)
        part, self._block = self._block[: len(view)], self._block[len(view) :]
        view[: len(part)] = part
        return len(part)
