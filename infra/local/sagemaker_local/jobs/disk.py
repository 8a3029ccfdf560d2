"""The volume size of a job, enforced by watching: there are no quotas without privileges."""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

_BLOCK_BYTES = 512
_GIB = 1024**3
_PAUSE_S = 1.0
_PAUSE_PER_SCAN = 20  # at most 5 % of a core goes into looking


class VolumeFullError(Exception):
    """A node holds more than the volume it asked for; the message is for the user."""


def used_bytes(root: Path) -> int:
    """Bytes on disk below ``root``; a file of several names counts once, links are not followed."""
    total, seen, todo = 0, set(), [str(root)]
    while todo:
        try:
            entries = list(os.scandir(todo.pop()))
        except OSError:
            continue  # removed or closed by the job in between
        for entry in entries:
            try:
                found = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if found.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                if found.st_ino in seen:
                    continue
                seen.add(found.st_ino)
            total += found.st_blocks * _BLOCK_BYTES
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
    return total


def check_disks(disks: Sequence[Path], volume_gib: int) -> None:
    """Raises VolumeFullError."""
    for number, disk in enumerate(disks, start=1) if volume_gib else ():
        if used_bytes(disk) > volume_gib * _GIB:
            raise VolumeFullError(
                f"algo-{number} uses more disk space than its volume has ({volume_gib} GB); "
                "ask for a larger VolumeSizeInGB"
            )


async def guard_disks(disks: Sequence[Path], volume_gib: int) -> None:
    """Look until cancelled. Raises VolumeFullError."""
    while True:
        began = time.monotonic()
        await asyncio.to_thread(check_disks, disks, volume_gib)
        await asyncio.sleep(max(_PAUSE_S, (time.monotonic() - began) * _PAUSE_PER_SCAN))
