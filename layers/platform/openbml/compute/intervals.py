"""Spans of time in which a machine worked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Interval(BaseModel):
    """A span; `end` is missing while it is open."""

    model_config = ConfigDict(frozen=True)

    start: AwareDatetime
    end: AwareDatetime | None = None

    def closed(self, at: datetime) -> "Interval":
        """Return the span with an end, never before its start."""
        return self if self.end else Interval(start=self.start, end=max(at, self.start))


def total_seconds(intervals: Iterable[Interval]) -> float:
    """Return the sum of the closed spans; open ones count nothing yet."""
    spans = (span.end - span.start for span in intervals if span.end)
    return max(timedelta(0), sum(spans, timedelta(0))).total_seconds()
