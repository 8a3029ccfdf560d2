"""Counts of calls with their times, as sums that may be added up in any order."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple, Self, TypeVar

from openbml.core.scope import ProjectScope
from openbml.services.repositories import CallRecord

_PER_OCTAVE = 4
_BUCKETS = 64  # up to 2**16 ms: a minute and five seconds
_Key = TypeVar("_Key")
_BEIJING = timezone(timedelta(hours=8))


class Tally(NamedTuple):
    """Attributes:
    duration_ms: of all calls together, without the time that they waited for a sleeping service.
    histogram: calls by bucket; bucket n holds 2**(n/4) to 2**((n+1)/4) ms, so that a percentile is
        right within a tenth.
    """

    calls: int = 0
    errors: int = 0
    duration_ms: int = 0
    histogram: Mapping[int, int] = {}

    @classmethod
    def of(cls, record: CallRecord) -> Self:
        took = max(0, record.duration_ms - record.waited_ms)
        return cls(1, 0 if record.error_code is None else 1, took, {bucket_of(took): 1})

    @classmethod
    def sum_of(cls, tallies: Iterable["Tally"]) -> Self:
        calls = errors = duration_ms = 0
        histogram: dict[int, int] = {}
        for tally in tallies:
            calls += tally.calls
            errors += tally.errors
            duration_ms += tally.duration_ms
            for bucket, count in tally.histogram.items():
                histogram[bucket] = histogram.get(bucket, 0) + count
        return cls(calls, errors, duration_ms, histogram)

    def percentile_ms(self, share: float) -> float | None:
        """Return the duration below which that share of the calls stays, None of no calls."""
        total = sum(self.histogram.values())
        if total == 0:
            return None
        wanted = share * total
        passed = 0
        for bucket in sorted(self.histogram):
            count = self.histogram[bucket]
            if passed + count >= wanted:
                within = (wanted - passed) / count
                return round(float(2 ** ((bucket + within) / _PER_OCTAVE)), 1)
            passed += count
        return round(float(2 ** (_BUCKETS / _PER_OCTAVE)), 1)


def bucket_of(duration_ms: float) -> int:
    return min(_BUCKETS - 1, int(_PER_OCTAVE * math.log2(max(1.0, duration_ms))))


def day_of(at: datetime) -> date:
    """Return the day in Beijing, as limits and bills have it."""
    return at.astimezone(_BEIJING).date()


class DayKey(NamedTuple):
    """Calls of one application to one version of a service on one day; version 0: none was asked."""

    scope: ProjectScope
    day: date
    service_id: int
    app_id: int
    model_version: int


class MinuteKey(NamedTuple):
    service_id: int
    minute: datetime
    role: str


class HourKey(NamedTuple):
    service_id: int
    hour: datetime
    role: str
    model_version: int


class Sums(NamedTuple):
    """What a lot of calls adds to the statistics."""

    days: Mapping[DayKey, Tally]
    minutes: Mapping[MinuteKey, Tally]
    hours: Mapping[HourKey, Tally]


def sums_of(calls: Iterable[tuple[ProjectScope, CallRecord]]) -> Sums:
    """Add calls up. Copies for a shadow are no calls of an application; hours are of versions asked."""
    days: dict[DayKey, list[Tally]] = {}
    minutes: dict[MinuteKey, list[Tally]] = {}
    hours: dict[HourKey, list[Tally]] = {}
    for scope, record in calls:
        tally = Tally.of(record)
        at = record.at.astimezone(UTC)
        minute = at.replace(second=0, microsecond=0)
        version = record.model_version or 0
        if record.role != "shadow":
            day = DayKey(scope, day_of(at), record.service_id, record.app_id, version)
            days.setdefault(day, []).append(tally)
        minutes.setdefault(MinuteKey(record.service_id, minute, record.role), []).append(tally)
        if version:
            hour = HourKey(record.service_id, minute.replace(minute=0), record.role, version)
            hours.setdefault(hour, []).append(tally)
    return Sums(_added(days), _added(minutes), _added(hours))


def _added(rows: Mapping[_Key, list[Tally]]) -> Mapping[_Key, Tally]:
    return {key: Tally.sum_of(tallies) for key, tallies in rows.items()}
