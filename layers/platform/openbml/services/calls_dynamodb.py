"""DynamoDB adapters of call rights, call records and call counters.

Items (keys `pk`, `sk`):
    service#{id}         / right#{app_id}     an application of another account may call
    service#{id}#calls   / {log_id}           a call record, forgotten after 30 days   list: by time
    count#{name}         / count              how often an application called          compared by condition
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item, to_item
from openbml.services.repositories import CallRecord, CallRight, Position

_KEPT = timedelta(days=30)


class DynamoCallRights:
    def __init__(self, table: Any) -> None:
        self._table = table

    def grant(self, right: CallRight) -> None:
        self._table.put_item(Item=to_item(right, **_right_key(right.service_id, right.app_id)))

    def revoke(self, service_id: int, app_id: int) -> None:
        self._table.delete_item(Key=_right_key(service_id, app_id))

    def has(self, service_id: int, app_id: int) -> bool:
        return "Item" in self._table.get_item(Key=_right_key(service_id, app_id))

    def rights(self, service_id: int) -> Sequence[CallRight]:
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(f"service#{service_id}") & Key("sk").begins_with("right#")
        }
        found: list[CallRight] = []
        while True:
            reply = self._table.query(**query)
            found.extend(from_item(CallRight, item) for item in reply["Items"])
            if "LastEvaluatedKey" not in reply:
                return found
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


class DynamoCallRecords:
    def __init__(self, table: Any) -> None:
        self._table = table

    def record(self, call: CallRecord) -> None:
        forgotten_at = int((call.at + _KEPT).timestamp())
        key = {"pk": f"service#{call.service_id}#calls", "sk": f"{call.log_id:020d}"}
        self._table.put_item(Item=to_item(call, **key, expires_at=forgotten_at))

    def page(
        self, service_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[CallRecord], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"service#{service_id}#calls"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [from_item(CallRecord, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")


class DynamoCallCounters:
    def __init__(self, table: Any) -> None:
        self._table = table

    def count(self, name: str, *, most: int, forget_at: datetime | None) -> bool:
        values: dict[str, Any] = {":one": 1, ":most": most}
        update = "ADD calls :one"
        if forget_at:
            update += " SET expires_at = :at"
            values[":at"] = int(forget_at.timestamp())
        try:
            self._table.update_item(
                Key=_count_key(name),
                UpdateExpression=update,
                ConditionExpression="attribute_not_exists(calls) OR calls < :most",
                ExpressionAttributeValues=values,
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def take_back(self, name: str) -> None:
        self._table.update_item(
            Key=_count_key(name),
            UpdateExpression="ADD calls :less",
            ExpressionAttributeValues={":less": -1},
        )


def _right_key(service_id: int, app_id: int) -> dict[str, str]:
    return {"pk": f"service#{service_id}", "sk": f"right#{app_id:016d}"}


def _count_key(name: str) -> dict[str, str]:
    return {"pk": f"count#{name}", "sk": "count"}
