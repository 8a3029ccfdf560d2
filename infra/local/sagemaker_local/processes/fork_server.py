"""Forks shims: a warm interpreter forks in a millisecond or two, a new one starts in twenty times that.

Usage: ``python -S -m sagemaker_local.processes.fork_server`` with one end of a Unix socket as standard input.
A request is the path of a run folder; the answer is a JSON text with PID and start time, and the shim's pidfd
beside it. The server ends when the engine's end of the socket closes; the shims live on, in sessions of their
own. Standard library only, and one thread only: a process with threads cannot enter a user namespace.
"""

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from sagemaker_local.processes import cgroups, namespaces, shim
from sagemaker_local.processes.identity import start_ticks

#: Longer than any path, so that one packet holds a request.
PACKET_BYTES = 8192
_GO = b"g"


def main() -> int:
    requests = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1):
        os.dup2(null, target)
    os.close(null)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps; a pidfd still tells the end
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the end of its engine ends it
    # Blocked, not just ignored: what is sent to a fork before it can take it must wait, not be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, shim.COMMANDS)
    namespaces.warm_up()
    cgroups.base_folder()
    gc.freeze()
    while request := requests.recv(PACKET_BYTES):
        _fork(requests, Path(os.fsdecode(request)))
    return 0


def _fork(requests: socket.socket, run_dir: Path) -> None:
    """Fork a shim that runs once the engine was told of it, and not at all if it cannot be told."""
    wait, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        requests.close()
        os.close(go)
        _become_shim(run_dir, wait)
    os.close(wait)
    pidfd = os.pidfd_open(pid)  # the child waits for us, so the PID is nobody else's yet
    try:
        answer = json.dumps({"pid": pid, "start_ticks": start_ticks(pid)}).encode()
        socket.send_fds(requests, [answer], [pidfd])
        os.write(go, _GO)
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        os.close(pidfd)
        os.close(go)


def _become_shim(run_dir: Path, wait: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        errors = os.open(run_dir / "shim.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(errors, 2)
        os.close(errors)
        is_wanted = os.read(wait, 1) == _GO
        os.close(wait)
        code = shim.run_folder(run_dir) if is_wanted else shim.REFUSED
    except BaseException:  # noqa: BLE001 - the last frame of a process: what happened goes to shim.err
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
