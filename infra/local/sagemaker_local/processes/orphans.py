"""Ends what is left of a process whose shim was killed.

In ``ns`` mode the kernel does it: the shim's child is the first process of a PID
namespace and dies with the shim. In ``base-dir`` mode grandchildren can survive; they are
known by the run id that only the engine puts into their environment.
"""

import os
import signal
from pathlib import Path

from sagemaker_local.processes.identity import start_ticks

RUN_VARIABLE = "SML_RUN_ID"


def find_orphans(run_id: str) -> list[int]:
    wanted = f"{RUN_VARIABLE}={run_id}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if wanted in variables:
            found.append(int(entry.name))
    return found


def kill_orphans(run_id: str) -> int:
    killed = 0
    for pid in find_orphans(run_id):
        ticks = start_ticks(pid)
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if start_ticks(pid) == ticks:
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                killed += 1
        except ProcessLookupError:
            continue
        finally:
            os.close(descriptor)
    return killed
