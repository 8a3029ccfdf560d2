"""How much memory fits may take."""

import re
from pathlib import Path

_MEMORY_INFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_USED_SHARE = 0.8


def plannable_bytes() -> int:
    """Return what is free on the machine and in the container, less a reserve."""
    return int(min(_free_on_machine(), _free_in_container()) * _USED_SHARE)


def _free_on_machine() -> int:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _MEMORY_INFO.read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"{_MEMORY_INFO} does not tell MemAvailable")
    return int(found[1]) * 1024


def _free_in_container(folder: Path = _CGROUP) -> float:
    """Return what a limit of the second version of control groups leaves; infinite without one."""
    try:
        limit = (folder / "memory.max").read_text().strip()
        current = int((folder / "memory.current").read_text())
    except FileNotFoundError:
        return float("inf")
    return float("inf") if limit == "max" else max(int(limit) - current, 0)
