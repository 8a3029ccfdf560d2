"""Root is for SageMaker's folders only: servers that strangers reach give it up, users' code never has it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The images' user `openbml`.
_USER = 10_001
_PROCESS = Path("/proc/self")


def give_up_root(env: Mapping[str, str] = os.environ, process: Path = _PROCESS) -> None:
    """Become the image's user, in a container; a process that is not root stays as it is."""
    if _is_containers_root(env, process):
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)


def another_user(env: Mapping[str, str], process: Path = _PROCESS) -> Mapping[str, Any]:
    """Return the arguments that make a child the image's user where this process is a container's root."""
    return {"user": _USER, "group": _USER, "extra_groups": ()} if _is_containers_root(env, process) else {}


def _is_containers_root(env: Mapping[str, str], process: Path) -> bool:
    return os.geteuid() == 0 and "SAGEMAKER_BASE_DIR" not in env and _may_become_user(process)


def _may_become_user(process: Path) -> bool:
    """Tell whether the process's user namespace knows the image's user.

    The local engine's maps a single user: its root is nobody outside, and there is no other.
    """
    try:
        lines = [line.split() for line in (process / "uid_map").read_text().splitlines()]
        groups = (process / "setgroups").read_text().strip()
    except OSError:
        return True
    known = any(int(first) <= _USER < int(first) + int(count) for first, _, count in lines)
    return known and groups == "allow"
