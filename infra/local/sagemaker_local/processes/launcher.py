"""Starting, re-attaching to and stopping child processes through the shim."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sagemaker_local.processes.fork_client import Forked
from sagemaker_local.processes.identity import boot_id, start_ticks
from sagemaker_local.processes.limits import Limits


@dataclass(frozen=True)
class Mount:
    source: str
    target: str
    read_only: bool


@dataclass(frozen=True)
class ProcessSpec:
    """What the shim needs to know; written to ``spec.json`` of the run folder."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    mode: str
    grace_s: float
    mounts: Sequence[Mount] = ()
    private_network: bool = False
    join_network_of: str | None = None
    nice: int = 0
    limits: Limits = field(default_factory=Limits)
    log_limit_bytes: int = 256 * 1024 * 1024
    log_rate_bytes_per_s: int = 8 * 1024 * 1024
    hosts: str | None = field(default=None)


@dataclass(frozen=True)
class ProcessIdentity:
    pid: int
    start_ticks: int
    boot_id: str


@dataclass(frozen=True)
class ProcessExit:
    """How a process ended. ``lost`` when its shim died too and nobody knows."""

    exit_code: int | None = None
    signal: int | None = None
    stopped: bool = False
    killed: bool = False
    setup_error: str | None = None
    lost: bool = False
    limit: str | None = None  # which limit it went beyond, when that is why it was killed

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and self.setup_error is None and not self.lost


def prepare_run_dir(run_dir: Path, spec: ProcessSpec) -> None:
    run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    (run_dir / "root").mkdir(exist_ok=True)
    if spec.hosts is not None:
        (run_dir / "hosts").write_text(spec.hosts)
    handle = os.open(run_dir / "spec.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:  # it holds the job's variables, so nobody else may read it
        json.dump(asdict(spec), file)


class ChildProcess:
    """A shim, ours or of an earlier server, known by PID and start time."""

    def __init__(self, run_dir: Path, identity: ProcessIdentity, descriptor: int) -> None:
        self.run_dir = run_dir
        self.identity = identity
        self._descriptor = descriptor
        self._ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(descriptor, self._on_end)

    @property
    def is_alive(self) -> bool:
        return not self._ended.done()

    async def wait(self) -> ProcessExit:
        return await asyncio.shield(self._ended)

    def stop(self) -> None:
        """Ask the job to end; the shim kills it after the grace of its spec."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGUSR1)

    def _signal(self, number: signal.Signals) -> None:
        if self._ended.done():
            return
        try:
            signal.pidfd_send_signal(self._descriptor, number)
        except ProcessLookupError:
            return

    def _on_end(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        with contextlib.suppress(ChildProcessError):  # started by an earlier server: init reaps it
            os.waitpid(self.identity.pid, os.WNOHANG)
        self._ended.set_result(read_exit(self.run_dir) or ProcessExit(lost=True))


def read_exit(run_dir: Path) -> ProcessExit | None:
    try:
        report = json.loads((run_dir / "exit.json").read_text())
    except FileNotFoundError:
        return None
    return ProcessExit(
        exit_code=report.get("exit_code"),
        signal=report.get("signal"),
        stopped=report["stopped"],
        killed=report["killed"],
        setup_error=report.get("setup_error"),
        limit=report.get("limit"),
    )


def adopt(run_dir: Path, forked: Forked) -> ChildProcess:
    """Wrap a shim that the fork server has just made; on the event loop."""
    return ChildProcess(run_dir, ProcessIdentity(forked.pid, forked.start_ticks, boot_id()), forked.pidfd)


def attach(run_dir: Path, identity: ProcessIdentity) -> ChildProcess | None:
    """Return the process again if exactly that one still runs."""
    if identity.boot_id != boot_id():
        return None
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return None
    if start_ticks(identity.pid) != identity.start_ticks:
        os.close(descriptor)
        return None
    return ChildProcess(run_dir, identity, descriptor)


def find_or_abandon(run_dir: Path) -> ProcessIdentity | None:
    """Settle a start whose end the server did not live to see.

    Returns the identity the shim wrote. When there is none, the folder is marked so that
    a shim that is only now coming up refuses to run.
    """
    if not run_dir.exists():
        return None
    with (run_dir / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _wait_for_identity(run_dir)
        known = _read_identity(run_dir)
        if known is None:
            (run_dir / "abandoned").touch()
        return known


def _read_identity(run_dir: Path) -> ProcessIdentity | None:
    try:
        return ProcessIdentity(**json.loads((run_dir / "shim.json").read_text()))
    except FileNotFoundError:
        return None


def _wait_for_identity(run_dir: Path) -> ProcessIdentity | None:
    """The shim holds the lock, so it writes its identity within moments."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if known := _read_identity(run_dir):
            return known
        time.sleep(0.02)
    return None
