"""Marks: stored objects that may go at a time, unless something takes them again before.

A blob's mark is a suspicion only: the sweep looks for references itself. What makes it safe is one order
of steps on each side. Who takes a content again first claims it, then looks for a mark; the sweep first moves
the mark to `sweeping`, then looks for claims. Whichever is later sees the other: the sweep leaves a claimed
blob alone, and the taker waits while a sweep is at the mark.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

GRACE = timedelta(hours=24)
# A sweep's function ends after 15 minutes; a mark that is `sweeping` for longer belongs to nobody.
SWEEP_LEASE = timedelta(minutes=30)


class ContentBusyError(OpenBMLError):
    """A sweep is at the content in this moment; the work comes again. Details: sha256."""


class MarkState(StrEnum):
    MARKED = "marked"
    SWEEPING = "sweeping"


class MarkKind(StrEnum):
    """`blob`: a content and its thumbnail by SHA-256, kept while claimed. `object`: a key, past its time."""

    BLOB = "blob"
    OBJECT = "object"


class Mark(BaseModel):
    """One mark; `name` is a SHA-256 or a key."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    kind: MarkKind
    name: str
    due_at: AwareDatetime
    state: MarkState = MarkState.MARKED
    swept_at: AwareDatetime | None = None


class MarkRepository(Protocol):
    """Port; `tests/contract/datasets/test_garbage.py` holds what implementations owe."""

    def mark(self, mark: Mark) -> None:
        """Keep a mark; a repeat moves its time.

        Raises:
            ContentBusyError: a sweep is at it.
        """

    def take(self, scope: ProjectScope, digests: Iterable[str], at: AwareDatetime) -> None:
        """Drop the marks of blobs that have been claimed just now.

        Raises:
            ContentBusyError: a sweep is at one of them; the claim stays, ask again later.
        """

    def due(self, before: AwareDatetime) -> Iterable[Mark]:
        """Yield marks whose time has come, eventually consistent."""

    def begin(self, mark: Mark, at: AwareDatetime) -> Mark | None:
        """Move a mark to sweeping; None when it changed or another sweep is at it."""

    def end(self, mark: Mark) -> None:
        """Drop a mark that this sweep holds; nothing happens when it is another's."""


def blob_marks(scope: ProjectScope, digests: Iterable[str], at: AwareDatetime) -> Sequence[Mark]:
    """Return the marks of contents that lose a reference now."""
    return [
        Mark(scope=scope, kind=MarkKind.BLOB, name=digest, due_at=at + GRACE)
        for digest in sorted(set(digests))
    ]
