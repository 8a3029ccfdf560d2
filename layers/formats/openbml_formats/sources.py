"""Where a reader reads: the files of an archive, or a handful of single files."""

import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO, NamedTuple, Protocol


class Member(NamedTuple):
    """One file; the name has `/` between folders, whatever system it comes from."""

    name: str
    size: int


class MemberUnreadableError(Exception):
    """A file of the source is damaged or larger than the reader allows; the message says which of the two."""


class Source(Protocol):
    """The files of one import, in the order of their places in it."""

    def members(self) -> Sequence[Member]: ...

    def read(self, name: str, *, limit: int) -> bytes:
        """Return a whole file.

        Raises:
            MemberUnreadableError: damaged, or larger than `limit` bytes.
        """

    def open(self, name: str) -> BinaryIO:
        """Return a file as a stream that is read once, from its start.

        Raises:
            MemberUnreadableError: damaged; the stream's own `read` may raise it too.
        """


class FilesInMemory:
    """A few small files, as tests and previews have them."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = dict(files)

    def members(self) -> Sequence[Member]:
        return [Member(name, len(data)) for name, data in self._files.items()]

    def read(self, name: str, *, limit: int) -> bytes:
        data = self._files[name]
        if len(data) > limit:
            raise MemberUnreadableError(f"is larger than {limit} bytes")
        return data

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self._files[name])
