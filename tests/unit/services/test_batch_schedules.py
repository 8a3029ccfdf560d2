"""When schedules are due, and that each time is dealt with exactly once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.services.batch.batch_forms import ScheduleChange
from openbml.services.batch.batch_predictions import BatchState
from openbml.services.batch.recurrences import Recurrence, Unit
from openbml.services.batch.run_schedules import change_schedule
from openbml.services.batch.schedules import BatchSchedule, Outcome
from tests.fakes.batches_memory import BUCKETS, BatchDesk
from tests.fakes.services_samples import SCOPE

ZONES = ["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
BERLIN = ZoneInfo("Europe/Berlin")

# Hypothesis takes bounds without a zone.
moments = st.datetimes(
    datetime(2010, 1, 1),  # noqa: DTZ001
    datetime(2040, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
recurrences = st.builds(
    Recurrence,
    unit=st.sampled_from(Unit),
    every=st.integers(1, 40),
    starts_at=moments,
    time_zone=st.sampled_from(ZONES),
)


def recurrence(unit: str, starts_at: datetime, **more: Any) -> Recurrence:
    return Recurrence.model_validate({"unit": unit, "every": 1, "starts_at": starts_at, **more})


@given(recurrences, moments)
@settings(max_examples=150, deadline=None)
def test_runs_follow_each_other_and_none_is_left_out(rule: Recurrence, at: datetime) -> None:
    following, last = rule.first_after(at), rule.last_until(at)

    assert following is not None
    assert following > at
    assert (last is None) == (at < rule.starts_at)
    if last is not None:
        assert last <= at
        assert rule.first_after(last) == following
        assert rule.last_until(following) == following


@given(recurrences, st.integers(0, 300))
@settings(max_examples=150, deadline=None)
def test_days_and_longer_keep_the_wall_clock_and_shorter_ones_the_span(rule: Recurrence, number: int) -> None:
    first, due = rule.due(0), rule.due(number)
    zone = ZoneInfo(rule.time_zone)
    if rule.unit in (Unit.MINUTE, Unit.HOUR):
        step = timedelta(minutes=1) if rule.unit is Unit.MINUTE else timedelta(hours=1)
        assert due - first == number * rule.every * step
        return
    wanted, local = first.astimezone(zone), due.astimezone(zone)
    exists = due.astimezone(zone).replace(fold=0).astimezone(UTC) == due
    moved = (local.hour, local.minute) != (wanted.hour, wanted.minute)
    # Only a time that the clocks leave out is moved, and then by as much as they were put forward.
    assert not moved or not _is_there(local, wanted, zone)
    assert exists or number == 0
    if rule.unit is Unit.MONTH:
        months = (local.year - wanted.year) * 12 + local.month - wanted.month
        assert months == number * rule.every or moved


def _is_there(local: datetime, wanted: datetime, zone: ZoneInfo) -> bool:
    """Return whether the wanted time exists on a day near the run's."""
    for day in (0, -1):
        wall = (local + timedelta(days=day)).replace(
            hour=wanted.hour, minute=wanted.minute, tzinfo=None, fold=0
        )
        back = wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        if back != wall:
            return False
    return True


def test_a_daily_run_keeps_its_hour_over_summer_time() -> None:
    rule = recurrence("day", datetime(2026, 3, 28, 9, tzinfo=BERLIN), time_zone="Europe/Berlin")

    assert [rule.due(n).isoformat() for n in range(3)] == [
        "2026-03-28T08:00:00+00:00",
        "2026-03-29T07:00:00+00:00",
        "2026-03-30T07:00:00+00:00",
    ]


def test_a_time_that_is_left_out_is_later_and_one_that_comes_twice_comes_once() -> None:
    spring = recurrence("day", datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), time_zone="Europe/Berlin")
    autumn = recurrence("day", datetime(2026, 10, 24, 2, 30, tzinfo=BERLIN), time_zone="Europe/Berlin")

    assert spring.due(1).astimezone(BERLIN).strftime("%H:%M") == "03:30"
    assert autumn.due(1).isoformat() == "2026-10-25T00:30:00+00:00"
    assert autumn.first_after(autumn.due(1)) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_month_without_the_day_is_due_on_its_last_and_the_next_has_it_again() -> None:
    rule = recurrence("month", datetime(2027, 12, 31, 8, tzinfo=UTC))

    assert [rule.due(n).strftime("%m-%d") for n in range(5)] == ["12-31", "01-31", "02-29", "03-31", "04-30"]


def test_after_its_end_nothing_is_due() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rule = recurrence("week", start, ends_at=start + timedelta(days=14))

    assert rule.first_after(start + timedelta(days=7)) == start + timedelta(days=14)
    assert rule.first_after(start + timedelta(days=14)) is None
    assert rule.last_until(start + timedelta(days=400)) == start + timedelta(days=14)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_a_time_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError):
        recurrence("day", datetime(2026, 1, 1, tzinfo=UTC), time_zone=zone)


@pytest.fixture
def desk() -> BatchDesk:
    return BatchDesk()


def outcomes(desk: BatchDesk, schedule: BatchSchedule) -> list[Outcome]:
    return [run.outcome for run in desk.schedules.runs(schedule, limit=100)]


@pytest.mark.parametrize("unit", list(Unit))
def test_each_unit_starts_recurring_runs(desk: BatchDesk, unit: Unit) -> None:
    schedule = desk.schedule(unit=unit, starts_at=desk.now() + timedelta(seconds=30))
    started = 0
    for _ in range(3):
        due = desk.schedules.get(SCOPE, schedule.schedule_id).next_due_at
        assert due is not None
        desk.now.at = due
        started += desk.look()
        batch_id = desk.schedules.get(SCOPE, schedule.schedule_id).last_batch_id
        assert batch_id is not None
        desk.stop(batch_id)

    assert started == 3
    assert outcomes(desk, schedule) == [Outcome.STARTED] * 3


def test_two_looks_at_one_time_start_one(desk: BatchDesk) -> None:
    desk.schedule()
    desk.now.pass_time(hours=1)

    assert [desk.look(), desk.look()] == [1, 0]


def test_a_look_that_died_behind_the_start_is_made_up_without_a_second_one(desk: BatchDesk) -> None:
    schedule = desk.schedule()
    desk.now.pass_time(hours=1)
    desk.schedules.failing_saves = 1
    with pytest.raises(ConnectionError):
        desk.look()

    desk.look()

    found, _ = desk.batches.page(SCOPE, limit=10, position=None)
    assert len(found) == 1
    assert desk.schedules.get(SCOPE, schedule.schedule_id).last_batch_id == found[0].batch_id


def test_a_run_is_left_out_while_the_one_before_is_at_work(desk: BatchDesk) -> None:
    schedule = desk.schedule()
    for _ in range(3):
        desk.now.pass_time(hours=1)
        desk.look()
    first = desk.schedules.get(SCOPE, schedule.schedule_id).last_batch_id
    assert first is not None
    desk.stop(first)
    desk.now.pass_time(hours=1)
    desk.look()

    assert outcomes(desk, schedule) == [
        Outcome.STARTED,
        Outcome.OVERLAPPED,
        Outcome.OVERLAPPED,
        Outcome.STARTED,
    ]
    assert str(first) in desk.schedules.runs(schedule, limit=2)[1].reason


@pytest.mark.parametrize(
    ("missed", "late_minutes", "wanted"),
    [
        ("run_once", 45, Outcome.STARTED),
        ("skip", 45, Outcome.MISSED),
        ("skip", 5, Outcome.STARTED),
    ],
)
def test_what_was_missed_runs_once_or_not_at_all(
    desk: BatchDesk, missed: str, late_minutes: int, wanted: Outcome
) -> None:
    schedule = desk.schedule(missed=missed)
    desk.now.pass_time(hours=7, minutes=late_minutes)

    desk.look()

    assert outcomes(desk, schedule) == [wanted]
    following = desk.schedules.get(SCOPE, schedule.schedule_id).next_due_at
    assert following == desk.now() - timedelta(minutes=late_minutes) + timedelta(hours=1)


def test_a_run_that_cannot_be_created_is_told_and_the_next_one_tried(desk: BatchDesk) -> None:
    schedule = desk.schedule()
    desk.funds.has = False
    desk.now.pass_time(hours=1)
    desk.look()
    desk.funds.has = True
    desk.now.pass_time(hours=1)
    desk.look()

    assert outcomes(desk, schedule) == [Outcome.STARTED, Outcome.REFUSED]
    assert "AllowanceUsedUp" in desk.schedules.runs(schedule, limit=2)[1].reason


def test_runs_into_one_place_do_not_overwrite_each_other(desk: BatchDesk) -> None:
    template = desk.form(output={"uri": "s3://openbml-exchange-acme/out/"})
    desk.schedule(template=template.model_dump(exclude={"name", "description"}))
    desk.now.pass_time(hours=1)
    desk.look()

    batch = desk.batches.page(SCOPE, limit=1, position=None)[0][0]
    assert batch.work.output_uri == "s3://openbml-exchange-acme/out/20260301T130000Z/"
    assert batch.state is BatchState.QUEUED


def test_a_change_counts_anew_and_an_end_can_be_taken_away(desk: BatchDesk) -> None:
    schedule = desk.schedule(ends_at=desk.now() + timedelta(days=2))

    def changed(**fields: Any) -> BatchSchedule:
        return change_schedule(
            ScheduleChange.model_validate(fields),
            scope=SCOPE,
            schedule_id=schedule.schedule_id,
            schedules=desk.schedules,
            versions=desk.versions,
            buckets=BUCKETS,
            now=desk.now,
        )

    after = changed(unit="day", every=2, name="other")
    assert after.next_due_at == desk.now() + timedelta(days=2)
    assert (after.name, after.recurrence.ends_at is None) == ("other", False)
    assert changed(ends_at=None).recurrence.ends_at is None
    with pytest.raises(InvalidRequestError):
        changed(ends_at=desk.now() - timedelta(days=1))
    with pytest.raises(InvalidRequestError):
        changed(time_zone="Nowhere/Here")


def test_a_schedule_that_is_never_due_is_refused(desk: BatchDesk) -> None:
    start = desk.now() - timedelta(days=2)
    with pytest.raises(InvalidRequestError):
        desk.schedule(starts_at=start, ends_at=start + timedelta(hours=5))
