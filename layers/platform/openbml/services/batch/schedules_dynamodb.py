"""DynamoDB adapter of `ScheduleRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#batch-schedules       / {schedule_id}              a schedule, by age
    {scope}#batch-schedule#{id}   / {due_at}                   a time that was due; forgotten after 90 days
    batch-due                     / {next_due_at}#{scope}#{id} what is due next, by time
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.batch.schedules import (
    BatchSchedule,
    ScheduleConflictError,
    ScheduledRun,
    ScheduleNotFoundError,
)

_DUE = "batch-due"
_KEPT_S = 90 * 86400
_LOST = ("ConditionalCheckFailed", "TransactionConflict")


class DynamoScheduleRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, schedule: BatchSchedule) -> None:
        self._transact([self._put(_item(schedule)), *self._marked(schedule)])

    def get(self, scope: ProjectScope, schedule_id: int) -> BatchSchedule:
        found = self._table.get_item(Key=_key(scope, schedule_id), ConsistentRead=True).get("Item")
        if found is None:
            raise ScheduleNotFoundError(schedule_id=schedule_id)
        return _schedule_of(found)

    def save(self, schedule: BatchSchedule) -> None:
        before = self.get(schedule.scope, schedule.schedule_id)
        if before.version != schedule.version - 1:
            raise ScheduleConflictError(schedule_id=schedule.schedule_id)
        put = self._put(
            _item(schedule),
            ConditionExpression="version = :before",
            ExpressionAttributeValues={":before": schedule.version - 1},
        )
        kept = _mark(schedule)
        old = _mark(before)
        gone = [self._delete(_place(old))] if old and (not kept or _place(old) != _place(kept)) else []
        try:
            self._transact([put, *gone, *self._marked(schedule)])
        except ClientError as error:
            if _is_lost(error):
                raise ScheduleConflictError(schedule_id=schedule.schedule_id) from error
            raise

    def remove(self, schedule: BatchSchedule) -> None:
        """A mark that another change leaves behind finds no schedule and is dropped when it is due."""
        mark = _mark(schedule)
        writes = [self._delete(_key(schedule.scope, schedule.schedule_id))]
        self._transact([*writes, *([self._delete(_place(mark))] if mark else [])])

    def all_of(self, scope: ProjectScope) -> Sequence[BatchSchedule]:
        condition = Key("pk").eq(f"{scope.key}#batch-schedules")
        return [_schedule_of(item) for item in self._listed(condition)]

    def due(self, at: datetime, *, limit: int) -> Sequence[tuple[ProjectScope, int]]:
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(_DUE) & Key("sk").lt(f"{_time(at)}~"),
            ConsistentRead=True,
            Limit=limit,
        )
        found = []
        for item in reply["Items"]:
            scope, schedule_id = from_item(ProjectScope, item["scope"]), int(item["schedule_id"])
            if self._is_stale(scope, schedule_id, item["sk"]):
                self._table.delete_item(Key=_place(item))
            else:
                found.append((scope, schedule_id))
        return found

    def claim(self, schedule: BatchSchedule, run: ScheduledRun) -> ScheduledRun:
        item = _run_item(schedule, run)
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            kept = self._table.get_item(Key=_place(item), ConsistentRead=True)["Item"]
            return from_item(ScheduledRun, kept)
        return run

    def settle(self, schedule: BatchSchedule, run: ScheduledRun) -> None:
        self._table.put_item(Item=_run_item(schedule, run))

    def runs(self, schedule: BatchSchedule, *, limit: int) -> Sequence[ScheduledRun]:
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(_runs_pk(schedule)), ScanIndexForward=False, Limit=limit
        )
        return [from_item(ScheduledRun, item) for item in reply["Items"]]

    def _is_stale(self, scope: ProjectScope, schedule_id: int, sort_key: str) -> bool:
        try:
            mark = _mark(self.get(scope, schedule_id))
        except ScheduleNotFoundError:
            return True
        return mark is None or mark["sk"] != sort_key

    def _listed(self, condition: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ScanIndexForward": False}
        while True:
            reply = self._table.query(**query)
            found += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return found
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _marked(self, schedule: BatchSchedule) -> list[dict[str, Any]]:
        mark = _mark(schedule)
        return [self._put(mark)] if mark else []

    def _put(self, item: dict[str, Any], **condition: Any) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": item, **condition}}

    def _delete(self, key: dict[str, str]) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table.name, "Key": key}}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _key(scope: ProjectScope, schedule_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#batch-schedules", "sk": f"{schedule_id:016d}"}


def _item(schedule: BatchSchedule) -> dict[str, Any]:
    """The template stays JSON: items know no fractions as Python has them."""
    item = to_item(schedule, **_key(schedule.scope, schedule.schedule_id))
    return {**item, "template": json.dumps(dict(schedule.template))}


def _schedule_of(item: dict[str, Any]) -> BatchSchedule:
    return from_item(BatchSchedule, {**item, "template": json.loads(item["template"])})


def _mark(schedule: BatchSchedule) -> dict[str, Any] | None:
    if schedule.next_due_at is None:
        return None
    return {
        "pk": _DUE,
        "sk": f"{_time(schedule.next_due_at)}#{schedule.scope.key}#{schedule.schedule_id}",
        "scope": schedule.scope.model_dump(),
        "schedule_id": schedule.schedule_id,
    }


def _runs_pk(schedule: BatchSchedule) -> str:
    return f"{schedule.scope.key}#batch-schedule#{schedule.schedule_id}"


def _run_item(schedule: BatchSchedule, run: ScheduledRun) -> dict[str, Any]:
    forgotten = int(run.due_at.timestamp()) + _KEPT_S
    return to_item(run, pk=_runs_pk(schedule), sk=_time(run.due_at), expires_at=forgotten)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _place(item: dict[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _is_lost(error: ClientError) -> bool:
    reasons = error.response.get("CancellationReasons", [])
    return any(str(reason.get("Code")) in _LOST for reason in reasons)
