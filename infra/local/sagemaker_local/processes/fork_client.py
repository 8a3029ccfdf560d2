"""The engine's side of the fork server."""

import json
import logging
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.processes.fork_server import PACKET_BYTES

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_ANSWER_TIMEOUT_S = 10.0

logger = logging.getLogger(__name__)


class ForkError(Exception):
    """No shim was forked; none will run for this request."""


@dataclass(frozen=True)
class Forked:
    pid: int
    start_ticks: int
    pidfd: int


class ForkServer:
    """Started with the first request, and again when it was killed. Blocking; for worker threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def fork(self, run_dir: Path) -> Forked:
        with self._lock:
            try:
                return self._ask(run_dir)
            except ForkError as error:
                logger.warning("the fork server is started again: %s", error)
                self._end()
                return self._ask(run_dir)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, run_dir: Path) -> Forked:
        connection = self._socket or self._start()
        try:
            connection.send(os.fsencode(run_dir))
            answer, descriptors, _, _ = socket.recv_fds(connection, PACKET_BYTES, 1)
        except OSError as error:
            raise ForkError(str(error)) from error
        if not descriptors:
            raise ForkError("the fork server ended")
        shim = json.loads(answer)
        return Forked(shim["pid"], shim["start_ticks"] or 0, descriptors[0])

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(_ANSWER_TIMEOUT_S)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-m", "sagemaker_local.processes.fork_server"],
                env={"PYTHONPATH": str(_PACKAGE_ROOT), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        self._socket = ours
        return ours

    def _end(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:  # stuck: its shims do not need it
                self._process.kill()
                self._process.wait()
            self._process = None
