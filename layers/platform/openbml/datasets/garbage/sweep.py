"""The sweep: deletes objects whose mark is due and that nothing refers to; killed anywhere, it goes on."""

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.datasets.garbage.marks import Mark, MarkKind, MarkRepository
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore, blob_key, thumbnail_key


class SweepCounts(BaseModel):
    model_config = ConfigDict(frozen=True)

    deleted: int = 0
    kept: int = 0


def sweep_objects(
    *,
    marks: MarkRepository,
    samples: SampleRepository,
    data: ObjectStore,
    now: Clock,
    has_time: Callable[[], bool],
) -> SweepCounts:
    """Delete what is due and unreferenced; the rest of a sweep that runs out of time is the next one's.

    Args:
        has_time: asked before each mark.
    """
    deleted = kept = 0
    for mark in marks.due(now()):
        if not has_time():
            break
        gone = _swept(mark, now(), marks=marks, samples=samples, data=data)
        deleted += gone is True
        kept += gone is False
    return SweepCounts(deleted=deleted, kept=kept)


def _swept(
    mark: Mark, at: datetime, *, marks: MarkRepository, samples: SampleRepository, data: ObjectStore
) -> bool | None:
    """Return whether the mark's objects were deleted, None when the mark was not to be had."""
    held = marks.begin(mark, at)
    if held is None:
        return None
    referenced = held.kind is MarkKind.BLOB and samples.is_referenced(held.scope, held.name)
    if not referenced:
        for key in _keys(held):
            data.delete(key)
    marks.end(held)
    return not referenced


def _keys(mark: Mark) -> list[str]:
    if mark.kind is MarkKind.OBJECT:
        return [mark.name]
    return [blob_key(mark.scope, mark.name), thumbnail_key(mark.scope, mark.name)]
