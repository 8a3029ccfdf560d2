"""Detached processes: started in a session of their own, recognised by pid and start time, stopped whole."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml_local.settings import HOST

PROC = Path("/proc")
MARKER = "OPENBML_LOCAL_COMPONENT"


class ProcessRecord(BaseModel):
    """Enough to know a process again: a pid alone may belong to somebody else by now."""

    model_config = ConfigDict(frozen=True)

    pid: int
    start_ticks: int
    boot_id: str
    port: int
    started_at: AwareDatetime
    command: tuple[str, ...]


class ProcessStat(BaseModel):
    model_config = ConfigDict(frozen=True)

    state: str
    session: int
    start_ticks: int


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def stat(pid: int) -> ProcessStat | None:
    """State, session and start time of a process; None if there is no such process."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return ProcessStat(state=fields[0], session=int(fields[3]), start_ticks=int(fields[19]))


def is_running(record: ProcessRecord) -> bool:
    """Whether the very process of the record lives: same machine start, same pid, same start time."""
    found = stat(record.pid)
    return (
        found is not None
        and found.state != "Z"
        and found.start_ticks == record.start_ticks
        and record.boot_id == boot_id()
    )


def pids() -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def marked(marker: str) -> list[int]:
    """Living processes that carry the marker in their environment, workers of a component included."""
    needle = f"{MARKER}={marker}".encode()
    found = []
    for pid in pids():
        try:
            environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue  # ended meanwhile, or another user's and so not ours
        status = stat(pid)
        if needle in environment and status is not None and status.state != "Z":
            found.append(pid)
    return sorted(found)


def spawn(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:  # append mode: the log may be cut by rotation while the process writes
        return subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def stop(record: ProcessRecord, *, grace_s: float) -> bool:
    """SIGTERM, wait, SIGKILL after the grace period.

    Returns:
        Whether the process ended by itself within the grace period.
    """
    if not is_running(record):
        return True
    os.kill(record.pid, signal.SIGTERM)
    if wait_until_gone(record, timeout_s=grace_s):
        return True
    if is_running(record):
        os.kill(record.pid, signal.SIGKILL)
        wait_until_gone(record, timeout_s=5)
    return False


def wait_until_gone(record: ProcessRecord, *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while is_running(record):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_marked(marker: str) -> list[int]:
    """End what a stopped component left behind; only processes that carry its marker are signalled."""
    ended = []
    for pid in marked(marker):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        ended.append(pid)
    return ended


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def port_owner(port: int) -> str:
    """Who listens on a port, in words; other users' processes cannot be named."""
    inodes = set()
    for table in ("net/tcp", "net/tcp6"):
        path = PROC / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for pid in pids() if inodes else ():
        try:
            links = {str(entry.readlink()) for entry in (PROC / str(pid) / "fd").iterdir()}
            if links & inodes:
                command = (
                    (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                )
                return f"process {pid} ({command.strip()[:120]})"
        except OSError:
            continue  # ended meanwhile, or another user's
    return "another program"
