"""The files of one upload: a CSV, or the CSVs of a zip, each readable more than once."""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from openbml_data.table_problems import ProblemLog, TableRefusedError
from openbml_formats.records import Severity
from openbml_formats.tables.table_imports import FILE_BYTES, FILES_PER_ARCHIVE

_BOMB_RATIO = 100  # unpacked bytes per archive byte
_BOMB_BYTES = 1024**3  # a smaller archive may compress as well as it likes
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class TableFile(NamedTuple):
    """One file; `open` gives it from its start, each time."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def external_files(files: Sequence[TableFile]) -> Sequence[TableFile]:
    """Return an external table's files as they are. Raises TableRefusedError: none, or too many."""
    if not files:
        raise TableRefusedError(
            "source_table", "There are no files where the catalogue says that the table is."
        )
    if len(files) > FILES_PER_ARCHIVE:
        raise TableRefusedError("source_table", f"The table has more than {FILES_PER_ARCHIVE} files.")
    return files


def table_files(uploads: Sequence[TableFile], suffix: str, log: ProblemLog) -> Sequence[TableFile]:
    """Return the files of that kind, archives unpacked.

    Raises:
        TableRefusedError: no such file, or an archive that is damaged, encrypted, or unpacks to far too much.
    """
    found: list[TableFile] = []
    for upload in uploads:
        if upload.size > FILE_BYTES:
            raise TableRefusedError("volume_limit", f"{upload.name} is larger than 5 GB")
        found += _members(upload, suffix, log) if _is_archive(upload) else [upload]
    if not found:
        raise TableRefusedError("archive_format", f"The archive holds no {suffix} file.")
    return found


def _is_archive(upload: TableFile) -> bool:
    with upload.open() as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _members(upload: TableFile, suffix: str, log: ProblemLog) -> Sequence[TableFile]:
    with upload.open() as file:
        entries = _directory(file, upload.name)
    if len(entries) > FILES_PER_ARCHIVE:
        raise TableRefusedError("archive_format", f"{upload.name} holds more than {FILES_PER_ARCHIVE} files.")
    chosen = []
    for entry in entries:
        if _is_noise(entry.filename) or entry.is_dir():
            continue
        if not entry.filename.lower().endswith(suffix):
            message = f"is no {suffix} file"
            log.add(entry.filename, "not_a_table", message, severity=Severity.SKIPPED)
            continue
        chosen.append(_checked(upload, entry))
    unpacked = sum(entry.file_size for entry in chosen)
    if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * upload.size):
        raise TableRefusedError(
            "archive_format", f"{upload.name} unpacks to more than {_BOMB_RATIO} times its size."
        )
    return [_member(upload, entry) for entry in chosen]


def _directory(file: BinaryIO, name: str) -> Sequence[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.infolist()
    except (*_DAMAGED, ValueError, UnicodeError) as error:
        raise TableRefusedError("archive_format", f"{name} is a damaged archive: {error}") from error


def _is_noise(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _checked(upload: TableFile, entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    if entry.flag_bits & 0x1:
        raise TableRefusedError("archive_format", f"{entry.filename} in {upload.name} is encrypted.")
    if entry.compress_type not in _METHODS:
        raise TableRefusedError(
            "archive_format", f"{entry.filename} in {upload.name} is packed in a way that is not supported."
        )
    return entry


def _member(upload: TableFile, entry: zipfile.ZipInfo) -> TableFile:
    return TableFile(entry.filename, entry.file_size, lambda: _Member(upload, entry))


class _Member(io.RawIOBase):
    """A file of an archive; damage shows as a refusal when the reader comes to it."""

    def __init__(self, upload: TableFile, entry: zipfile.ZipInfo) -> None:
        self._name = f"{entry.filename} in {upload.name}"
        self._file = upload.open()
        with _telling_damage(self._name):
            self._archive = zipfile.ZipFile(self._file)
            self._stream = self._archive.open(entry)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with _telling_damage(self._name):
            return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        with _telling_damage(self._name):
            return self._stream.read(-1 if size is None else size)

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._archive.close()
            self._file.close()
        super().close()


@contextmanager
def _telling_damage(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise TableRefusedError("archive_format", f"{name} is damaged: {error}") from error
