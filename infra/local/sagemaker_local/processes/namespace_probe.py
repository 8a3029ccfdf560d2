"""Tries one kind of namespace, named as the argument, and says what the kernel answers."""

import errno
import os
import sys
from pathlib import Path

from sagemaker_local.processes import namespaces

_KINDS = {
    "user": 0,
    "mount": namespaces.CLONE_NEWNS,
    "pid": namespaces.CLONE_NEWPID,
    "ipc": namespaces.CLONE_NEWIPC,
    "net": namespaces.CLONE_NEWNET,
}
_HINTS = {
    errno.ENOSPC: "the limit is reached or zero: raise user.max_{kind}_namespaces (sysctl)",
    errno.EPERM: "forbidden: kernel.unprivileged_userns_clone, an AppArmor profile or a container's seccomp",
    errno.EINVAL: "the kernel was built without it",
}


def main() -> int:
    kind = sys.argv[1]
    try:
        namespaces.enter_user_namespace(_KINDS[kind])
        if kind == "mount":
            namespaces.mount("none", "/", None, namespaces.MS_REC | namespaces.MS_PRIVATE)
            namespaces.mount("tmpfs", "/tmp", "tmpfs", namespaces.MS_NOSUID | namespaces.MS_NODEV)
        elif kind == "net":
            namespaces.raise_loopback()
        elif kind == "pid":
            child = os.fork()
            if child == 0:
                os._exit(0 if os.getpid() == 1 else 1)
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except OSError as error:
        sys.stderr.write(f"{error.strerror}; {_hint(kind, error.errno or 0)}\n")
        return 1
    return 0


def _hint(kind: str, number: int) -> str:
    if number in _HINTS:
        return _HINTS[number].format(kind={"mount": "mnt"}.get(kind, kind))
    limit = Path(f"/proc/sys/user/max_{kind}_namespaces")
    return f"user.max_{kind}_namespaces is {limit.read_text().strip()}" if limit.exists() else "no hint"


if __name__ == "__main__":
    sys.exit(main())
