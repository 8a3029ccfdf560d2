"""The shim: starts one node or worker, keeps its output, and outlives the server.

The fork server makes it and gives it a run folder. It reads ``spec.json``, holds ``lock``
while it lives, writes ``shim.json`` (who it is), ``log`` (framed output) and, last and
atomically, ``exit.json``. SIGTERM stops the job with the grace of the spec, SIGUSR1 kills
it at once. Standard library only.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from sagemaker_local.processes import namespaces
from sagemaker_local.processes.cgroups import TaskGroup, task_group
from sagemaker_local.processes.framing import LineFramer, LogFile, frame
from sagemaker_local.processes.identity import boot_id, children_of, start_ticks
from sagemaker_local.processes.limits import Limits, TreeWatch, too_many

#: What the engine sends to a shim: stop with grace, kill at once.
COMMANDS = {signal.SIGTERM, signal.SIGUSR1}
_CHUNK = 65536
#: What a job may write while the shim lets output gather.
_PIPE_BYTES = 256 * 1024
_GATHER_S = 0.01
_PACE_S = 0.1
_PIECES_A_PACE = 10
_DRAIN_S = 5.0
_FLOOD_PAUSE_S = 0.002
_NETWORK_WAIT_S = 20.0
#: Exit code of a shim that must not run this folder.
REFUSED = 3


def write_atomically(directory: int, name: str, value: dict[str, Any]) -> None:
    handle = os.open(name + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=directory)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(name + ".tmp", name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


class Pace:
    """Tells when output comes in more pieces than are worth a turn each."""

    def __init__(self) -> None:
        self._since = 0.0
        self._pieces = 0

    def is_busy(self, now: float) -> bool:
        if now - self._since > _PACE_S:
            self._since, self._pieces = now, 0
        self._pieces += 1
        return self._pieces > _PIECES_A_PACE


class Shim:
    def __init__(self, run_dir: Path, spec: dict[str, Any], directory: int) -> None:
        self._run_dir = run_dir
        self._spec = spec
        self._directory = directory
        self._stopped = False
        self._killed = False
        self._kill_at: float | None = None
        self._status: int | None = None
        log = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600, dir_fd=directory)
        self._log = LogFile(log, int(spec["log_limit_bytes"]), int(spec["log_rate_bytes_per_s"]))
        self._framers: dict[int, LineFramer] = {}
        self._pace = Pace()
        self._limits = Limits.from_json(spec["limits"])
        self._limit: str | None = None
        self._tasks: TaskGroup | None = None
        self._wake, wake_writer = os.pipe()
        for descriptor in (self._wake, wake_writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_stop)
        signal.signal(signal.SIGUSR1, self._on_kill)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, COMMANDS)

    @property
    def _isolated(self) -> bool:
        return bool(self._spec["mode"] == "ns")

    def run(self) -> None:
        try:
            self._tasks = task_group(self._limits.tasks)
            self._enter_namespaces()
            child, status_pipe = self._start()
        except OSError as error:
            self._finish({"setup_error": str(error)})
            return
        self._pump(child)
        self._finish(self._outcome(status_pipe))

    def _enter_namespaces(self) -> None:
        if not self._isolated:
            return
        leader = self._spec.get("join_network_of")
        flags = namespaces.CLONE_NEWPID | namespaces.CLONE_NEWIPC
        if leader:
            namespaces.join_network_of(self._leader_pid(Path(leader)))
            namespaces.unshare(flags)
            return
        private = bool(self._spec["private_network"])
        namespaces.enter_user_namespace(flags | (namespaces.CLONE_NEWNET if private else 0))
        if private:
            namespaces.raise_loopback()
            write_atomically(self._directory, "network.json", {"pid": os.getpid()})

    def _leader_pid(self, run_dir: Path) -> int:
        deadline = time.monotonic() + _NETWORK_WAIT_S
        while time.monotonic() < deadline:
            if (run_dir / "network.json").exists():
                return int(json.loads((run_dir / "network.json").read_text())["pid"])
            time.sleep(0.02)
        raise OSError("the first node did not make the job's network")

    def _start(self) -> tuple[int, int]:
        out_reader, out_writer = os.pipe()
        error_reader, error_writer = os.pipe()
        status_reader, status_writer = os.pipe()
        for pipe in (out_writer, error_writer):
            with contextlib.suppress(OSError):  # more than the machine lets a user have
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        self._framers = {out_reader: LineFramer(b"O"), error_reader: LineFramer(b"E")}
        parent = os.getpid()
        # A stop waits until the child has its own handlers; otherwise it would be lost in between.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        child = os.fork()
        if child == 0:
            writers = (out_writer, error_writer, status_writer)
            _run_child(self._spec, self._run_dir, writers, parent, self._tasks)
        self._child = child
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        for descriptor in (out_writer, error_writer, status_writer):
            os.close(descriptor)
        if self._stopped:  # the stop came before there was a child to tell
            self._tell_stop()
        return child, status_reader

    def _on_stop(self, *_: object) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._kill_at = time.monotonic() + float(self._spec["grace_s"])
        self._tell_stop()

    def _on_kill(self, *_: object) -> None:
        self._stopped = True
        self._kill_at = time.monotonic()

    def _tell_stop(self) -> None:
        child = getattr(self, "_child", None)
        if child is None or self._status is not None:
            return
        if self._isolated:
            os.kill(child, signal.SIGTERM)  # the first process of the namespace passes it on
            return
        for group in {group for group in map(_group_of, _descendants()) if group}:
            os.killpg(group, signal.SIGTERM)

    def _pump(self, child: int) -> None:
        """Copy output and keep the limits until the child and all its output have ended."""
        open_pipes = set(self._framers)
        drain_until = float("inf")
        watch = TreeWatch(self._limits)
        while (open_pipes or self._status is None) and time.monotonic() < drain_until:
            timeout = 1.0
            if self._status is None:
                timeout = min(timeout, self._keep_limits(child, watch))
            ready, _, _ = select.select([*open_pipes, self._wake], [], [], timeout)
            for pipe in ready:
                if pipe == self._wake:
                    os.read(self._wake, 512)
                elif not self._copy(pipe):
                    open_pipes.discard(pipe)
            if self._status is None:
                self._reap(child)
                if self._status is not None:
                    drain_until = time.monotonic() + _DRAIN_S

    def _keep_limits(self, child: int, watch: TreeWatch) -> float:
        """Kill what is due; returns the seconds until the next look."""
        now = time.monotonic()
        if self._limit is None:
            if self._tasks is not None and self._tasks.was_hit():
                self._enforce(too_many(self._limits.tasks))
            else:
                self._enforce(watch.look(now, lambda: self._processes_of(child)))
        if self._kill_at is not None and now >= self._kill_at:
            self._killed, self._kill_at = True, None
            os.kill(child, signal.SIGKILL)
        until_kill = float("inf") if self._kill_at is None else max(0.0, self._kill_at - now)
        return until_kill if self._limit is not None else min(until_kill, watch.wait_s(now))

    def _enforce(self, reason: str | None) -> None:
        if reason is not None:
            self._limit = reason
            self._kill_at = time.monotonic()
            self._log.write(frame(f"the process is killed: {reason}"))

    def _processes_of(self, child: int) -> list[Path]:
        """The /proc folders of all below: one look into the namespace, or a walk from child to child."""
        if not self._isolated:
            return [Path(f"/proc/{pid}") for pid in _descendants()]
        root = Path(f"/proc/{child}/root")
        try:
            if root.stat().st_dev == Path("/").stat().st_dev:
                return []  # it is about to enter its own root
            with os.scandir(root / "proc") as entries:
                return [Path(entry.path) for entry in entries if entry.name.isdigit()]
        except OSError:  # it has just ended
            return []

    def _copy(self, pipe: int) -> bool:
        chunk = os.read(pipe, _CHUNK)
        self._log.write(self._framers[pipe].feed(chunk))
        if self._log.is_flooded:
            time.sleep(_FLOOD_PAUSE_S)
        elif self._pace.is_busy(time.monotonic()) and len(chunk) < _CHUNK:
            time.sleep(_GATHER_S)  # a turn for every line would cost the job more than the line
        return bool(chunk)

    def _reap(self, child: int) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == child:
                self._status = status
                _kill_descendants()

    def _outcome(self, status_pipe: int) -> dict[str, Any]:
        status = self._status if self._status is not None else 0
        if self._isolated:
            os.set_blocking(status_pipe, False)
            try:
                text = os.read(status_pipe, 4096)
            except BlockingIOError:
                text = b""
            if text:
                report = json.loads(text)
                if "setup_error" in report:
                    return dict(report)
                status = int(report["status"])
        if os.WIFSIGNALED(status):
            return {"exit_code": 128 + os.WTERMSIG(status), "signal": os.WTERMSIG(status)}
        return {"exit_code": os.WEXITSTATUS(status), "signal": None}

    def _finish(self, outcome: dict[str, Any]) -> None:
        if self._tasks is not None:
            self._tasks.remove()
        for framer in self._framers.values():
            self._log.write(framer.close())
        self._log.close()
        if self._limit is not None:  # our own kill, not one from outside
            outcome |= {"limit": self._limit, "signal": None}
        outcome |= {"stopped": self._stopped, "killed": self._killed, "ended_at": time.time()}
        write_atomically(self._directory, "exit.json", outcome)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _descendants() -> list[int]:
    found, todo = [], [os.getpid()]
    while todo:
        for child in children_of(todo.pop()):
            found.append(child)
            todo.append(child)
    return found


def _kill_descendants() -> None:
    """Orphans of the job come to the shim, their subreaper; none may outlive the job."""
    while pids := _descendants():
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _run_child(
    spec: dict[str, Any],
    run_dir: Path,
    writers: tuple[int, int, int],
    parent: int,
    tasks: TaskGroup | None,
) -> NoReturn:
    """Runs in the forked child; never returns."""
    out, errors, status_pipe = writers
    try:
        if tasks is not None:
            tasks.enter()
        signal.set_wakeup_fd(-1)
        namespaces.prctl(namespaces.PR_SET_PDEATHSIG, signal.SIGKILL)
        if spec["mode"] != "ns":
            if os.getppid() != parent:
                os._exit(1)
            _execute(spec, out, errors)
        for name in (signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, lambda *_: _signal_everyone())
        hosts = str(run_dir / "hosts") if (run_dir / "hosts").exists() else None
        namespaces.enter_private_root(str(run_dir / "root"), spec["mounts"], hosts)
        main = os.fork()
        if main == 0:
            _execute(spec, out, errors)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        for descriptor in (out, errors):
            os.close(descriptor)
        while True:
            pid, status = os.wait()
            if pid == main:
                os.write(status_pipe, json.dumps({"status": status}).encode())
                os._exit(0)  # the kernel kills what is left in the namespace
    except OSError as error:
        os.write(status_pipe, json.dumps({"setup_error": str(error)}).encode())
        os.write(errors, f"sagemaker-local: cannot start the process: {error}\n".encode())
        os._exit(1)


def _signal_everyone() -> None:
    try:
        os.kill(-1, signal.SIGTERM)
    except ProcessLookupError:
        return


def _execute(spec: dict[str, Any], out: int, errors: int) -> NoReturn:
    for name in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(name, signal.SIG_DFL)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (out, 1), (errors, 2)):
        os.dup2(source, target)
    os.closerange(3, 1024)
    try:
        os.nice(int(spec["nice"]))
        Limits.from_json(spec["limits"]).apply(has_namespace=spec["mode"] == "ns")
        # Under memory pressure the job dies before the engine and the emulator do.
        Path("/proc/self/oom_score_adj").write_text("500")
        if spec["mode"] == "ns":
            namespaces.drop_privileges()
        os.chdir(spec["cwd"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 - running the image's command is the job
    except OSError as error:
        os.write(2, f"sagemaker-local: cannot run {spec['argv'][0]}: {error}\n".encode())
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def run_folder(run_dir: Path) -> int:
    """Be the shim of one run folder, from its first to its last moment."""
    run_dir = run_dir.resolve()
    directory = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY)
    lock = os.open("lock", os.O_RDWR | os.O_CREAT, 0o600, dir_fd=directory)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return REFUSED  # another shim runs this folder
    if (run_dir / "abandoned").exists() or (run_dir / "exit.json").exists():
        return REFUSED  # the server gave this start up, or it ran already
    spec = json.loads((run_dir / "spec.json").read_text())
    namespaces.prctl(namespaces.PR_SET_CHILD_SUBREAPER, 1)
    write_atomically(
        directory,
        "shim.json",
        {"pid": os.getpid(), "start_ticks": start_ticks(os.getpid()), "boot_id": boot_id()},
    )
    Shim(run_dir, spec, directory).run()
    return 0
