"""How much disk space a folder takes."""

import os
from pathlib import Path

_BLOCK_BYTES = 512  # the unit of st_blocks, whatever the file system's own is


def used_bytes(folder: Path) -> int:
    """Disk space really taken; a file with several names counts once, links are not followed."""
    total = 0
    seen: set[tuple[int, int]] = set()
    todo = [str(folder)]
    while todo:
        try:
            entries = list(os.scandir(todo.pop()))
        except OSError:
            continue  # removed or locked by its owner while we look
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
            elif status.st_nlink > 1:
                identity = (status.st_dev, status.st_ino)
                if identity in seen:
                    continue
                seen.add(identity)
            total += status.st_blocks * _BLOCK_BYTES
    return total
