"""DynamoDB adapter of `LeaseRepository`; the table's time to live clears what has run out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from openbml.datasets.datasets import VersionKey
from openbml.datasets.tables_dynamodb import TableBatches, lease_key


class DynamoLeaseRepository:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._batches = TableBatches(table)

    def free(self, key: VersionKey, sample_ids: Sequence[int], user_id: int, at: datetime) -> Sequence[int]:
        items = self._batches.get([lease_key(key, sample_id) for sample_id in sample_ids])
        held = {
            int(item["sample_id"])
            for item in items
            if int(item["user_id"]) != user_id and int(item["expires_at"]) > at.timestamp()
        }
        return [sample_id for sample_id in sample_ids if sample_id not in held]

    def take(self, key: VersionKey, sample_id: int, user_id: int, at: datetime, until: datetime) -> bool:
        item = {
            **lease_key(key, sample_id),
            "sample_id": sample_id,
            "user_id": user_id,
            "expires_at": int(until.timestamp()),
        }
        try:
            self._table.put_item(
                Item=item,
                ConditionExpression="attribute_not_exists(pk) OR user_id = :me OR expires_at <= :now",
                ExpressionAttributeValues={":me": user_id, ":now": int(at.timestamp())},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def give_back(self, key: VersionKey, sample_id: int, user_id: int) -> None:
        try:
            self._table.delete_item(
                Key=lease_key(key, sample_id),
                ConditionExpression="user_id = :me",
                ExpressionAttributeValues={":me": user_id},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # nobody's, or somebody else's by now
