"""The volume size of a job, enforced by watching: there are no quotas without privileges."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from sagemaker_local.storage.disk_use import used_bytes

_GIB = 1024**3
_PAUSE_S = 1.0
_PAUSE_PER_SCAN = 20  # at most 5 % of a core goes into looking


class VolumeFullError(Exception):
    """A node holds more than the volume it asked for; the message is for the user."""


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
