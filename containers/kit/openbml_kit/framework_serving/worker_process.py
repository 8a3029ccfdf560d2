"""The server's end of a worker: one process, watched while it answers."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import orjson

from openbml_kit.framework_serving.environment import allowed
from openbml_kit.framework_serving.settings import WorkerSettings
from openbml_kit.framework_serving.worker import MARK_BYTES
from openbml_kit.script_serving.pool import WorkerDiedError
from openbml_kit.unprivileged import another_user

_MOST_REPLY_BYTES = 64 * 1024 * 1024
_MOST_REASON_BYTES = 4096
_LOOKS_S = 0.1
_END_S = 1.0
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class FrameworkWorker:
    """A worker gets none of our credentials, and nothing that it sends is trusted to be what it should."""

    def __init__(self, folder: Path, settings: WorkerSettings, env: Mapping[str, str]) -> None:
        self._settings = settings
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [
                    *(sys.executable, "-P", "-m", "openbml_kit.framework_serving.worker"),
                    *(str(folder), str(theirs.fileno()), str(settings.cores)),
                ],
                cwd=folder,
                env=_variables(settings, env),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,  # what the code starts ends with it
                **another_user(env),
            )
        self._pipe = Connection(ours.detach())

    def wait_until_ready(self) -> str | None:
        """Return why the model cannot be set up, or None once it is."""
        try:
            if not self._pipe.poll(self._settings.start_timeout_s):
                return f"the model was not set up within {self._settings.start_timeout_s:g} s"
            reason = self._pipe.recv_bytes(_MOST_REASON_BYTES)
        except (EOFError, OSError):
            return f"the worker {self._end()} before its model was there"
        return reason.decode("utf-8", "replace") or None

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def must_retire(self) -> bool:
        """A model that leaks is replaced between two calls, before it costs one."""
        return self._memory_bytes() > self._settings.memory_bytes * 0.9

    def ask(self, request: bytes, timeout_s: float) -> bytes:
        """Return the reply to a JSON object's body.

        Raises:
            WorkerDiedError: it took too long or too much memory, ended, or sent something else.
        """
        mark = os.urandom(MARK_BYTES)
        try:
            self._pipe.send_bytes(mark + request)
            self._wait(timeout_s)
            reply = self._pipe.recv_bytes(_MOST_REPLY_BYTES)
        except (EOFError, OSError) as error:
            raise WorkerDiedError(f"the worker {self._end()} while it predicted") from error
        if reply[:MARK_BYTES] != mark or not _is_object(reply[MARK_BYTES:]):
            raise WorkerDiedError("the worker sent something that is no reply")
        return reply[MARK_BYTES:]

    def end(self) -> None:
        self._pipe.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _wait(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not self._pipe.poll(_LOOKS_S):
            if time.monotonic() > deadline:
                raise WorkerDiedError(f"the prediction took longer than {timeout_s:g} s")
            if (taken := self._memory_bytes()) > self._settings.memory_bytes:
                limit = self._settings.memory_bytes
                raise WorkerDiedError(
                    f"the worker took {taken >> 20} MiB of memory, it may have {limit >> 20}"
                )

    def _memory_bytes(self) -> int:
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return 0  # ended meanwhile, which the pipe tells, or no Linux
        return pages * os.sysconf("SC_PAGE_SIZE")

    def _end(self) -> str:
        try:
            code = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return "closed its pipe"
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _variables(settings: WorkerSettings, env: Mapping[str, str]) -> dict[str, str]:
    """A worker runs in the model's folder, so that it must find our packages by their whole paths."""
    folders = env.get("PYTHONPATH", "").split(os.pathsep)
    threads = {name: str(settings.cores) for name in _THREADS}
    paths = {"PYTHONPATH": os.pathsep.join(str(Path(folder).absolute()) for folder in folders if folder)}
    return threads | allowed(env) | paths


def _is_object(reply: bytes) -> bool:
    try:
        return isinstance(orjson.loads(reply), dict)
    except orjson.JSONDecodeError:
        return False
