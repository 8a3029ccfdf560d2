"""Where a model's files come from, and the folder that they go to: ports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import BinaryIO, Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError


class SourceUnreadableError(OpenBMLError):
    """The files cannot be read where they are said to be; details: place, reason."""


class SourceFile(BaseModel):
    """`name` is the path below the model's folder."""

    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int


class FileSource(Protocol):
    """Port; `tests/contract/models/test_file_sources.py` holds what implementations owe."""

    @property
    def files(self) -> Sequence[SourceFile]: ...

    def read_range(self, name: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`. Raises SourceUnreadableError."""

    def open(self, name: str) -> BinaryIO:
        """Return the content as a stream. Raises SourceUnreadableError."""


class FileSources(Protocol):
    """Port to what people upload, and to buckets of theirs."""

    def uploaded(self, files: Mapping[str, str]) -> FileSource:
        """Return the files that were uploaded; `files` gives each one's key in the uploads bucket.

        Raises:
            SourceUnreadableError: one is missing.
        """

    def folder(self, s3_uri: str) -> FileSource:
        """Return what lies below `s3://bucket/prefix`.

        Raises:
            SourceUnreadableError: not allowed, nothing there, or more than an import takes.
        """


class FileDigest(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    size_bytes: int
    sha256: str


class VersionFolders(Protocol):
    """Port; folders of versions. What was stored is known to a repeat after a crash."""

    def store(self, model_uri: str, name: str, content: BinaryIO) -> FileDigest:
        """Store one file, of any size, with the digest of what was read."""

    def stored(self, model_uri: str) -> Mapping[str, FileDigest]:
        """Return the files that are whole, by name."""

    def list_digests(self, model_uri: str, digests: Iterable[FileDigest]) -> str:
        """Leave the list that `sha256sum --check` reads beside the folder; return its own SHA-256."""
