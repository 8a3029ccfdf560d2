"""DynamoDB adapter of `ModelRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#models                  / {model_id}          a model               list: of a project, by age
    {scope}#model-name#{name}       / name                holds the name        unique by condition
    {scope}#model#{model_id}        / {version_number}    a version             list: of a model, by number
    {scope}#published-run#{run_id}  / version             the run's version     unique by condition
    {scope}#experiment#{id}         / model               the experiment's model, bound by its first version
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.models.models import Model, ModelNameTakenError, ModelNotFoundError, Position
from openbml.models.versions import ModelVersion, VersionConflictError, VersionNotFoundError

_NEW = "attribute_not_exists(pk)"


class DynamoModelRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, model: Model) -> None:
        holder = {**_name_key(model.scope, model.name), "model_id": model.model_id}
        item = to_item(model, **_model_key(model.scope, model.model_id))
        try:
            self._transact([self._put(holder, _NEW), self._put(item, _NEW)])
        except ClientError as error:
            if _lost_race(error):
                raise ModelNameTakenError(name=model.name) from error
            raise

    def get(self, scope: ProjectScope, model_id: int) -> Model:
        item = self._item(_model_key(scope, model_id))
        if item is None:
            raise ModelNotFoundError(model_id=model_id)
        return from_item(Model, item)

    def named(self, scope: ProjectScope, name: str) -> Model | None:
        holder = self._item(_name_key(scope, name))
        return self.get(scope, int(holder["model_id"])) if holder else None

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Model], Position]:
        items, following = self._page(f"{scope.key}#models", limit=limit, position=position)
        return [from_item(Model, item) for item in items], following

    def add_version(self, version: ModelVersion, model: Model, experiment_id: int) -> None:
        scope, model_id = model.scope, model.model_id
        next_version = {
            "Update": {
                "TableName": self._table.name,
                "Key": _model_key(scope, model_id),
                "UpdateExpression": "SET latest_version = :new, experiment_id = :experiment",
                "ConditionExpression": (
                    "latest_version = :old AND "
                    "(attribute_not_exists(experiment_id) OR experiment_id = :experiment)"
                ),
                "ExpressionAttributeValues": {
                    ":new": version.version_number,
                    ":old": version.version_number - 1,
                    ":experiment": experiment_id,
                },
            }
        }
        of_run = {
            **_run_key(scope, version.run_id),
            "model_id": model_id,
            "version_number": version.version_number,
        }
        bound = {**_experiment_key(scope, experiment_id), "model_id": model_id}
        writes = [
            next_version,
            self._put(_version_item(version), _NEW),
            self._put(of_run, _NEW),
            self._put(bound, f"{_NEW} OR model_id = :model", {":model": model_id}),
        ]
        try:
            self._transact(writes)
        except ClientError as error:
            if _lost_race(error):
                raise VersionConflictError(model_id=model_id) from error
            raise

    def version(self, scope: ProjectScope, model_id: int, version_number: int) -> ModelVersion:
        item = self._item(_version_key(scope, model_id, version_number))
        if item is None:
            raise VersionNotFoundError(model_id=model_id, version_number=version_number)
        return from_item(ModelVersion, item)

    def save_version(self, version: ModelVersion) -> None:
        try:
            self._table.put_item(
                Item=_version_item(version),
                ConditionExpression="revision = :before",
                ExpressionAttributeValues={":before": version.revision - 1},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise VersionConflictError(model_id=version.model_id) from error

    def version_page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelVersion], Position]:
        items, following = self._page(f"{scope.key}#model#{model_id}", limit=limit, position=position)
        return [from_item(ModelVersion, item) for item in items], following

    def version_of_run(self, scope: ProjectScope, run_id: int) -> ModelVersion | None:
        item = self._item(_run_key(scope, run_id))
        return self.version(scope, int(item["model_id"]), int(item["version_number"])) if item else None

    def model_of_experiment(self, scope: ProjectScope, experiment_id: int) -> int | None:
        item = self._item(_experiment_key(scope, experiment_id))
        return int(item["model_id"]) if item else None

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return found

    def _page(
        self, partition: str, *, limit: int, position: Position
    ) -> tuple[Sequence[dict[str, Any]], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(partition), ScanIndexForward=False, Limit=limit, **start
        )
        return reply["Items"], reply.get("LastEvaluatedKey")

    def _put(
        self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        given = {"ExpressionAttributeValues": values} if values else {}
        put = {"TableName": self._table.name, "Item": item, "ConditionExpression": condition, **given}
        return {"Put": put}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _model_key(scope: ProjectScope, model_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#models", "sk": f"{model_id:016d}"}


def _name_key(scope: ProjectScope, name: str) -> dict[str, str]:
    return {"pk": f"{scope.key}#model-name#{name}", "sk": "name"}


def _version_key(scope: ProjectScope, model_id: int, version_number: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#model#{model_id}", "sk": f"{version_number:08d}"}


def _version_item(version: ModelVersion) -> dict[str, Any]:
    return to_item(version, **_version_key(version.scope, version.model_id, version.version_number))


def _run_key(scope: ProjectScope, run_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#published-run#{run_id}", "sk": "version"}


def _experiment_key(scope: ProjectScope, experiment_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#experiment#{experiment_id}", "sk": "model"}


def _lost_race(error: ClientError) -> bool:
    """A condition failed, or another transaction on the same items was under way."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return False
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in ("ConditionalCheckFailed", "TransactionConflict") for reason in reasons)
