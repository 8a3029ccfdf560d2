"""What was used: reports from any context, and how many minutes they are billed for."""

import math
from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml_catalog.machines import Module


class UsageInvalidError(OpenBMLError):
    """A report says something impossible; details: usage_id, reason."""


class UsedInterval(BaseModel):
    """A span in which the resource ran; open while `end` is missing."""

    model_config = ConfigDict(frozen=True)

    start: AwareDatetime
    end: AwareDatetime | None = None


class Resource(BaseModel):
    """What ran; metering knows nothing else of it."""

    model_config = ConfigDict(frozen=True)

    type: str
    id: str
    name: str = ""


class UsageReport(BaseModel):
    """One use of a machine: a run with all its training spans, or one running span of a service.

    Attributes:
        usage_id: the same for every report of this use; a second closed report changes nothing.
        units: nodes, or compute units times instances.
        closed: false while the use goes on.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    usage_id: str = Field(min_length=1, max_length=200)
    module: Module
    machine: str
    resource: Resource
    units: int = Field(ge=1)
    intervals: Sequence[UsedInterval] = Field(min_length=1)
    closed: bool

    @property
    def started_at(self) -> datetime:
        return min(span.start for span in self.intervals)

    def ended_at(self, now: datetime) -> datetime:
        return max(span.end or now for span in self.intervals)

    def seconds(self, now: datetime) -> float:
        """Return the time used, open spans up to `now`; a span that ends before it starts counts nothing."""
        return sum(max(0.0, ((span.end or now) - span.start).total_seconds()) for span in self.intervals)

    def unit_minutes(self, now: datetime) -> int:
        """Return the billed minutes: the sum of the spans, a started minute counts, times the units.

        Source: spec 01 section 2 (per minute), T3 and T6 (sum first, then round up), D1.
        """
        return math.ceil(round(self.seconds(now), 3) / 60) * self.units

    def checked(self) -> "UsageReport":
        """Return the report.

        Raises:
            UsageInvalidError: closed with an open span, or open with none.
        """
        has_open = any(span.end is None for span in self.intervals)
        if self.closed == has_open:
            reason = "a closed use has an open span" if has_open else "an open use has no open span"
            raise UsageInvalidError(usage_id=self.usage_id, reason=reason)
        return self
