"""Why a job failed, in the words of the contract (section 3.2)."""

from pathlib import Path

from sagemaker_local.logs.frames import read_frames
from sagemaker_local.processes.launcher import ProcessExit

SIGKILL = 9
_TAIL_BYTES = 65536
_TAIL_LINES = 8
_TEXT_LIMIT = 900
_MEMORY_HINT = " (killed; the machine may have run out of memory)"


def client_error(reason: object) -> str:
    return f"ClientError: {reason}"


def internal_error(reason: object) -> str:
    return f"InternalServerError: {reason}"


def algorithm_error(ended: ProcessExit, written_reason: str, log: Path) -> str:
    """Return the reason: the job's own words if it left any, else its last lines of error output."""
    code = ended.exit_code if ended.exit_code is not None else 1
    text = written_reason or _last_error_lines(log) or "the process gave no reason"
    hint = _MEMORY_HINT if code == 128 + SIGKILL and ended.limit is None else ""
    return f"AlgorithmError: {text[:_TEXT_LIMIT]}, exit code: {code}{hint}"


def is_internal_death(ended: ProcessExit) -> bool:
    """A kill from outside is the machine's fault, not the user's: nobody knows who did it."""
    return ended.lost or ended.setup_error is not None or (ended.signal == SIGKILL and not ended.stopped)


def describe_death(ended: ProcessExit) -> str:
    if ended.setup_error is not None:
        return f"the process could not be started: {ended.setup_error}"
    if ended.lost:
        return "the process is gone and left no exit code"
    return "the process was killed (signal 9)"


def _last_error_lines(log: Path) -> str:
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        return ""
    frames, _ = read_frames(
        log, max(0, size - _TAIL_BYTES), _TAIL_BYTES, skip_partial_first=size > _TAIL_BYTES
    )
    lines = [frame.text for frame in frames if frame.stream == "E"] or [frame.text for frame in frames]
    return "\n".join(line for line in lines[-_TAIL_LINES:] if line.strip())
