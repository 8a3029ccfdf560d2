"""What one process tree may use, and the watch that ends it when it takes more.

Limits of the kernel hold for one process; memory and tasks of a whole tree are watched by the shim, tasks
also by a control group where one can be had. (``RLIMIT_NPROC`` does not bind root, ``RLIMIT_AS`` breaks
programs that reserve address space they never touch.) Standard library only: the shim runs this.
"""

import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024 * 1024
_RELAXED_S, _ALERT_S = 0.2, 0.05
#: A tree whose memory cannot be measured in this time is taken at its resident size.
_MEASURE_S = 2.0
#: Allocations beyond twice the limit fail at once, faster than any watch.
_DATA_FACTOR = 2


@dataclass(frozen=True)
class Limits:
    """Zero means no limit."""

    memory_mib: int = 0
    tasks: int = 0  # processes and threads
    open_files: int = 65536
    cores: Sequence[int] = ()  # positions among the cores the engine may use

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Limits":
        return cls(**document)

    def core_numbers(self) -> list[int]:
        """The machine's numbers of the cores; none where the engine has fewer cores than they name."""
        ours = sorted(os.sched_getaffinity(0))
        return [ours[place] for place in self.cores] if max(self.cores, default=0) < len(ours) else []

    def apply(self, *, has_namespace: bool) -> None:
        """In the child, just before the program."""
        if numbers := self.core_numbers():
            os.sched_setaffinity(0, numbers)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _lower(resource.RLIMIT_NOFILE, self.open_files)
        if self.memory_mib:
            _lower(resource.RLIMIT_DATA, self.memory_mib * _MIB * _DATA_FACTOR)
        if self.tasks and has_namespace:  # elsewhere it would count the user's other processes too
            _lower(resource.RLIMIT_NPROC, self.tasks)


def _lower(kind: int, wanted: int) -> None:
    hard = resource.getrlimit(kind)[1]
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(kind, (limit, limit))


def too_many(tasks: int) -> str:
    return f"it has more than {tasks} processes and threads"


class TreeWatch:
    """Looks at a process tree every now and then: seldom while it is small, often near a limit."""

    def __init__(self, limits: Limits, portion_s: float = 0.02) -> None:
        self._limits = limits
        self._portion_s = portion_s
        self._next_at = 0.0 if limits.memory_mib or limits.tasks else float("inf")
        self._sharing: _SharedMemory | None = None

    def wait_s(self, now: float) -> float:
        return max(0.0, self._next_at - now)

    def look(self, now: float, folders: Callable[[], list[Path]]) -> str | None:
        """Return why the tree must end; ``folders`` gives the /proc folders of its processes."""
        if now < self._next_at:
            return None
        limits = self._limits
        processes = folders()
        used = [_usage(folder) for folder in processes]
        tasks, resident_mib = sum(one[0] for one in used), sum(one[1] for one in used) // _MIB
        if 0 < limits.tasks < max(tasks, len(processes)):
            return too_many(limits.tasks)
        if 0 < limits.memory_mib < resident_mib and self._takes_too_much(processes, now):
            return f"it uses more than {limits.memory_mib} MiB of memory"
        is_near = resident_mib * 3 > limits.memory_mib > 0 or tasks * 8 > limits.tasks > 0
        self._next_at = now + (_ALERT_S if is_near else _RELAXED_S)
        return None

    def _takes_too_much(self, processes: list[Path], now: float) -> bool:
        """Count shared pages once; until that is done the tree has the benefit of the doubt."""
        if self._sharing is None:
            self._sharing = _SharedMemory(processes, now)
        used_mib = self._sharing.measure(self._portion_s)
        if used_mib is None:
            return now > self._sharing.began + _MEASURE_S
        self._sharing = None
        return used_mib > self._limits.memory_mib


class _SharedMemory:
    """A measurement in portions: a process that forks without end makes each look at it wait."""

    def __init__(self, processes: list[Path], began: float) -> None:
        self.began = began
        self._left = processes
        self._bytes = 0

    def measure(self, portion_s: float) -> int | None:
        """Go on for a moment; returns MiB once all have been looked at."""
        until = time.monotonic() + portion_s
        while self._left:
            if time.monotonic() >= until:
                return None
            self._bytes += _proportional_bytes(self._left.pop())
        return self._bytes // _MIB


def _usage(folder: Path) -> tuple[int, int]:
    """Threads and resident bytes of a process; nothing when it has gone."""
    try:
        fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[17]), int(fields[21]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0, 0


def _proportional_bytes(folder: Path) -> int:
    try:
        lines = (folder / "smaps_rollup").read_bytes().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), 0)
