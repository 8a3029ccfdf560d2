"""When a schedule is due: every so many minutes or hours, or at a wall clock's time of every so many days,
weeks or months (spec 03, 9.6)."""

import calendar
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

_MONTHS = 12


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


class Unit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


_FIXED = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1)}
_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


class Recurrence(BaseModel):
    """The first time is `starts_at`; then every `every` units, up to `ends_at`.

    Minutes and hours are spans of time. Days, weeks and months keep the wall clock of `time_zone`: over a
    change of summer time too. A time that the clocks leave out is due as much later as they were put
    forward; of a time that comes twice the first is due. A month without the day is due on its last day.
    """

    model_config = ConfigDict(frozen=True)

    unit: Unit
    every: int = Field(ge=1, le=1000)
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    time_zone: str = "UTC"

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in _zones():
            raise ValueError("must be a time zone of the IANA database, e.g. Asia/Shanghai")
        return name

    @model_validator(mode="after")
    def _forwards(self) -> "Recurrence":
        if self.ends_at is not None and self.ends_at < self.starts_at:
            raise ValueError("ends_at is before starts_at")
        return self

    def due(self, number: int) -> datetime:
        """Return the time of a run, 0 is the first, in UTC.

        Raises:
            OverflowError, ValueError: beyond what a calendar holds.
        """
        step = number * self.every
        if self.unit in _FIXED:
            return self.starts_at.astimezone(UTC) + step * _FIXED[self.unit]
        zone = ZoneInfo(self.time_zone)
        local = self.starts_at.astimezone(zone).replace(tzinfo=None, fold=0)
        if self.unit is Unit.MONTH:
            day = _month_later(local.date(), step)
            wall = local.replace(year=day.year, month=day.month, day=day.day)
        else:
            wall = local + timedelta(days=step * _DAYS[self.unit])
        return wall.replace(tzinfo=zone).astimezone(UTC) if number else self.starts_at.astimezone(UTC)

    def first_after(self, at: datetime) -> datetime | None:
        """Return the first run after a moment, None when there is none any more."""
        number = 0 if at < self.starts_at else self._about(at)
        try:
            while number > 0 and self.due(number - 1) > at:
                number -= 1
            while (due := self.due(number)) <= at:
                number += 1
        except (OverflowError, ValueError):
            return None
        return None if self.ends_at is not None and due > self.ends_at else due

    def last_until(self, at: datetime) -> datetime | None:
        """Return the last run up to a moment, that moment included; None when there was none yet."""
        if at < self.starts_at:
            return None
        end = at if self.ends_at is None else min(at, self.ends_at)
        number = self._about(end)
        while number > 0 and self.due(number) > end:
            number -= 1
        while self.due(number + 1) <= end:
            number += 1
        return self.due(number)

    def _about(self, at: datetime) -> int:
        """Return a run's number near a moment."""
        passed = at - self.starts_at
        if self.unit in _FIXED:
            return int(passed / (self.every * _FIXED[self.unit]))
        days = self.every * _DAYS.get(self.unit, 28)
        return max(0, int(passed.days / days))


def _month_later(day: date, months: int) -> date:
    place = day.year * _MONTHS + day.month - 1 + months
    year, month = divmod(place, _MONTHS)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
