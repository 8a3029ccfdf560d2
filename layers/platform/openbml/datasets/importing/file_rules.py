"""Which files an import takes, judged by what is announced: names, number, sizes."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from openbml.core.errors import InvalidRequestError
from openbml.datasets.limits import ARCHIVE_BYTES
from openbml_catalog.datasets import DataFormat, DatasetKind, FileSource, data_formats
from openbml_formats.entry_names import unsafe_reason

_ARCHIVE = ".zip"


def known_format(code: str) -> DataFormat:
    """Raises InvalidRequestError."""
    found = data_formats().get(code)
    if found is None:
        raise InvalidRequestError(
            field="format", reason=f"must be one of {', '.join(sorted(data_formats()))}"
        )
    return found


def check_format(code: str, kind: DatasetKind) -> None:
    """Raises InvalidRequestError: the kind is not imported from the format."""
    possible = sorted(row.code for row in data_formats().values() if kind.code in row.reads)
    if code not in possible:
        raise InvalidRequestError(field="format", reason=f"must be one of {', '.join(possible)}")


def checked_files(chosen: DataFormat, files: Sequence[tuple[str, int]]) -> Sequence[str]:
    """Return the files' names as they are kept, without folders and each of them once.

    Raises:
        InvalidRequestError: not what the format is uploaded as.
    """
    names = [name.replace("\\", "/").rsplit("/", 1)[-1] for name, _ in files]
    for name in names:
        reason = unsafe_reason(name)
        if reason:
            raise InvalidRequestError(field="files", reason=f"the file {name[:80]!r} {reason}")
    if is_archive_upload(chosen, names):
        _check_archive(files)
    else:
        _check_loose(chosen, names, files)
    return names


def is_archive_upload(chosen: DataFormat, names: Sequence[str]) -> bool:
    """Return whether the upload is one zip; of formats that come either way the name tells."""
    if chosen.source is FileSource.EITHER:
        return len(names) == 1 and _suffix(names[0]) == _ARCHIVE
    return chosen.source is FileSource.ARCHIVE


def _check_archive(files: Sequence[tuple[str, int]]) -> None:
    if len(files) != 1:
        raise InvalidRequestError(field="files", reason=f"takes one zip archive, not {len(files)} files")
    name, size = files[0]
    if _suffix(name) != _ARCHIVE:
        raise InvalidRequestError(field="filename", reason="must end in .zip")
    if not 0 < size <= ARCHIVE_BYTES:
        raise InvalidRequestError(field="size_bytes", reason=f"must be 1 to {ARCHIVE_BYTES} (5 GB)")


def _check_loose(chosen: DataFormat, names: Sequence[str], files: Sequence[tuple[str, int]]) -> None:
    if not 1 <= len(files) <= chosen.most_files:
        raise InvalidRequestError(
            field="files", reason=f"takes 1 to {chosen.most_files} files in one import, not {len(files)}"
        )
    wrong = next((name for name in names if _suffix(name) not in chosen.suffixes), None)
    if wrong is not None:
        raise InvalidRequestError(
            field="files", reason=f"the file {wrong!r} must end in {' or '.join(chosen.suffixes)}"
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidRequestError(field="files", reason=f"the name {twice!r} stands there twice")
    empty = next((name for name, size in files if size <= 0), None)
    if empty is not None:
        raise InvalidRequestError(field="size_bytes", reason=f"the file {empty!r} is empty")
    if sum(size for _, size in files) > ARCHIVE_BYTES:
        raise InvalidRequestError(field="size_bytes", reason=f"must be {ARCHIVE_BYTES} (5 GB) in all at most")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()
