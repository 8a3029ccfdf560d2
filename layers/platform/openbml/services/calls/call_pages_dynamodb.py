"""Pages of call records: ranges of one partition by time, the other conditions while it is read."""

from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from openbml.core.ids import first_log_id
from openbml.core.items import from_item
from openbml.services.calls.records import CallFilter
from openbml.services.repositories import CallRecord, Position

_MOST_READ = 1_000  # records that one page looks at
_READ_AT_ONCE = 250
_LAST_LOG_ID = 2**63


def call_page(
    table: Any, service_id: int, wanted: CallFilter, *, limit: int, position: Position
) -> tuple[Sequence[CallRecord], Position]:
    """Return a page; failures are a list of their own, since they are what is looked for among many."""
    failures = bool(wanted.failed) or wanted.error_code is not None
    partition = f"service#{service_id}#{'failed-calls' if failures else 'calls'}"
    query = _query(partition, wanted)
    found: list[dict[str, Any]] = []
    read = 0
    while True:
        start = {"ExclusiveStartKey": position} if position else {}
        left = limit - len(found) if "FilterExpression" not in query else _READ_AT_ONCE
        reply = table.query(**query, **start, Limit=min(left, _MOST_READ - read))
        read += int(reply["ScannedCount"])
        found += reply["Items"]
        position = reply.get("LastEvaluatedKey")
        if len(found) > limit:
            last = found[limit - 1]
            return _records(found[:limit]), {"pk": last["pk"], "sk": last["sk"]}
        if position is None or len(found) == limit or read >= _MOST_READ:
            return _records(found), position


def _query(partition: str, wanted: CallFilter) -> dict[str, Any]:
    since = first_log_id(wanted.since) if wanted.since else 0
    until = first_log_id(wanted.until) - 1 if wanted.until else _LAST_LOG_ID
    query: dict[str, Any] = {
        "KeyConditionExpression": Key("pk").eq(partition)
        & Key("sk").between(f"{since:020d}", f"{max(until, since):020d}"),
        "ScanIndexForward": False,
    }
    conditions = [
        Attr(name).eq(value)
        for name in ("app_id", "error_code", "model_version", "role")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.failed is False:
        conditions.append(Attr("error_code").not_exists())
    if wanted.label is not None:
        conditions.append(Attr("labels").contains(wanted.label))
    if conditions:
        query["FilterExpression"] = reduce(and_, conditions)
    return query


def _records(items: Sequence[dict[str, Any]]) -> Sequence[CallRecord]:
    return [from_item(CallRecord, item) for item in items]
