"""DynamoDB adapter of `SnapshotRepository`; keys in `tables_dynamodb`."""

from collections.abc import Mapping
from typing import Any

from pydantic import AwareDatetime

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.snapshots import PackedShard, Snapshot, SnapshotState
from openbml.datasets.tables_dynamodb import below, query_all

_STATE = {"#state": "state"}


class DynamoSnapshotRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, snapshot: Snapshot) -> bool:
        return self._if_allowed(
            self._table.put_item,
            Item=to_item(snapshot, **_key(snapshot)),
            ConditionExpression="attribute_not_exists(pk) OR #state = :failed",
            ExpressionAttributeNames=_STATE,
            ExpressionAttributeValues={":failed": SnapshotState.FAILED.value},
        )

    def find(self, scope: ProjectScope, snapshot_id: str) -> Snapshot | None:
        key = {"pk": _pk(scope, snapshot_id), "sk": "snapshot"}
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return from_item(Snapshot, item) if item else None

    def queued(self, snapshot: Snapshot, at: AwareDatetime) -> None:
        self._table.update_item(
            Key=_key(snapshot),
            UpdateExpression="SET queued_at = :at",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":at": at.isoformat()},
        )

    def shards(self, snapshot: Snapshot) -> Mapping[int, PackedShard]:
        condition = below(_pk(snapshot.scope, snapshot.snapshot_id), "shard#")
        items = query_all(self._table, condition, ConsistentRead=True)
        return {int(item["index"]): from_item(PackedShard, item) for item in items}

    def add_shard(self, snapshot: Snapshot, index: int, shard: PackedShard) -> None:
        pk = _pk(snapshot.scope, snapshot.snapshot_id)
        self._table.put_item(Item=to_item(shard, pk=pk, sk=f"shard#{index:06}", index=index))

    def end(self, snapshot: Snapshot, state: SnapshotState, failure: str | None) -> bool:
        return self._if_allowed(
            self._table.update_item,
            Key=_key(snapshot),
            UpdateExpression="SET #state = :state" + (", failure = :failure" if failure else ""),
            ConditionExpression="#state = :preparing",
            ExpressionAttributeNames=_STATE,
            ExpressionAttributeValues={
                ":state": state.value,
                ":preparing": SnapshotState.PREPARING.value,
                **({":failure": failure} if failure else {}),
            },
        )

    def _if_allowed(self, write: Any, **request: Any) -> bool:
        try:
            write(**request)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _pk(scope: ProjectScope, snapshot_id: str) -> str:
    return f"snapshot#{scope.key}#{snapshot_id}"


def _key(snapshot: Snapshot) -> dict[str, str]:
    return {"pk": _pk(snapshot.scope, snapshot.snapshot_id), "sk": "snapshot"}
