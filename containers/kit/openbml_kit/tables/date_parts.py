"""Numbers that a moment is made of."""

import calendar
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum

_EPOCH = date(1970, 1, 1).toordinal()
_DAY_S = 86400


class DatePart(StrEnum):
    """`days` since 1970 with their fraction, `weekday` from 0 for Monday, `to_month_end` in days."""

    DAYS = "days"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    DAY_OF_YEAR = "day_of_year"
    WEEKDAY = "weekday"
    TO_MONTH_END = "to_month_end"
    HOUR = "hour"
    MINUTE = "minute"


_OF_DAY: Mapping[DatePart, Callable[[date], float]] = {
    DatePart.YEAR: lambda day: day.year,
    DatePart.QUARTER: lambda day: (day.month + 2) // 3,
    DatePart.MONTH: lambda day: day.month,
    DatePart.WEEK: lambda day: day.isocalendar().week,
    DatePart.DAY: lambda day: day.day,
    DatePart.DAY_OF_YEAR: lambda day: day.timetuple().tm_yday,
    DatePart.WEEKDAY: lambda day: day.weekday(),
    DatePart.TO_MONTH_END: lambda day: calendar.monthrange(day.year, day.month)[1] - day.day,
}


def part_values(seconds: float, parts: Sequence[DatePart]) -> list[float]:
    """Return the parts of a moment in seconds since 1970 (UTC); all NaN beyond the years 1 to 9999."""
    days, second = divmod(seconds, _DAY_S)
    try:
        day = date.fromordinal(int(days) + _EPOCH)
    except (ValueError, OverflowError):
        return [math.nan] * len(parts)
    clock = {
        DatePart.DAYS: seconds / _DAY_S,
        DatePart.HOUR: second // 3600,
        DatePart.MINUTE: second % 3600 // 60,
    }
    return [float(clock[part] if part in clock else _OF_DAY[part](day)) for part in parts]
