"""Times of day that come back: five-field cron in the wall time of a place.

Own code of a page, because only one question is asked ("is it due in this minute?"): libraries answer "when
next?" with iterators that the layer would carry for it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(?:\*|(?P<first>\w{1,3})(?:-(?P<last>\w{1,3}))?)(?:/(?P<step>\d{1,2}))?\Z", re.ASCII)
_MOST_CHARACTERS = 200


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    names: Mapping[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, {name: place for place, name in enumerate(_MONTHS, start=1)}),
    _Field("day of the week", 0, 7, {name: place for place, name in enumerate(_DAYS)}),
)


class CronTimes(NamedTuple):
    """`minute hour day month weekday`, each `*`, numbers, names, `a-b`, `/step` and lists of these.

    As in cron, a day is due by its date or its weekday where both are restricted, and Sunday is 0 or 7.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    every_hour: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError, which says what is wrong."""
        fields = text.split() if len(text) <= _MOST_CHARACTERS else []
        if len(fields) != len(_FIELDS):
            raise ValueError("a cron time has five fields: minute, hour, day, month, weekday")
        minutes, hours, days, months, weekdays = map(_numbers, fields, _FIELDS)
        times = cls(
            minutes,
            hours,
            days,
            months,
            frozenset(day % 7 for day in weekdays),
            either_day=not (fields[2].startswith("*") or fields[4].startswith("*")),
            every_hour=fields[1].startswith("*"),
        )
        if not times.either_day and all(min(days) > _LONGEST_MONTHS[month - 1] for month in months):
            raise ValueError(f"no month of {fields[3]!r} has the day {fields[2]!r}")
        return times

    def newest_due(self, after: datetime, until: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the newest minute in (after, until] in which it is due.

        Looks at every minute of the span, which is meant to be short. When clocks go forward, times of the
        hour that is left out are due right after it; when they go back, times of the hour that comes twice
        are due the first time only. Times of every hour go by the minutes that pass.
        """
        minute = until.astimezone(UTC).replace(second=0, microsecond=0)
        while minute > after:
            if self._is_due(minute, zone):
                return minute
            minute -= _MINUTE
        return None

    def _is_due(self, minute: datetime, zone: ZoneInfo) -> bool:
        local = minute.astimezone(zone)
        if self.every_hour:
            return self._names(local)
        if local.fold:
            return False
        return self._names(local) or any(map(self._names, _left_out_before(minute, zone)))

    def _names(self, wall: datetime) -> bool:
        by_date, by_weekday = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        return (
            wall.minute in self.minutes
            and wall.hour in self.hours
            and wall.month in self.months
            and (by_date or by_weekday if self.either_day else by_date and by_weekday)
        )


def _left_out_before(minute: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Return the wall times that clocks jumped over to come to this minute."""
    wall = minute.astimezone(zone).replace(tzinfo=None)
    missing = (minute - _MINUTE).astimezone(zone).replace(tzinfo=None) + _MINUTE
    while missing < wall:
        yield missing
        missing += _MINUTE


def _numbers(text: str, field: _Field) -> frozenset[int]:
    return frozenset(number for part in text.lower().split(",") for number in _part(part, field))


def _part(text: str, field: _Field) -> range:
    form = _PART.match(text)
    step = int(form["step"]) if form and form["step"] else 1
    if form is None or step == 0:
        raise ValueError(f"{text!r} is no {field.name} of a cron time")
    if form["first"] is None:
        return range(field.lowest, field.highest + 1, step)
    first = _number(form["first"], field)
    last = _number(form["last"], field) if form["last"] else field.highest if form["step"] else first
    if last < first:
        raise ValueError(f"{text!r} ends before it begins")
    return range(first, last + 1, step)


def _number(text: str, field: _Field) -> int:
    number = field.names.get(text, int(text) if text.isdigit() else -1)
    if not field.lowest <= number <= field.highest:
        raise ValueError(f"{text!r} is no {field.name}; it is {field.lowest} to {field.highest}")
    return number
