"""DynamoDB adapter of `ModelRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#models                  / {model_id}          a model               list: of a project, by age
    {scope}#model-name#{name}       / name                holds the name        unique by condition
    {scope}#model#{model_id}        / {version_number}    a version             list: of a model, by number
    {scope}#published-run#{run_id}  / version             the run's version     unique by condition
    {scope}#published-import#{id}   / version             the import's version  unique by condition
    {scope}#experiment#{id}         / model               the experiment's model, bound by its first version
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.models.models import (
    Model,
    ModelConflictError,
    ModelNameTakenError,
    ModelNotFoundError,
    Position,
)
from openbml.models.sources import ModelSource
from openbml.models.versions import ModelVersion, VersionConflictError, VersionNotFoundError

_NEW = "attribute_not_exists(pk)"
_USABLE = "(attribute_not_exists(deleting) OR deleting = :no)"


class DynamoModelRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, model: Model) -> None:
        holder = {**_name_key(model.scope, model.name), "model_id": model.model_id}
        item = to_item(model, **_model_key(model.scope, model.model_id))
        try:
            self._transact([self._put(holder, _NEW), self._put(item, _NEW)])
        except ClientError as error:
            if _lost_races(error):
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
        self,
        scope: ProjectScope,
        *,
        limit: int,
        position: Position,
        task_type: str | None = None,
        source: ModelSource | None = None,
    ) -> tuple[Sequence[Model], Position]:
        found: list[Model] = []
        while True:
            items, position = self._page(
                f"{scope.key}#models",
                limit=limit - len(found),
                position=position,
                only=_filter(task_type, source),
            )
            found += [from_item(Model, item) for item in items]
            if position is None or len(found) == limit:
                return found, position

    def rename(self, model: Model, *, name: str, description: str) -> Model:
        scope, model_id = model.scope, model.model_id
        update = {
            "Update": {
                "TableName": self._table.name,
                "Key": _model_key(scope, model_id),
                "UpdateExpression": "SET #name = :name, description = :description",
                "ConditionExpression": f"#name = :before AND description = :described AND {_USABLE}",
                "ExpressionAttributeNames": {"#name": "name"},
                "ExpressionAttributeValues": {
                    ":name": name,
                    ":description": description,
                    ":before": model.name,
                    ":described": model.description,
                    ":no": False,
                },
            }
        }
        writes = [update]
        if name != model.name:
            writes.append(self._put({**_name_key(scope, name), "model_id": model_id}, _NEW))
            writes.append(self._free_name(model))
        try:
            self._transact(writes)
        except ClientError as error:
            lost = _lost_races(error)
            if not lost:
                raise
            if lost[0] not in _LOST and lost[1] == "ConditionalCheckFailed":
                raise ModelNameTakenError(name=name) from error
            raise ModelConflictError(model_id=model_id) from error
        return model.model_copy(update={"name": name, "description": description})

    def mark_deleting(self, model: Model, *, deleting: bool) -> Model:
        try:
            self._table.update_item(
                Key=_model_key(model.scope, model.model_id),
                UpdateExpression="SET deleting = :mark",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":mark": deleting},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise ModelNotFoundError(model_id=model.model_id) from error
        return model.model_copy(update={"deleting": deleting})

    def remove(self, model: Model) -> None:
        keys = [_model_key(model.scope, model.model_id)]
        if model.experiment_id is not None:
            keys.append(_experiment_key(model.scope, model.experiment_id))
        deletes = [{"Delete": {"TableName": self._table.name, "Key": key}} for key in keys]
        self._transact([*deletes, self._free_name(model)])

    def add_version(self, version: ModelVersion, model: Model, experiment_id: int | None) -> None:
        scope, model_id = model.scope, model.model_id
        writes = [
            self._next_version(version, experiment_id),
            self._put(_version_item(version), _NEW),
        ]
        for origin in _origins(version):
            number = version.version_number
            writes.append(self._put({**origin, "model_id": model_id, "version_number": number}, _NEW))
        if experiment_id is not None:
            bound = {**_experiment_key(scope, experiment_id), "model_id": model_id}
            writes.append(self._put(bound, f"{_NEW} OR model_id = :model", {":model": model_id}))
        try:
            self._transact(writes)
        except ClientError as error:
            if _lost_races(error):
                raise VersionConflictError(model_id=model_id) from error
            raise

    def _next_version(self, version: ModelVersion, experiment_id: int | None) -> dict[str, Any]:
        number = version.version_number
        values: dict[str, Any] = {":new": number, ":old": number - 1, ":no": False}
        update, condition = "SET latest_version = :new", f"latest_version = :old AND {_USABLE}"
        if experiment_id is not None:
            values[":experiment"] = experiment_id
            update += ", experiment_id = :experiment"
            condition += " AND (attribute_not_exists(experiment_id) OR experiment_id = :experiment)"
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": _model_key(version.scope, version.model_id),
                "UpdateExpression": update,
                "ConditionExpression": condition,
                "ExpressionAttributeValues": values,
            }
        }

    def remove_version(self, version: ModelVersion) -> None:
        scope, model_id = version.scope, version.model_id
        gone = {
            "Delete": {
                "TableName": self._table.name,
                "Key": _version_key(scope, model_id, version.version_number),
                "ConditionExpression": "attribute_exists(pk)",
            }
        }
        counted = {
            "Update": {
                "TableName": self._table.name,
                "Key": _model_key(scope, model_id),
                "UpdateExpression": "ADD removed_versions :one",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":one": 1},
            }
        }
        writes = [gone, counted]
        writes += [{"Delete": {"TableName": self._table.name, "Key": key}} for key in _origins(version)]
        try:
            self._transact(writes)
        except ClientError as error:
            lost = _lost_races(error)
            if not lost:
                raise
            if lost[0] != "ConditionalCheckFailed":  # else it is gone already
                raise VersionConflictError(model_id=model_id) from error

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
        return self._version_of(scope, _run_key(scope, run_id))

    def version_of_import(self, scope: ProjectScope, import_id: int) -> ModelVersion | None:
        return self._version_of(scope, _import_key(scope, import_id))

    def _version_of(self, scope: ProjectScope, origin: dict[str, str]) -> ModelVersion | None:
        item = self._item(origin)
        return self.version(scope, int(item["model_id"]), int(item["version_number"])) if item else None

    def model_of_experiment(self, scope: ProjectScope, experiment_id: int) -> int | None:
        item = self._item(_experiment_key(scope, experiment_id))
        return int(item["model_id"]) if item else None

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return found

    def _page(
        self, partition: str, *, limit: int, position: Position, only: Any = None
    ) -> tuple[Sequence[dict[str, Any]], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        chosen = {"FilterExpression": only} if only is not None else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(partition),
            ScanIndexForward=False,
            Limit=limit,
            **start,
            **chosen,
        )
        return reply["Items"], reply.get("LastEvaluatedKey")

    def _free_name(self, model: Model) -> dict[str, Any]:
        """Return the write that frees the model's name, unless it is another model's by now."""
        return {
            "Delete": {
                "TableName": self._table.name,
                "Key": _name_key(model.scope, model.name),
                "ConditionExpression": f"{_NEW} OR model_id = :model",
                "ExpressionAttributeValues": {":model": model.model_id},
            }
        }

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


def _import_key(scope: ProjectScope, import_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#published-import#{import_id}", "sk": "version"}


def _origins(version: ModelVersion) -> Sequence[dict[str, str]]:
    """Return the keys that hold what the version came from: it becomes no other one."""
    scope = version.scope
    of_run = [_run_key(scope, version.run_id)] if version.run_id is not None else []
    of_import = [_import_key(scope, version.import_id)] if version.import_id is not None else []
    return [*of_run, *of_import]


def _experiment_key(scope: ProjectScope, experiment_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#experiment#{experiment_id}", "sk": "model"}


_LOST = ("ConditionalCheckFailed", "TransactionConflict")


def _lost_races(error: ClientError) -> list[str]:
    """Return a cancelled transaction's reasons, item by item, when any of them is a lost race: a condition
    failed, or another transaction on the same items was under way."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    codes = [str(reason.get("Code", "None")) for reason in error.response.get("CancellationReasons", [])]
    return codes if any(code in _LOST for code in codes) else []


def _filter(task_type: str | None, source: ModelSource | None) -> Any:
    """Return the condition of a filtered list; models of before there were sources are `preset`."""
    chosen = Attr("task_type").eq(task_type) if task_type else None
    if source is None:
        return chosen
    of_source = Attr("source").eq(source.value)
    if source is ModelSource.PRESET:
        of_source = of_source | Attr("source").not_exists()
    return of_source if chosen is None else chosen & of_source
