"""How much memory the job may take, and how many rows of a table that is."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# The manual's rule (spec 03 section 4.2): memory should be at least ten times the raw data.
MEMORY_PER_DATA = 10
_FEWEST_ROWS = 1000
_NO_LIMIT = 1 << 60


@dataclass(frozen=True)
class MemoryPlan:
    """Attributes:
    rows_total: of the table. rows_used: as many as fit.
    row_bytes: of a row in memory. memory_bytes: what the job may take.
    """

    rows_total: int
    rows_used: int
    row_bytes: float
    memory_bytes: int

    @property
    def is_sample(self) -> bool:
        return self.rows_used < self.rows_total

    @property
    def share(self) -> float:
        return self.rows_used / self.rows_total if self.rows_total else 1.0


def memory_plan(rows: int, row_bytes: float, memory_bytes: int) -> MemoryPlan:
    """Return how many rows are used: all where memory is ten times the data, else what makes it so."""
    fitting = math.floor(memory_bytes / (MEMORY_PER_DATA * max(row_bytes, 1.0)))
    return MemoryPlan(rows, min(rows, max(fitting, _FEWEST_ROWS)), row_bytes, memory_bytes)


def available_bytes(read: Callable[[Path], str | None] | None = None) -> int:
    """Return the memory that is free to this container: the smaller of its own limit and the machine's rest.

    Args:
        read: returns a file's text, None where there is no such file.
    """
    read = read or _text
    return max(min(_in_container(read), _in_machine(read)), 0)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return None


def _in_container(read: Callable[[Path], str | None]) -> int:
    """Return what the control group leaves; version 2 first, then version 1."""
    groups = Path("/sys/fs/cgroup")
    for limit, used in (
        (groups / "memory.max", groups / "memory.current"),
        (groups / "memory/memory.limit_in_bytes", groups / "memory/memory.usage_in_bytes"),
    ):
        written = (read(limit) or "").strip()
        if written.isdigit():
            return int(written) - _number(read(used)) + _cached(read(limit.with_name("memory.stat")))
    return _NO_LIMIT


def _number(text: str | None) -> int:
    stripped = (text or "").strip()
    return int(stripped) if stripped.isdigit() else 0


def _cached(stat: str | None) -> int:
    """Return the pages of files that the kernel gives back when memory is needed."""
    fields = dict(line.split(" ", 1) for line in (stat or "").splitlines() if " " in line)
    return _number(fields.get("inactive_file"))


def _in_machine(read: Callable[[Path], str | None]) -> int:
    for line in (read(Path("/proc/meminfo")) or "").splitlines():
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return int(value.split()[0]) * 1024
    return _NO_LIMIT
