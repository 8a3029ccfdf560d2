"""DynamoDB adapter of `OperationRepository`; keys in `tables_dynamodb`.

A plan is written under a mark of its own before the operation names it, so that of two planners one counts.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import AwareDatetime

from openbml.core.items import from_item, to_item
from openbml.datasets.annotating.bulk_operations import (
    BulkOperation,
    ChunkWork,
    OperationNotFoundError,
    OperationState,
)
from openbml.datasets.annotating.edit_actions_dynamodb import CHECKPOINT_LIFETIME, CLOSED_STATES
from openbml.datasets.annotating.edit_checks_dynamodb import closed_error
from openbml.datasets.annotating.edits import (
    Checkpoint,
    EditsBusyError,
    LabelNotFoundError,
    TooManyLabelsError,
)
from openbml.datasets.annotating.labels import LabelTakenError
from openbml.datasets.datasets import (
    DatasetVersionNotFoundError,
    LabelCount,
    OperationRunningError,
    Position,
    VersionKey,
    VersionState,
)
from openbml.datasets.limits import LABELS_PER_VERSION
from openbml.datasets.sample_items_dynamodb import packed_bits, unpacked_bits
from openbml.datasets.tables_dynamodb import (
    OPEN_OPERATIONS,
    TableBatches,
    below,
    failed_conditions,
    label_key,
    operation_chunk_key,
    operation_key,
    operation_plan_key,
    query_all,
    query_page,
    transact,
    version_item_key,
    version_pk,
)

Action = dict[str, Any]
_STATE = {"#state": "state"}
_NEW = "attribute_not_exists(pk)"
_ATTEMPTS = 8


class DynamoOperationRepository:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._batches = TableBatches(table)

    # --- start ---

    def start(self, operation: BulkOperation, renamed: LabelCount | None) -> None:
        key, operation_id = operation.version_key, operation.operation_id
        item = to_item(
            operation,
            **operation_key(key, operation_id),
            gsi1pk=OPEN_OPERATIONS,
            gsi1sk=operation.changed_at.isoformat(),
        )
        actions: list[Action] = [
            {"Update": _version_held(operation, new_labels=int(renamed is not None))},
            {"Put": {"Item": item, "ConditionExpression": _NEW}},
        ]
        if operation.action.kind.is_about_a_label:
            actions.append({"Update": _label_held(operation)})
        if renamed is not None:
            new_label = to_item(renamed, **label_key(key, renamed.name))
            actions.append({"Put": {"Item": new_label, "ConditionExpression": _NEW}})
        try:
            transact(self._table, actions)
        except ClientError as error:
            failed = failed_conditions(error)
            if not failed or not any(failed):
                raise
            raise self._refusal(operation, failed) from error

    def _refusal(self, operation: BulkOperation, failed: Sequence[bool]) -> Exception:
        key, action = operation.version_key, operation.action
        if failed[0]:
            return self._version_refusal(key)
        if len(failed) > 2 and failed[2]:
            return LabelNotFoundError(label=action.label)
        return LabelTakenError(label=action.new_label)

    def _version_refusal(self, key: VersionKey) -> Exception:
        names = {"dataset_id": key.dataset_id, "version_number": key.version_number}
        item = self._table.get_item(Key=version_item_key(key), ConsistentRead=True).get("Item")
        if item is None:
            return DatasetVersionNotFoundError(**names)
        state = VersionState(item["state"])
        if state in CLOSED_STATES:
            return closed_error(key, state, int(item.get("active_import_id", 0)))
        if "active_operation_id" in item:
            return OperationRunningError(**names, operation_id=int(item["active_operation_id"]))
        return TooManyLabelsError(most=LABELS_PER_VERSION)

    # --- reading ---

    def get(self, key: VersionKey, operation_id: int) -> BulkOperation:
        return from_item(BulkOperation, self._item(key, operation_id))

    def _item(self, key: VersionKey, operation_id: int) -> dict[str, Any]:
        found = self._table.get_item(Key=operation_key(key, operation_id), ConsistentRead=True)
        if "Item" not in found:
            raise OperationNotFoundError(operation_id=operation_id)
        item: dict[str, Any] = found["Item"]
        return item

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[BulkOperation], Position | None]:
        items, following = query_page(
            self._table,
            below(version_pk(key), "operation#"),
            limit=limit,
            position=position,
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return [from_item(BulkOperation, item) for item in items], following

    def open_since(self, changed_before: AwareDatetime) -> Sequence[BulkOperation]:
        condition = Key("gsi1pk").eq(OPEN_OPERATIONS) & Key("gsi1sk").lt(changed_before.isoformat())
        items = query_all(self._table, condition, IndexName="gsi1")
        return [from_item(BulkOperation, item) for item in items]

    # --- plan and work ---

    def plan(self, operation: BulkOperation, bits: Mapping[int, int], at: AwareDatetime) -> BulkOperation:
        key, operation_id = operation.version_key, operation.operation_id
        mark = secrets.token_hex(4)
        expires_at = int((at + CHECKPOINT_LIFETIME).timestamp())
        self._batches.put(
            [
                {
                    **operation_plan_key(operation_id, mark, chunk),
                    "chunk": chunk,
                    "bits": packed_bits(row),
                    "expires_at": expires_at,
                }
                for chunk, row in bits.items()
            ]
        )
        try:
            self._table.update_item(
                Key=operation_key(key, operation_id),
                UpdateExpression="SET #state = :running, #plan = :plan, chunk_count = :chunks, "
                "matched = :matched, changed_at = :at, gsi1sk = :at",
                ConditionExpression="#state = :planning",
                ExpressionAttributeNames={**_STATE, "#plan": "plan"},
                ExpressionAttributeValues={
                    ":running": OperationState.RUNNING.value,
                    ":planning": OperationState.PLANNING.value,
                    ":plan": mark,
                    ":chunks": len(bits),
                    ":matched": sum(row.bit_count() for row in bits.values()),
                    ":at": at.isoformat(),
                },
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return self.get(key, operation_id)  # planned by another, or ended
        return self.get(key, operation_id)

    def chunks(self, operation: BulkOperation) -> Sequence[int]:
        mark = self._item(operation.version_key, operation.operation_id)["plan"]
        pk = operation_plan_key(operation.operation_id, mark, 0)["pk"]
        planned = query_all(self._table, below(pk, f"plan#{mark}#"), ConsistentRead=True)
        begun = query_all(self._table, below(pk, "chunk#"), ConsistentRead=True)
        done = {int(item["sk"].removeprefix("chunk#")) for item in begun if "done" in item}
        return [chunk for item in planned if (chunk := int(item["chunk"])) not in done]

    def work(self, operation: BulkOperation, chunk: int) -> ChunkWork:
        operation_id = operation.operation_id
        mark = self._item(operation.version_key, operation_id)["plan"]
        plan, progress = (
            operation_plan_key(operation_id, mark, chunk),
            operation_chunk_key(operation_id, chunk),
        )
        found = {item["sk"]: item for item in self._batches.get([plan, progress])}
        begun = found.get(progress["sk"], {})
        checkpoint = Checkpoint(operation_id=operation_id, chunk=chunk, after=int(begun.get("after", -1)))
        planned = found.get(plan["sk"])
        bits = unpacked_bits(planned["bits"]) if planned else 0
        return ChunkWork(bits=bits, checkpoint=checkpoint, done="done" in begun)

    def finish_chunk(self, operation: BulkOperation, chunk: int, at: AwareDatetime) -> BulkOperation:
        key, operation_id = operation.version_key, operation.operation_id
        progress = operation_chunk_key(operation_id, chunk)
        item = self._table.get_item(Key=progress, ConsistentRead=True).get("Item", {})
        done = {
            "Key": progress,
            "UpdateExpression": "SET done = :yes, expires_at = :expires",
            "ConditionExpression": "attribute_not_exists(done)",
            "ExpressionAttributeValues": {
                ":yes": True,
                ":expires": int((at + CHECKPOINT_LIFETIME).timestamp()),
            },
        }
        count = {
            "Key": operation_key(key, operation_id),
            "UpdateExpression": "SET changed_at = :at, gsi1sk = :at ADD chunks_done :one, changed :changed",
            "ConditionExpression": "#state = :running",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":at": at.isoformat(),
                ":one": 1,
                ":changed": int(item.get("changed", 0)),
                ":running": OperationState.RUNNING.value,
            },
        }
        try:
            transact(self._table, [{"Update": done}, {"Update": count}])
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise
        return self.get(key, operation_id)  # counted now, counted before, or ended meanwhile

    # --- end ---

    def end(
        self, operation: BulkOperation, state: OperationState, at: AwareDatetime, failure: str | None = None
    ) -> BulkOperation:
        key = operation.version_key
        for _attempt in range(_ATTEMPTS):
            operation = self.get(key, operation.operation_id)
            if operation.state.is_final:
                return operation
            try:
                transact(self._table, self._end_actions(operation, state, at, failure))
            except ClientError as error:
                if not any(failed_conditions(error) or ()):
                    raise
        raise EditsBusyError(dataset_id=key.dataset_id, version_number=key.version_number)

    def _end_actions(
        self, operation: BulkOperation, state: OperationState, at: AwareDatetime, failure: str | None
    ) -> list[Action]:
        finished = state is OperationState.FINISHED
        drops = finished and operation.action.kind.is_about_a_label
        actions: list[Action] = [
            {"Update": _ended(operation, state, at, failure)},
            {"Update": _version_freed(operation, labels=-1 if drops else 0)},
        ]
        if drops:
            actions.append({"Delete": _label_dropped(operation)})
        elif operation.action.kind.is_about_a_label:
            actions.append({"Update": _label_freed(operation)})
        return actions


def _version_held(operation: BulkOperation, *, new_labels: int) -> Action:
    closed = {f":closed{place}": state.value for place, state in enumerate(CLOSED_STATES)}
    return {
        "Key": version_item_key(operation.version_key),
        "UpdateExpression": "SET active_operation_id = :id ADD label_count :labels",
        "ConditionExpression": f"attribute_exists(pk) AND NOT #state IN ({', '.join(closed)}) "
        "AND attribute_not_exists(active_operation_id) "
        "AND (attribute_not_exists(label_count) OR label_count <= :room)",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            ":id": operation.operation_id,
            ":labels": new_labels,
            ":room": LABELS_PER_VERSION - new_labels,
            **closed,
        },
    }


def _version_freed(operation: BulkOperation, *, labels: int) -> Action:
    return {
        "Key": version_item_key(operation.version_key),
        "UpdateExpression": "REMOVE active_operation_id ADD label_count :labels",
        "ConditionExpression": "active_operation_id = :id",
        "ExpressionAttributeValues": {":id": operation.operation_id, ":labels": labels},
    }


def _label_held(operation: BulkOperation) -> Action:
    return {
        "Key": label_key(operation.version_key, operation.action.label or ""),
        "UpdateExpression": "SET operation_id = :id",
        "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(operation_id)",
        "ExpressionAttributeValues": {":id": operation.operation_id},
    }


def _label_freed(operation: BulkOperation) -> Action:
    return {
        "Key": label_key(operation.version_key, operation.action.label or ""),
        "UpdateExpression": "REMOVE operation_id",
        "ConditionExpression": "operation_id = :id",
        "ExpressionAttributeValues": {":id": operation.operation_id},
    }


def _label_dropped(operation: BulkOperation) -> Action:
    return {
        "Key": label_key(operation.version_key, operation.action.label or ""),
        "ConditionExpression": "operation_id = :id AND sample_count <= :none",
        "ExpressionAttributeValues": {":id": operation.operation_id, ":none": 0},
    }


def _ended(operation: BulkOperation, state: OperationState, at: AwareDatetime, failure: str | None) -> Action:
    return {
        "Key": operation_key(operation.version_key, operation.operation_id),
        "UpdateExpression": "SET #state = :to, changed_at = :at, finished_at = :at"
        + (", failure = :failure" if failure else "")
        + " REMOVE gsi1pk, gsi1sk",
        "ConditionExpression": "#state = :from AND chunks_done = :done",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {
            ":to": state.value,
            ":from": operation.state.value,
            ":at": at.isoformat(),
            ":done": operation.chunks_done,
            **({":failure": failure} if failure else {}),
        },
    }
