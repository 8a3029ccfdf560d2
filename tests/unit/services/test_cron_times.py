"""Times of day that come back, in the wall time of a place, over the changes of its clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml.services.cron_times import CronTimes

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)


def due(cron: str, zone: ZoneInfo, begin: datetime, hours: int) -> list[datetime]:
    """Return every due minute of a span, as who looks every minute sees them."""
    times = CronTimes.parse(cron)
    minutes = [begin + MINUTE * number for number in range(hours * 60)]
    return [minute for minute in minutes if times.newest_due(minute - MINUTE, minute, zone) is not None]


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc,arg-type]  # the parts of a time, in order


@pytest.mark.parametrize(
    ("cron", "at", "is_due"),
    [
        ("* * * * *", utc(2026, 3, 2, 0, 0), True),
        ("30 8 * * mon-fri", utc(2026, 3, 2, 0, 30), True),  # Monday, 08:30 in Shanghai
        ("30 8 * * mon-fri", utc(2026, 3, 1, 0, 30), False),  # Sunday
        ("30 8 * * 7", utc(2026, 3, 1, 0, 30), True),
        ("30 8 * * 0", utc(2026, 3, 1, 0, 30), True),
        ("*/15 8-10,20 * * *", utc(2026, 3, 1, 12, 45), True),
        ("*/15 8-10,20 * * *", utc(2026, 3, 1, 12, 46), False),
        ("5/20 * * * *", utc(2026, 3, 1, 12, 45), True),
        ("0 0 2 * *", utc(2026, 3, 1, 16, 0), True),
        ("0 0 13 * FRI", utc(2026, 3, 5, 16, 0), True),  # either day: a Friday that is not the 13th
        ("0 0 13 * FRI", utc(2026, 3, 12, 16, 0), True),
        ("0 0 29 feb *", utc(2028, 2, 28, 16, 0), True),
        ("0 0 1 MAR-MAY *", utc(2026, 6, 30, 16, 0), False),
    ],
)
def test_a_minute_is_due_by_the_wall_clock_of_the_place(cron: str, at: datetime, is_due: bool) -> None:
    assert (CronTimes.parse(cron).newest_due(at - MINUTE, at, SHANGHAI) == at) is is_due


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "1,,2 * * * *",
        "* * * * mon-",
        "@daily",
        "* * L * *",
        "- * * * *",
        "٣ * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6 *",
        "* " * 500,
    ],
)
def test_what_is_no_cron_time_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        CronTimes.parse(cron)


def test_the_newest_time_of_a_span_counts_and_the_beginning_is_not_part_of_it() -> None:
    times = CronTimes.parse("0,5 8 * * *")
    begin = utc(2026, 3, 1, 0, 0)

    assert times.newest_due(begin, begin + 7 * MINUTE + timedelta(seconds=20), SHANGHAI) == begin + 5 * MINUTE
    assert times.newest_due(begin - MINUTE, begin + MINUTE, SHANGHAI) == begin
    assert times.newest_due(begin, begin + 4 * MINUTE, SHANGHAI) is None


def test_a_time_that_clocks_jump_over_comes_right_after_the_jump() -> None:
    night = utc(2026, 3, 29, 0, 0)  # 02:00 becomes 03:00 at 01:00 UTC

    assert due("30 2 * * *", BERLIN, night, 4) == [utc(2026, 3, 29, 1, 0)]
    assert due("30 3 * * *", BERLIN, night, 4) == [utc(2026, 3, 29, 1, 30)]
    assert due("0 * * * *", BERLIN, night, 3) == [utc(2026, 3, 29, hour) for hour in range(3)]


def test_a_time_that_comes_twice_counts_once_unless_it_is_of_every_hour() -> None:
    night = utc(2026, 10, 25, 0, 0)  # 03:00 becomes 02:00 at 01:00 UTC

    assert due("30 2 * * *", BERLIN, night, 4) == [utc(2026, 10, 25, 0, 30)]
    assert due("30 * * * *", BERLIN, night, 3) == [utc(2026, 10, 25, hour, 30) for hour in range(3)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 59), st.integers(0, 23), st.sampled_from([(3, 29), (10, 25), (6, 1)]))
def test_a_daily_time_comes_once_on_every_day(minute: int, hour: int, date: tuple[int, int]) -> None:
    midnight = datetime(2026, *date, tzinfo=BERLIN)
    begin, end = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    hours = round((end - begin) / timedelta(hours=1))

    assert len(due(f"{minute} {hour} * * *", BERLIN, begin, hours)) == 1
