"""DynamoDB adapter of `BatchRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#batch-predictions  / {batch_id}     one, by age
    {scope}#batch-name#{name}  / name           holds the name    unique by condition
    batch-predicting           / {scope}#{id}   has not ended
"""

import json
from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_predictions import (
    BatchConflictError,
    BatchNameTakenError,
    BatchNotFoundError,
    BatchPrediction,
    NodeProgress,
    Position,
)

_NEW = "attribute_not_exists(pk)"
_LOST = ("ConditionalCheckFailed", "TransactionConflict")
_OPEN = "batch-predicting"


class DynamoBatchRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, batch: BatchPrediction) -> bool:
        writes = [self._put(_item(batch), ConditionExpression=_NEW), self._put(_mark(batch))]
        if batch.unique_name:
            writes.append(self._put(_holder(batch), ConditionExpression=_NEW))
        try:
            self._transact(writes)
        except ClientError as error:
            lost = _lost_races(error)
            if not lost:
                raise
            if lost[0] in _LOST:
                return False
            raise BatchNameTakenError(name=batch.name) from error
        return True

    def get(self, scope: ProjectScope, batch_id: int) -> BatchPrediction:
        found = self._table.get_item(Key=_key(scope, batch_id), ConsistentRead=True).get("Item")
        if found is None:
            raise BatchNotFoundError(batch_id=batch_id)
        return _batch_of(found)

    def save(self, batch: BatchPrediction) -> None:
        mark = {"TableName": self._table.name, "Key": _place(_mark(batch))}
        writes = [
            {"Update": {"TableName": self._table.name, **_update(batch)}},
            {"Delete": mark} if batch.state.is_final else self._put(_mark(batch)),
        ]
        self._change(batch, writes)

    def record_progress(self, scope: ProjectScope, batch_id: int, node: str, progress: NodeProgress) -> bool:
        value = to_item(progress)
        try:
            self._table.update_item(
                Key=_key(scope, batch_id),
                UpdateExpression="SET progress.#node = :progress",
                ConditionExpression=(
                    "attribute_exists(pk) AND "
                    "(attribute_not_exists(progress.#node) OR progress.#node.done <= :done)"
                ),
                ExpressionAttributeNames={"#node": node},
                ExpressionAttributeValues={":progress": value, ":done": progress.done},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def remove(self, batch: BatchPrediction) -> None:
        gone = {
            "TableName": self._table.name,
            "Key": _key(batch.scope, batch.batch_id),
            "ConditionExpression": "version = :now",
            "ExpressionAttributeValues": {":now": batch.version},
        }
        others = [_mark(batch), *([_holder(batch)] if batch.unique_name else [])]
        writes = [{"Delete": gone}]
        writes += [{"Delete": {"TableName": self._table.name, "Key": _place(item)}} for item in others]
        self._change(batch, writes)

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[BatchPrediction], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"{scope.key}#batch-predictions"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [_batch_of(item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        found: list[tuple[ProjectScope, int]] = []
        query: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(_OPEN), "ConsistentRead": True}
        while True:
            reply = self._table.query(**query)
            found += [
                (from_item(ProjectScope, item["scope"]), int(item["batch_id"])) for item in reply["Items"]
            ]
            if "LastEvaluatedKey" not in reply:
                return found
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _change(self, batch: BatchPrediction, writes: Sequence[dict[str, Any]]) -> None:
        try:
            self._transact(writes)
        except ClientError as error:
            if _lost_races(error):
                raise BatchConflictError(batch_id=batch.batch_id) from error
            raise

    def _put(self, item: dict[str, Any], **condition: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": item, **condition}}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _key(scope: ProjectScope, batch_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#batch-predictions", "sk": f"{batch_id:016d}"}


def _item(batch: BatchPrediction) -> dict[str, Any]:
    """Parameters stay JSON: items know no fractions as Python has them."""
    item = to_item(batch, **_key(batch.scope, batch.batch_id))
    item["work"]["parameters"] = json.dumps(dict(batch.work.parameters))
    return item


def _batch_of(item: dict[str, Any]) -> BatchPrediction:
    work = {**item["work"], "parameters": json.loads(item["work"]["parameters"])}
    return from_item(BatchPrediction, {**item, "work": work})


def _update(batch: BatchPrediction) -> dict[str, Any]:
    """Return the change that leaves the progress alone, which others write at the same time."""
    item = _item(batch)
    kept = {name: value for name, value in item.items() if name not in ("pk", "sk", "progress")}
    gone = sorted(set(BatchPrediction.model_fields) - set(kept) - {"progress"})
    names = {f"#{name}": name for name in (*kept, *gone)}
    sets = ", ".join(f"#{name} = :{name}" for name in kept)
    removes = f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""
    return {
        "Key": {"pk": item["pk"], "sk": item["sk"]},
        "UpdateExpression": f"SET {sets}{removes}",
        "ConditionExpression": "#version = :before",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            **{f":{name}": value for name, value in kept.items()},
            ":before": batch.version - 1,
        },
    }


def _mark(batch: BatchPrediction) -> dict[str, Any]:
    return {
        "pk": _OPEN,
        "sk": f"{batch.scope.key}#{batch.batch_id}",
        "scope": batch.scope.model_dump(),
        "batch_id": batch.batch_id,
    }


def _holder(batch: BatchPrediction) -> dict[str, Any]:
    return {"pk": f"{batch.scope.key}#batch-name#{batch.name}", "sk": "name", "batch_id": batch.batch_id}


def _place(item: dict[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _lost_races(error: ClientError) -> list[str]:
    """Return a cancelled transaction's reasons, item by item, when any of them is a lost race."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    codes = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    return codes if any(code in _LOST for code in codes) else []
