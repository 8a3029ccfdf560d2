"""Reading folders that a job could write: nothing is followed out of them, whatever the job puts there.

A running job can put a symbolic link where a file or a folder was, at any moment. So every
step opens relative to the folder before it and refuses links.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe must not block the reader


@dataclass(frozen=True)
class OpenFile:
    """A regular file, open for the time of one step of the iteration."""

    path: PurePosixPath
    descriptor: int

    @property
    def source(self) -> Path:
        """A path that means exactly this file."""
        return Path(f"/proc/self/fd/{self.descriptor}")

    @property
    def stamp(self) -> tuple[int, int]:
        """Size and time of the last change."""
        found = os.fstat(self.descriptor)
        return found.st_size, found.st_mtime_ns


def job_files(root: Path, relative: str) -> Iterator[OpenFile]:
    """Yield the regular files below ``root/relative`` in a fixed order; none if it is no folder."""
    top = _open_folder(root, PurePosixPath(relative))
    if top is None:
        return
    try:
        for folder, names, files, descriptor in os.fwalk(".", dir_fd=top, follow_symlinks=False):
            names.sort()
            for name in sorted(files):
                opened = _open_file(name, descriptor)
                if opened is None:
                    continue
                try:
                    yield OpenFile(PurePosixPath(folder, name), opened)
                finally:
                    os.close(opened)
    finally:
        os.close(top)


def read_job_text(root: Path, relative: str, limit_bytes: int) -> str:
    """Return the start of a text file; empty when there is none."""
    path = PurePosixPath(relative)
    folder = _open_folder(root, path.parent)
    if folder is None:
        return ""
    try:
        opened = _open_file(path.name, folder)
    finally:
        os.close(folder)
    if opened is None:
        return ""
    try:
        return os.read(opened, limit_bytes).decode("utf-8", "replace")
    finally:
        os.close(opened)


def _open_folder(root: Path, relative: PurePosixPath) -> int | None:
    try:
        current = os.open(root, _FOLDER)
    except OSError:
        return None
    for part in relative.parts:
        try:
            below = os.open(part, _FOLDER, dir_fd=current)
        except OSError:  # missing, a link, or no folder any more
            return None
        finally:
            os.close(current)
        current = below
    return current


def _open_file(name: str, folder: int) -> int | None:
    try:
        opened = os.open(name, _FILE, dir_fd=folder)
    except OSError:  # gone, a link, a socket, or not readable
        return None
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    return None
