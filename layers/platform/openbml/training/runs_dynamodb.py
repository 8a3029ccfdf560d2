"""DynamoDB adapter of `RunRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#run#{run_id} / run         a run; index gsi1: {scope}#experiment#{id} by version number
    preparing / {scope}#{run_id}       the run is not handed to compute yet; gone when it is
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.training.experiments import Experiment, Position
from openbml.training.experiments_dynamodb import experiment_key, lost_race
from openbml.training.runs import Run, RunConflictError, RunNotFoundError, RunState

_PREPARING = "preparing"


class DynamoRunRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, run: Run, experiment: Experiment) -> None:
        count = {
            "Update": {
                "TableName": self._table.name,
                "Key": experiment_key(run.scope, run.experiment_id),
                "UpdateExpression": "SET last_version = :new",
                "ConditionExpression": "last_version = :old",
                "ExpressionAttributeValues": {":new": run.version_number, ":old": experiment.last_version},
            }
        }
        waiting = {
            **_waiting_key(run),
            "scope": run.scope.model_dump(),
            "run_id": run.run_id,
        }
        self._write(
            run,
            [
                count,
                self._put(_item(run), "attribute_not_exists(pk)"),
                {"Put": {"TableName": self._table.name, "Item": waiting}},
            ],
        )

    def get(self, scope: ProjectScope, run_id: int) -> Run:
        key = run_key(scope, run_id, "run")
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise RunNotFoundError(run_id=run_id)
        return from_item(Run, item)

    def save(self, run: Run) -> None:
        put = self._put(_item(run), "revision = :before", {":before": run.revision - 1})
        if run.state is RunState.PREPARING:
            self._write(run, [put])
            return
        done = {"Delete": {"TableName": self._table.name, "Key": _waiting_key(run)}}
        self._write(run, [put, done])

    def page(
        self, scope: ProjectScope, experiment_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[Run], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            IndexName="gsi1",
            KeyConditionExpression=Key("gsi1pk").eq(f"{scope.key}#experiment#{experiment_id}"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [from_item(Run, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def preparing(self, scope: ProjectScope | None = None) -> Sequence[tuple[ProjectScope, int]]:
        condition: Any = Key("pk").eq(_PREPARING)
        if scope:
            condition &= Key("sk").begins_with(f"{scope.key}#")
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ConsistentRead": True}
        found: list[tuple[ProjectScope, int]] = []
        while True:
            page = self._table.query(**query)
            for item in page["Items"]:
                found.append((from_item(ProjectScope, item["scope"]), int(item["run_id"])))
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _put(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        given = {"ExpressionAttributeValues": values} if values else {}
        return {
            "Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": condition, **given}
        }

    def _write(self, run: Run, writes: Sequence[dict[str, Any]]) -> None:
        try:
            self._table.meta.client.transact_write_items(TransactItems=list(writes))
        except ClientError as error:
            if lost_race(error):
                raise RunConflictError(run_id=run.run_id) from error
            raise


def run_key(scope: ProjectScope, run_id: int, sort: str) -> dict[str, str]:
    return {"pk": f"{scope.key}#run#{run_id}", "sk": sort}


def _item(run: Run) -> dict[str, Any]:
    return to_item(
        run,
        **run_key(run.scope, run.run_id, "run"),
        gsi1pk=f"{run.scope.key}#experiment#{run.experiment_id}",
        gsi1sk=f"{run.version_number:08d}",
    )


def _waiting_key(run: Run) -> dict[str, str]:
    return {"pk": _PREPARING, "sk": f"{run.scope.key}#{run.run_id}"}
