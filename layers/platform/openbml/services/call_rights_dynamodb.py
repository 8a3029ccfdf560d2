"""DynamoDB adapter of `CallRightRepository`.

Item (keys `pk`, `sk`): service#{id} / right#{app_id}   an application of another account may call
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item, to_item
from openbml.services.repositories import CallRight


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


def _right_key(service_id: int, app_id: int) -> dict[str, str]:
    return {"pk": f"service#{service_id}", "sk": f"right#{app_id:016d}"}
