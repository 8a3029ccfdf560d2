"""A control group that holds one process tree to a number of tasks, where the engine may make one.

Version 1 and 2. Without it the shim's watch counts, which a fork bomb outruns for a moment. Standard
library only: the shim runs this.
"""

import contextlib
import os
import time
from functools import cache
from pathlib import Path

_PREFIX = "sml-"
_STALE_S = 300.0


class TaskGroup:
    """Its processes fail to fork beyond the limit; the kernel counts how often that happened."""

    def __init__(self, folder: Path, limit: int) -> None:
        folder.mkdir()
        self._folder = folder
        (folder / "pids.max").write_text(str(limit))
        self._members = os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)

    def enter(self) -> None:
        """Move the calling process in; also from inside its namespaces."""
        os.write(self._members, b"0")

    def was_hit(self) -> bool:
        try:
            return any(line.startswith("max ") and line != "max 0" for line in self._events())
        except OSError:
            return False

    def remove(self) -> None:
        """When all its processes have ended; a moment later than that the kernel allows it."""
        os.close(self._members)
        for _ in range(50):
            try:
                self._folder.rmdir()
            except OSError:
                time.sleep(0.01)
            else:
                return

    def _events(self) -> list[str]:
        return (self._folder / "pids.events").read_text().splitlines()


def task_group(limit: int) -> TaskGroup | None:
    """Make one for the calling shim; None where that is not allowed."""
    base = base_folder()
    if base is None or not limit:
        return None
    with contextlib.suppress(OSError):
        return TaskGroup(base / f"{_PREFIX}{os.getpid()}-{time.monotonic_ns():x}", limit)
    return None


@cache
def base_folder() -> Path | None:
    """The group of this process in the hierarchy that counts tasks, if groups can be made below it."""
    found = _version_1() or _version_2()
    if found is None or not os.access(found, os.W_OK):
        return None
    remove_stale(found)
    return found


def remove_stale(base: Path) -> None:
    """What killed shims left; a group that is in use cannot be removed."""
    for folder in base.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _STALE_S:
                folder.rmdir()


def _version_1() -> Path | None:
    own = next((path for names, path in _memberships() if "pids" in names.split(",")), None)
    for root, place, kind, options in _mounts():
        if own is not None and kind == "cgroup" and "pids" in options.split(","):
            return _below(place, root, own)
    return None


def _version_2() -> Path | None:
    own = next((path for names, path in _memberships() if not names), None)
    for root, place, kind, _ in _mounts():
        if own is None or kind != "cgroup2":
            continue
        folder = _below(place, root, own)
        with contextlib.suppress(OSError):
            if "pids" in (folder / "cgroup.controllers").read_text().split():
                (folder / "cgroup.subtree_control").write_text("+pids")
                return folder
    return None


def _below(place: str, root: str, own: str) -> Path:
    """Where a group is seen through a mount that shows the hierarchy from ``root`` on."""
    relative = own.removeprefix(root.rstrip("/")) if root != "/" else own
    return Path(place, relative.lstrip("/"))


def _memberships() -> list[tuple[str, str]]:
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return [(line.split(":", 2)[1], line.split(":", 2)[2]) for line in lines]


def _mounts() -> list[tuple[str, str, str, str]]:
    """Root in the hierarchy, mount point, file system and its options of each mount."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        found.append((fields.split()[3], fields.split()[4], kind, options))
    return found
