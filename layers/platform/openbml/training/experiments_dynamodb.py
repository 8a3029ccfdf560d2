"""DynamoDB adapter of `ExperimentRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#experiments          / {experiment_id}   an experiment      list: of a project, by age
    {scope}#experiment-name#{name} / name            holds the name     unique by condition
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.training.experiments import (
    Experiment,
    ExperimentNameTakenError,
    ExperimentNotFoundError,
    Position,
)


class DynamoExperimentRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, experiment: Experiment) -> None:
        name_key = {"pk": f"{experiment.scope.key}#experiment-name#{experiment.name}", "sk": "name"}
        item = to_item(experiment, **experiment_key(experiment.scope, experiment.experiment_id))
        holder = {**name_key, "experiment_id": experiment.experiment_id}
        puts = [
            {
                "Put": {
                    "TableName": self._table.name,
                    "Item": new,
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for new in (holder, item)
        ]
        try:
            self._table.meta.client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if lost_race(error):
                raise ExperimentNameTakenError(name=experiment.name) from error
            raise

    def get(self, scope: ProjectScope, experiment_id: int) -> Experiment:
        key = experiment_key(scope, experiment_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise ExperimentNotFoundError(experiment_id=experiment_id)
        return from_item(Experiment, item)

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Experiment], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"{scope.key}#experiments"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [from_item(Experiment, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")


def experiment_key(scope: ProjectScope, experiment_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#experiments", "sk": f"{experiment_id:016d}"}


def lost_race(error: ClientError) -> bool:
    """Tell whether a transaction met a failed condition or another transaction on the same items."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return False
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in ("ConditionalCheckFailed", "TransactionConflict") for reason in reasons)
