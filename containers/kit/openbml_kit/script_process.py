"""Running the user's program: its arguments, its signals, its exit code, its last words."""

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

_TAIL_BYTES = 16 * 1024
_CHUNK = 4096


@dataclass(frozen=True)
class ScriptEnd:
    """How the program ended. `errors` is the end of what it wrote to standard error."""

    exit_code: int
    stopped: bool
    errors: str

    @property
    def cause(self) -> str:
        """The line that names the failure: an exception's last line where there is a traceback."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        return lines[-1] if lines else f"the program ended with exit code {self.exit_code}"


def command_of(program: str, arguments: Sequence[str]) -> list[str]:
    """Return how a .py file, a .sh file or a module is started."""
    if program.endswith(".sh"):
        shell = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
        return [shell, program, *arguments]
    if program.endswith(".py"):
        return [sys.executable, program, *arguments]
    return [sys.executable, "-m", program, *arguments]


def run_script(command: Sequence[str], *, folder: Path, env: Mapping[str, str]) -> ScriptEnd:
    """Run to the end; what it writes to standard error passes through and its end is kept.

    SIGTERM is handed on to the program, unless the engine that sends it tells that all of the job's processes
    get it (`SML_SIGNALS_ALL=1`): a second one could interrupt the program while it saves its work.
    """
    stopped = threading.Event()
    started: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        stopped.set()
        if started and env.get("SML_SIGNALS_ALL") != "1":
            started[0].send_signal(number)

    before = signal.signal(signal.SIGTERM, hand_on)
    try:
        process = subprocess.Popen(  # noqa: S603 - running the user's program is the job
            command, cwd=folder, env=dict(env), stderr=subprocess.PIPE
        )
        started.append(process)
        if stopped.is_set():  # the stop came before there was a program to tell
            process.send_signal(signal.SIGTERM)
        tail = _pass_through(process)
        code = process.wait()
    finally:
        signal.signal(signal.SIGTERM, before)
    return ScriptEnd(exit_code=code if code >= 0 else 128 - code, stopped=stopped.is_set(), errors=tail)


def _pass_through(process: "subprocess.Popen[bytes]") -> str:
    kept = b""
    if process.stderr is None:
        return ""
    with process.stderr as errors:
        while chunk := errors.read1(_CHUNK):
            sys.stderr.buffer.write(chunk)
            sys.stderr.buffer.flush()
            kept = (kept + chunk)[-_TAIL_BYTES:]
    return kept.decode("utf-8", "replace")
