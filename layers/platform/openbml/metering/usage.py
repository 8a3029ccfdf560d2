"""Usage: what a run or service used, as its context reports it (contracts, section 6)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml_catalog.machines import Module
from openbml_catalog.prices import Price, price_book

_MINUTE = timedelta(minutes=1)


class PriceUnknownError(OpenBMLError):
    """The price book has no such machine in the module; details: module, machine."""


class UsageInterval(BaseModel):
    """A span of use; `end` is missing while it lasts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: AwareDatetime
    end: AwareDatetime | None = None

    @model_validator(mode="after")
    def _forwards(self) -> "UsageInterval":
        if self.end is not None and self.end < self.start:
            raise ValueError("an interval ends before it starts")
        return self

    def lasted(self, now: datetime) -> timedelta:
        """Return the span's length, up to now while it is open; never negative."""
        return max((self.end or now) - self.start, timedelta(0))


class UsedResource(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    type: str
    id: str
    name: str = ""


class Usage(BaseModel):
    """`UsageReported` as this context reads it.

    Attributes:
        usage_id: names resource and interval, so that a repeat is the same ledger entry.
        units: nodes of a run, compute units × instances of a service.
        closed: nothing will be added; an open one comes again, closed, under the same id.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    scope: ProjectScope
    usage_id: str = Field(min_length=1, max_length=200)
    module: Module
    machine: str = Field(max_length=50)
    resource: UsedResource
    units: int = Field(ge=1)
    intervals: tuple[UsageInterval, ...] = Field(min_length=1)
    closed: bool

    @model_validator(mode="after")
    def _closed_intervals_end(self) -> "Usage":
        if self.closed and any(span.end is None for span in self.intervals):
            raise ValueError("a closed usage has an open interval")
        return self

    @property
    def account_id(self) -> int:
        return self.scope.account_id

    @property
    def pool(self) -> tuple[Module, str]:
        """The free allowance it draws on: one per module and machine (spec 01 section 2.11)."""
        return self.module, self.machine

    @property
    def started_at(self) -> datetime:
        return min(span.start for span in self.intervals)

    def ended_at(self, now: datetime) -> datetime:
        return max(span.end or now for span in self.intervals)

    def minutes(self, now: datetime) -> int:
        """Return started minutes: intervals are summed first, then rounded up once (spec 01, T6)."""
        return started_minutes(self.intervals, now)

    def unit_minutes(self, now: datetime) -> int:
        return self.minutes(now) * self.units

    def price(self) -> Price:
        """Raises PriceUnknownError."""
        price = price_book().get(self.pool)
        if price is None:
            raise PriceUnknownError(module=self.module, machine=self.machine)
        return price


def started_minutes(intervals: Sequence[UsageInterval], now: datetime) -> int:
    total = sum((span.lasted(now) for span in intervals), timedelta(0))
    return -(-total // _MINUTE)
