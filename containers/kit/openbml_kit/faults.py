"""Whose fault a failed job is, and the one place that reports it."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path

_SHOWN_CHARACTERS = 1024  # SageMaker shows this much of the failure file.


class Fault(Exception):  # noqa: N818 - a job's fault says whose it is; the tree is Fault, UserFault, PlatformFault
    """A job cannot go on; the text is its cause, written for the job's owner."""

    tag = "platform"


class UserFault(Fault):
    """Data or settings are wrong; the run is billed and the text says what to change."""

    tag = "user"


class PlatformFault(Fault):
    """Our fault or the machine's; the run is not billed."""


def reporting_failures(work: Callable[[], None], *, failure_file: Path) -> int:
    """Do the work and return the process's exit code; a failure goes to the file, cause first.

    Source: the SageMaker training contract; `user:` and `platform:` are ours (docs/reference/contracts.md
    section 3).
    """
    try:
        work()
    except Fault as fault:
        return _report(fault.tag, str(fault), failure_file)
    except MemoryError as error:
        return _report(
            "user",
            "the machine's memory is too small: take a smaller batch or input size, or a larger machine "
            f"({error})",
            failure_file,
        )
    except Exception as error:  # noqa: BLE001 - the process's outermost frame: whatever it is must be told
        return _report("platform", f"{type(error).__name__}: {error}", failure_file)
    return 0


def _report(tag: str, cause: str, failure_file: Path) -> int:
    first_line = " ".join(cause.split())
    text = f"{tag}: {first_line}\n\n{traceback.format_exc()}"
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the container's log is its standard error
    write_failure(failure_file, text)
    return 1


def write_failure(failure_file: Path, text: str) -> None:
    """Put a failure where SageMaker reads it; what it would not show is left out."""
    failure_file.parent.mkdir(parents=True, exist_ok=True)
    failure_file.write_text(text[:_SHOWN_CHARACTERS], encoding="utf-8")
