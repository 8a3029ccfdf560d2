"""Logs that stay small: the file is copied aside and cut, so that its writer keeps its open handle."""

import shutil
from pathlib import Path

MAX_BYTES = 20 * 1024 * 1024
KEPT = 3


def rotate(log: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> bool:
    """Cut a log that has grown beyond its limit; earlier parts become `<log>.1` … `<log>.<kept>`.

    The writer must have opened the file for appending.
    """
    if not log.exists() or log.stat().st_size <= max_bytes:
        return False
    for number in range(kept - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as stream:
        stream.truncate(0)
    return True


def rotate_all(folder: Path) -> None:
    for log in folder.glob("*.log"):
        rotate(log)
