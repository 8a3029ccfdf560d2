"""The memory of an app's instance type, enforced by watching: what takes most is ended, as on a full machine.

The notebook stays: Jupyter tells its user that the kernel died, and starts another.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.processes.identity import children_of, start_ticks

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_RESIDENT_FIELD = 1


@dataclass(frozen=True)
class MemoryUse:
    total_bytes: int
    largest_pid: int
    largest_bytes: int
    largest_start_ticks: int | None


def memory_below(pid: int) -> MemoryUse:
    """Resident memory of all processes below one; pages they share count for each. Blocking."""
    total, largest = 0, (0, 0)
    todo = children_of(pid)
    while todo:
        one = todo.pop()
        todo += children_of(one)
        resident = _resident_bytes(one)
        total += resident
        largest = max(largest, (resident, one))
    return MemoryUse(total, largest[1], largest[0], start_ticks(largest[1]) if largest[1] else None)


def end_largest(use: MemoryUse) -> bool:
    """Kill exactly that process; False when it is gone already."""
    try:
        descriptor = os.pidfd_open(use.largest_pid)
    except ProcessLookupError:
        return False
    try:
        if use.largest_start_ticks is None or start_ticks(use.largest_pid) != use.largest_start_ticks:
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[_RESIDENT_FIELD]) * _PAGE_BYTES
    except (FileNotFoundError, ProcessLookupError):
        return 0
