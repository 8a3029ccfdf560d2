"""Root is for SageMaker's folders only: servers that strangers reach give it up, users' code never has it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The images' user `openbml`.
_USER = 10_001
_USERS = Path("/proc/self/uid_map")


def give_up_root(env: Mapping[str, str] = os.environ) -> None:
    """Become the image's user, in a container; a process that is not root stays as it is."""
    if _is_containers_root(env):
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)


def another_user(env: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the arguments that make a child the image's user where this process is a container's root."""
    return {"user": _USER, "group": _USER, "extra_groups": ()} if _is_containers_root(env) else {}


def _is_containers_root(env: Mapping[str, str]) -> bool:
    return os.geteuid() == 0 and "SAGEMAKER_BASE_DIR" not in env and _is_there()


def _is_there() -> bool:
    """Tell whether the user exists here; a namespace of the local engine has one, who is no root outside."""
    ranges = (map(int, line.split()) for line in _USERS.read_text(encoding="ascii").splitlines())
    return any(first <= _USER < first + count for first, _, count in ranges)
