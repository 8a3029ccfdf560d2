"""Progress of work that is waited for, and how to go on when the waiting is interrupted."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from openbml_client.cli.output import notes, work_progress
from openbml_client.downloads import DownloadError
from openbml_client.errors import ConflictError, OverloadedError, UnreachableError
from openbml_client.uploads import UploadError
from openbml_client.waiting import Show

# How done and total of each sort of work are called: of jobs, imports, operations and runs.
_COUNTERS = (
    ("done", "total"),
    ("entries_done", "entries_total"),
    ("chunks_done", "chunk_count"),
    ("epoch", "epochs"),
)
_LEAVES_WORK = (
    KeyboardInterrupt,
    UploadError,
    DownloadError,
    UnreachableError,
    ConflictError,
    OverloadedError,
)


@contextmanager
def followed(title: str) -> Iterator[Show]:
    """Draw a bar; what is yielded takes each document that was read and moves the bar."""
    with work_progress() as progress:
        task = progress.add_task(title, total=None)

        def show(document: Mapping[str, Any]) -> None:
            done, total = steps_of(document)
            parts = [f"{title} {document['state']}", document.get("stage"), document.get("best")]
            description = " · ".join(str(part) for part in parts if part)
            progress.update(task, description=description, total=total or None, completed=done)

        yield show


def steps_of(document: Mapping[str, Any]) -> tuple[int, int]:
    """Return how far work is and how far it goes; 0 for what is not known yet."""
    counted = document.get("progress") or document
    for done, total in _COUNTERS:
        if total in counted:
            return int(counted.get(done) or 0), int(counted[total] or 0)
    return 0, 0


@contextmanager
def going_on(how: Callable[[], str]) -> Iterator[None]:
    """Say how to go on when work is left behind: by an interruption, or by an error that passes."""
    try:
        yield
    except _LEAVES_WORK:
        advice = how()
        if advice:
            notes.print(advice, highlight=False, markup=False)
        raise
