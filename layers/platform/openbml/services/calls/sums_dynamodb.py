"""Sums of calls as DynamoDB items: each write adds to one of four slices, reads add the slices up."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.scope import ProjectScope
from openbml.services.calls.tallies import DayKey, HourKey, MinuteKey, Tally

_SLICES = 4
_DAYS_KEPT = timedelta(days=400)
_MINUTES_KEPT = timedelta(hours=25)
_HOURS_KEPT = timedelta(days=31)
_MINUTE = "%Y%m%dT%H%M"
_HOUR = "%Y%m%dT%H"


def day_update(key: DayKey, tally: Tally) -> dict[str, Any]:
    place = f"{key.day:%d}#{key.service_id:016d}#{key.app_id:016d}#{key.model_version:08d}"
    names = {
        "day": key.day.isoformat(),
        "service_id": key.service_id,
        "app_id": key.app_id,
        "model_version": key.model_version,
    }
    over = datetime(key.day.year, key.day.month, key.day.day, tzinfo=UTC) + _DAYS_KEPT
    return _update(_month(key.scope, key.day), place, names, tally._replace(histogram={}), over)


def minute_update(key: MinuteKey, tally: Tally) -> dict[str, Any]:
    place = f"{key.minute:{_MINUTE}}#{key.role}"
    names = {"at": key.minute.isoformat(), "role": key.role}
    return _update(f"service#{key.service_id}#minutes", place, names, tally, key.minute + _MINUTES_KEPT)


def hour_update(key: HourKey, tally: Tally) -> dict[str, Any]:
    place = f"{key.hour:{_HOUR}}#{key.role}#{key.model_version:08d}"
    names = {"at": key.hour.isoformat(), "role": key.role, "model_version": key.model_version}
    return _update(f"service#{key.service_id}#hours", place, names, tally, key.hour + _HOURS_KEPT)


def read_days(table: Any, scope: ProjectScope, first: date, last: date) -> Mapping[DayKey, Tally]:
    found: dict[DayKey, list[Tally]] = {}
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        begin = max(first, month)
        end = min(last, following - timedelta(days=1))
        for item in _items(table, _month(scope, month), f"{begin:%d}", f"{end:%d}#~"):
            key = DayKey(
                scope,
                date.fromisoformat(item["day"]),
                int(item["service_id"]),
                int(item["app_id"]),
                int(item["model_version"]),
            )
            found.setdefault(key, []).append(_tally(item))
        month = following
    return {key: Tally.sum_of(tallies) for key, tallies in found.items()}


def read_minutes(table: Any, service_id: int, since: datetime) -> Mapping[MinuteKey, Tally]:
    found: dict[MinuteKey, list[Tally]] = {}
    for item in _items(table, f"service#{service_id}#minutes", f"{since.astimezone(UTC):{_MINUTE}}", "~"):
        key = MinuteKey(service_id, datetime.fromisoformat(item["at"]), str(item["role"]))
        found.setdefault(key, []).append(_tally(item))
    return {key: Tally.sum_of(tallies) for key, tallies in found.items()}


def read_hours(table: Any, service_id: int, since: datetime, until: datetime) -> Mapping[HourKey, Tally]:
    found: dict[HourKey, list[Tally]] = {}
    first, last = f"{since.astimezone(UTC):{_HOUR}}", f"{until.astimezone(UTC):{_HOUR}}#~"
    for item in _items(table, f"service#{service_id}#hours", first, last):
        at, role = datetime.fromisoformat(item["at"]), str(item["role"])
        key = HourKey(service_id, at, role, int(item["model_version"]))
        found.setdefault(key, []).append(_tally(item))
    return {key: Tally.sum_of(tallies) for key, tallies in found.items()}


def _month(scope: ProjectScope, day: date) -> str:
    return f"{scope.key}#usage#{day:%Y-%m}"


def _update(
    partition: str, place: str, names: Mapping[str, Any], tally: Tally, over: datetime
) -> dict[str, Any]:
    """Return the members of an update that adds the tally; names are set again, to what they are."""
    figures = {"calls": tally.calls, "errors": tally.errors, "duration_ms": tally.duration_ms}
    figures |= {f"h{bucket}": count for bucket, count in tally.histogram.items()}
    added = {name: value for name, value in figures.items() if value}
    fixed = {**names, "expires_at": int(over.timestamp())}
    adds = ", ".join(f"{name} :{name}" for name in added)
    sets = ", ".join(f"#{name} = :{name}" for name in fixed)
    return {
        "Key": {"pk": partition, "sk": f"{place}#{secrets.randbelow(_SLICES)}"},
        "UpdateExpression": f"ADD {adds} SET {sets}",
        "ExpressionAttributeNames": {f"#{name}": name for name in fixed},
        "ExpressionAttributeValues": {f":{name}": value for name, value in {**added, **fixed}.items()},
    }


def _items(table: Any, partition: str, first: str, last: str) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {
        "KeyConditionExpression": Key("pk").eq(partition) & Key("sk").between(first, last)
    }
    while True:
        reply = table.query(**query)
        yield from reply["Items"]
        if "LastEvaluatedKey" not in reply:
            return
        query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def _tally(item: Mapping[str, Any]) -> Tally:
    histogram = {int(name[1:]): int(item[name]) for name in item if name[0] == "h" and name[1:].isdigit()}
    calls, errors, duration_ms = (int(item.get(name, 0)) for name in ("calls", "errors", "duration_ms"))
    return Tally(calls, errors, duration_ms, histogram)
