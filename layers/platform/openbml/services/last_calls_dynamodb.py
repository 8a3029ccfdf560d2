"""DynamoDB adapter of `LastCalls`.

Item (keys `pk`, `sk`): service#{id} / last-call    the time of the newest call noted, in milliseconds
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_MOST_AT_ONCE = 100  # what BatchGetItem takes


class DynamoLastCalls:
    def __init__(self, table: Any) -> None:
        self._table = table

    def note(self, service_id: int, at: datetime) -> None:
        try:
            self._table.update_item(
                Key=_key(service_id),
                UpdateExpression="SET at_ms = :at",
                ConditionExpression="attribute_not_exists(at_ms) OR at_ms < :at",
                ExpressionAttributeValues={":at": int(at.timestamp() * 1000)},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # a later one is known

    def last(self, service_id: int) -> datetime | None:
        item = self._table.get_item(Key=_key(service_id), ConsistentRead=True).get("Item")
        return _time(item) if item else None

    def last_of(self, service_ids: Sequence[int]) -> Mapping[int, datetime]:
        found: dict[int, datetime] = {}
        for start in range(0, len(service_ids), _MOST_AT_ONCE):
            keys = [_key(service_id) for service_id in service_ids[start : start + _MOST_AT_ONCE]]
            for item in self._items(keys):
                found[int(item["pk"].removeprefix("service#"))] = _time(item)
        return found

    def _items(self, keys: Sequence[dict[str, str]]) -> Sequence[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        wanted: dict[str, Any] = {self._table.name: {"Keys": list(keys)}}
        while wanted:
            reply = self._table.meta.client.batch_get_item(RequestItems=wanted)
            items.extend(reply["Responses"].get(self._table.name, []))
            wanted = reply.get("UnprocessedKeys") or {}
        return items


def _key(service_id: int) -> dict[str, str]:
    return {"pk": f"service#{service_id}", "sk": "last-call"}


def _time(item: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(item["at_ms"]) / 1000, UTC)
