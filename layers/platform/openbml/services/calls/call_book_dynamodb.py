"""DynamoDB adapter of `CallBook`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`; each sum has four slices, so that many writers
do not meet at one item):
    service#{id}#calls         / {log_id}                              a record                  list: by time
    service#{id}#failed-calls  / {log_id}                              the same, of a failure    list: by time
    {scope}#call#{log_id}      / call                                  whose call it is
    counted#{log_id}           / call                                  a call without a record was counted
    {scope}#usage#{month}      / {day}#{service}#{app}#{version}#{n}   sums of a day
    service#{id}#minutes       / {minute}#{role}#{n}                   sums of a minute
    service#{id}#hours         / {hour}#{role}#{version}#{n}           sums of an hour
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.calls.call_pages_dynamodb import call_page
from openbml.services.calls.records import CallFilter, CallNotFoundError, EnteredCall
from openbml.services.calls.sums_dynamodb import (
    day_update,
    hour_update,
    minute_update,
    read_days,
    read_hours,
    read_minutes,
)
from openbml.services.calls.tallies import DayKey, HourKey, MinuteKey, Tally, sums_of
from openbml.services.repositories import CallRecord, Position

_KEPT = timedelta(days=30)
_COUNTED = timedelta(days=20)  # longer than any queue keeps a message
_LOT = 15  # calls of one transaction: six items each, of the hundred that it takes
_ROUNDS = 8
_PAUSE_S = 0.05
_NEW = "attribute_not_exists(pk)"


class DynamoCallBook:
    """Args:
    sleep: between rounds that other writers have won.
    """

    def __init__(self, table: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._table = table
        self._sleep = sleep

    def enter(self, calls: Sequence[EnteredCall]) -> int:
        distinct = list({call.record.log_id: call for call in calls}.values())
        lots = [distinct[start : start + _LOT] for start in range(0, len(distinct), _LOT)]
        return sum(self._enter(lot) for lot in lots)

    def page(
        self, service_id: int, wanted: CallFilter, *, limit: int, position: Position
    ) -> tuple[Sequence[CallRecord], Position]:
        return call_page(self._table, service_id, wanted, limit=limit, position=position)

    def find(self, scope: ProjectScope, log_id: int) -> CallRecord:
        place = self._item({"pk": f"{scope.key}#call#{log_id}", "sk": "call"})
        item = self._item(_record_key(int(place["service_id"]), log_id)) if place else None
        if item is None:
            raise CallNotFoundError(log_id=str(log_id))
        return from_item(CallRecord, item)

    def usage(self, scope: ProjectScope, first: date, last: date) -> Mapping[DayKey, Tally]:
        return read_days(self._table, scope, first, last)

    def minutes(self, service_id: int, since: datetime) -> Mapping[MinuteKey, Tally]:
        return read_minutes(self._table, service_id, since)

    def hours(self, service_id: int, since: datetime, until: datetime) -> Mapping[HourKey, Tally]:
        return read_hours(self._table, service_id, since, until)

    def _enter(self, calls: list[EnteredCall]) -> int:
        for attempt in range(_ROUNDS):
            if not calls:
                return 0
            marks = [self._mark(call) for call in calls]
            try:
                self._table.meta.client.transact_write_items(
                    TransactItems=[*marks, *self._copies(calls), *self._sums(calls)]
                )
            except ClientError as error:
                calls = _new_ones(calls, error)
                if attempt == _ROUNDS - 1:
                    raise
                self._sleep(random.uniform(0, _PAUSE_S * 2**attempt))
            else:
                return len(calls)
        return 0

    def _mark(self, call: EnteredCall) -> dict[str, Any]:
        """Return the write that only the first of several deliveries can do."""
        if call.recorded:
            return self._put(_record_item(call.record, "calls"), ConditionExpression=_NEW)
        over = int((datetime.now(UTC) + _COUNTED).timestamp())
        item = {"pk": f"counted#{call.record.log_id}", "sk": "call", "expires_at": over}
        return self._put(item, ConditionExpression=_NEW)

    def _copies(self, calls: Iterable[EnteredCall]) -> Iterable[dict[str, Any]]:
        for call in calls:
            if not call.recorded:
                continue
            record = call.record
            place = {"pk": f"{call.scope.key}#call#{record.log_id}", "sk": "call"}
            yield self._put({**place, "service_id": record.service_id, "expires_at": _over(record)})
            if record.error_code is not None:
                yield self._put(_record_item(record, "failed-calls"))

    def _sums(self, calls: Iterable[EnteredCall]) -> Iterable[dict[str, Any]]:
        sums = sums_of((call.scope, call.record) for call in calls)
        updates = [
            *(day_update(day, tally) for day, tally in sums.days.items()),
            *(minute_update(minute, tally) for minute, tally in sums.minutes.items()),
            *(hour_update(hour, tally) for hour, tally in sums.hours.items()),
        ]
        return [{"Update": {"TableName": self._table.name, **update}} for update in updates]

    def _put(self, item: dict[str, Any], **condition: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": item, **condition}}

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self._table.get_item(Key=key).get("Item")
        return item


def _new_ones(calls: list[EnteredCall], error: ClientError) -> list[EnteredCall]:
    """Return the calls of a cancelled transaction that were not entered yet; the marks stand first in it."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        raise error
    reasons = error.response.get("CancellationReasons", [])[: len(calls)]
    known = [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons]
    return [call for call, was in zip(calls, known, strict=True) if not was]


def _record_key(service_id: int, log_id: int) -> dict[str, str]:
    return {"pk": f"service#{service_id}#calls", "sk": f"{log_id:020d}"}


def _record_item(record: CallRecord, listing: str) -> dict[str, Any]:
    key = {"pk": f"service#{record.service_id}#{listing}", "sk": f"{record.log_id:020d}"}
    return to_item(record, **key, expires_at=_over(record))


def _over(record: CallRecord) -> int:
    return int((record.at + _KEPT).timestamp())
