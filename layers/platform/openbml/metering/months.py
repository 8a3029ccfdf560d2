"""Billing months: calendar months of Beijing time (UTC+8, spec 01 section 2.8)."""

import re
from datetime import UTC, datetime, timedelta, timezone

from openbml.core.errors import InvalidRequestError

BEIJING = timezone(timedelta(hours=8))
_FORM = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])\Z")


def month_of(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m")


def month_span(month: str) -> tuple[datetime, datetime]:
    """Return the first moment of the month and of the next one, in UTC.

    Raises:
        InvalidRequestError: not `YYYY-MM`.
    """
    form = _FORM.match(month)
    if form is None:
        raise InvalidRequestError(field="month", reason="must be YYYY-MM, a month since 2000")
    year, number = int(form[1]), int(form[2])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    start = datetime(year, number, 1, tzinfo=BEIJING)
    end = datetime(*following, 1, tzinfo=BEIJING)
    return start.astimezone(UTC), end.astimezone(UTC)
