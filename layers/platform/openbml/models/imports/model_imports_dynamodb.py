"""DynamoDB adapter of `ModelImportRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#model-imports#{model_id} / {import_id}           an import       list: of a model, by age
                                                             forgotten 90 days after its end
    unfinished-model-imports         / {scope}#{import_id}   names one that has not ended
"""

from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.models.imports.model_imports import (
    ModelImport,
    ModelImportConflictError,
    ModelImportNotFoundError,
    ModelImportState,
    Position,
)

_UNFINISHED = "unfinished-model-imports"
_KEPT_S = 90 * 24 * 3600
_ENDED = (ModelImportState.FAILED, ModelImportState.READY)


class DynamoModelImports:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, model_import: ModelImport) -> None:
        self._write(model_import, "attribute_not_exists(pk)", {})

    def get(self, scope: ProjectScope, model_id: int, import_id: int) -> ModelImport:
        reply = self._table.get_item(Key=_key(scope, model_id, import_id), ConsistentRead=True)
        if "Item" not in reply:
            raise ModelImportNotFoundError(import_id=import_id)
        return from_item(ModelImport, reply["Item"])

    def save(self, model_import: ModelImport) -> None:
        self._write(model_import, "revision = :before", {":before": model_import.revision - 1})

    def remove(self, model_import: ModelImport) -> None:
        keys = [_key(model_import.scope, model_import.model_id, model_import.import_id), _mark(model_import)]
        self._transact([{"Delete": {"TableName": self._table.name, "Key": key}} for key in keys])

    def page(
        self, scope: ProjectScope, model_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[ModelImport], Position]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(_partition(scope, model_id)),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [from_item(ModelImport, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def unfinished(self) -> Sequence[ModelImport]:
        return list(self._found(self._marks()))

    def _found(self, marks: Iterator[dict[str, Any]]) -> Iterator[ModelImport]:
        for mark in marks:
            scope = from_item(ProjectScope, mark["scope"])
            try:
                yield self.get(scope, int(mark["model_id"]), int(mark["import_id"]))
            except ModelImportNotFoundError:  # removed since it was listed
                continue

    def _marks(self) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(_UNFINISHED), "ConsistentRead": True}
        while True:
            reply = self._table.query(**query)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _write(self, model_import: ModelImport, condition: str, values: dict[str, Any]) -> None:
        given = {"ExpressionAttributeValues": values} if values else {}
        key = _key(model_import.scope, model_import.model_id, model_import.import_id)
        ended = model_import.state in _ENDED
        forgotten = {"expires_at": int(model_import.changed_at.timestamp()) + _KEPT_S} if ended else {}
        item = to_item(model_import, **key, **forgotten)
        put = {"TableName": self._table.name, "Item": item, "ConditionExpression": condition, **given}
        try:
            self._transact([{"Put": put}, self._marked(model_import)])
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise ModelImportConflictError(import_id=model_import.import_id) from error

    def _marked(self, model_import: ModelImport) -> dict[str, Any]:
        mark = _mark(model_import)
        if model_import.state in _ENDED:
            return {"Delete": {"TableName": self._table.name, "Key": mark}}
        content = {
            "scope": model_import.scope.model_dump(),
            "model_id": model_import.model_id,
            "import_id": model_import.import_id,
        }
        return {"Put": {"TableName": self._table.name, "Item": {**mark, **content}}}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _partition(scope: ProjectScope, model_id: int) -> str:
    return f"{scope.key}#model-imports#{model_id}"


def _key(scope: ProjectScope, model_id: int, import_id: int) -> dict[str, str]:
    return {"pk": _partition(scope, model_id), "sk": f"{import_id:016d}"}


def _mark(model_import: ModelImport) -> dict[str, str]:
    return {"pk": _UNFINISHED, "sk": f"{model_import.scope.key}#{model_import.import_id}"}
