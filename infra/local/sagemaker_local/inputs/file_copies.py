"""Copies and links of cached files."""

import fcntl
import os
import shutil
from pathlib import Path

_FICLONE = 0x40049409


def copy_file(source: Path, target: Path, *, mode: int) -> None:
    """Copy the content, sharing blocks where the file system can; the copy is a file of its own."""
    with source.open("rb") as original, target.open("wb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
        except OSError:  # another file system, or one without shared blocks
            shutil.copyfileobj(original, copy, 1024 * 1024)
    target.chmod(mode)


def link_file(source: Path, target: Path) -> None:
    """Hard link, or a copy where no link can be made."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        copy_file(source, target, mode=0o444)
