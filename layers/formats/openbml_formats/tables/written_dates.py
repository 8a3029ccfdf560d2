"""Dates as people write them in text columns, in five forms, each with or without a time of day."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum


class DateForm(StrEnum):
    """`numeric` is 31.12.2026, 31/12/2026 or 12/31/2026: which of the two stands first is the column's."""

    ISO = "iso"  # 2026-12-31, 2026/12/31, 2026.12.31
    COMPACT = "compact"  # 20261231
    NUMERIC = "numeric"
    MONTH_NAME = "month_name"  # 31 Dec 2026, Dec 31, 2026, 31-Dec-2026
    CHINESE = "chinese"  # 2026年12月31日


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_TIME = (
    r"(?:(?:T|,?\s+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s?(?P<half>am|pm))?(?:\s?(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
_DAY = r"(?P<day>[0-9]{1,2})"
_YEAR = r"(?P<year>[0-9]{4})"


def _pattern(day: str) -> re.Pattern[str]:
    return re.compile(day + _TIME, re.IGNORECASE | re.ASCII)


_PATTERNS: Mapping[DateForm, tuple[re.Pattern[str], ...]] = {
    DateForm.ISO: (_pattern(_YEAR + r"(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)" + _DAY),),
    DateForm.COMPACT: (_pattern(r"(?P<year>(?:1[89]|20|21)[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),),
    DateForm.NUMERIC: (
        _pattern(r"(?P<first>[0-9]{1,2})(?P<mark>[-/.])(?P<other>[0-9]{1,2})(?P=mark)" + _YEAR),
    ),
    DateForm.MONTH_NAME: (
        _pattern(_DAY + r"(?:st|nd|rd|th)?[-\s]\s*" + _MONTH + r"[-,\s]\s*" + _YEAR),
        _pattern(_MONTH + r"\s*" + _DAY + r"(?:st|nd|rd|th)?,?\s+" + _YEAR),
    ),
    DateForm.CHINESE: (
        re.compile(
            _YEAR + r"年(?P<month>[0-9]{1,2})月" + _DAY + r"[日号]?\s*" + _TIME, re.IGNORECASE | re.ASCII
        ),
    ),
}
_EPOCH = date(1970, 1, 1).toordinal()
_FEWEST_CHARACTERS = 8
_MOST_CHARACTERS = 40


def date_form(text: str) -> DateForm | None:
    """Return the form that a text is written in, None where it is no date."""
    found = _matched(text)
    return found[0] if found else None


def written_date(text: str, *, day_first: bool = True) -> float | None:
    """Return the moment that a text names, in seconds since 1970 (UTC); None where it is no date.

    Args:
        day_first: of 03/04/2026; 03.04.2026 always starts with the day, 12/31/2026 can be read one way only.
    """
    found = _matched(text)
    if found is None:
        return None
    form, match = found
    try:
        day = _day(form, match.groupdict(), day_first=day_first)
        return (day.toordinal() - _EPOCH) * 86400.0 + _seconds(match.groupdict())
    except ValueError:
        return None


def _matched(text: str) -> tuple[DateForm, re.Match[str]] | None:
    text = text.strip()
    if not _FEWEST_CHARACTERS <= len(text) <= _MOST_CHARACTERS:
        return None
    for form, patterns in _PATTERNS.items():
        for pattern in patterns:
            match = pattern.fullmatch(text)
            if match:
                return form, match
    return None


def _day(form: DateForm, parts: Mapping[str, str], *, day_first: bool) -> date:
    year = int(parts["year"])
    if form is DateForm.NUMERIC:
        first, other = int(parts["first"]), int(parts["other"])
        starts_with_day = first > 12 or (other <= 12 and (day_first or parts["mark"] == "."))
        day, month = (first, other) if starts_with_day else (other, first)
        return date(year, month, day)
    if form is DateForm.MONTH_NAME:
        return date(year, _MONTHS.index(parts["name"][:3].lower()) + 1, int(parts["day"]))
    return date(year, int(parts["month"]), int(parts["day"]))


def _seconds(parts: Mapping[str, str | None]) -> float:
    """Return the seconds since midnight UTC. Raises ValueError: there is no such time."""
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    half = (parts["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("hours before and after noon go from 1 to 12")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no time of day")
    fraction = float(f"0.{parts['fraction']}") if parts["fraction"] else 0.0
    return hour * 3600 + minute * 60 + second + fraction - _zone_seconds(parts["zone"] or "Z")


def _zone_seconds(zone: str) -> int:
    if zone.upper() in ("Z", "UTC"):
        return 0
    away = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -away if zone[0] == "-" else away


def epoch_seconds(moment: date | datetime) -> float:
    """Return a date's or a time's seconds since 1970; a time without a zone is UTC."""
    if not isinstance(moment, datetime):
        return (moment.toordinal() - _EPOCH) * 86400.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)


def starts_with_day(texts: Iterable[str]) -> tuple[bool, bool]:
    """Return whether a column's numeric dates start with the day, and whether that had to be guessed.

    A first number above 12 says the day, a second one the month, points the day. Where nothing says it, the
    month is taken as first, as 12/31/2026 is written where slashes are usual.
    """
    balance, seen = 0, False
    for text in texts:
        match = _PATTERNS[DateForm.NUMERIC][0].fullmatch(text.strip())
        if match:
            seen = True
            says_day = match["mark"] == "." or int(match["first"]) > 12
            balance += 1 if says_day else -1 if int(match["other"]) > 12 else 0
    return balance > 0 or not seen, seen and balance == 0
