"""DynamoDB adapter of `ModelExportRepository`.

Items: `{account#region#project}#model-exports#{model_id}` / {export_id}: an export, forgotten after its
archive.
"""

from typing import Any

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.models.exports.model_exports import (
    ModelExport,
    ModelExportConflictError,
    ModelExportNotFoundError,
)

_KEPT_S = 8 * 24 * 3600


class DynamoModelExports:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, export: ModelExport) -> None:
        self._put(export, ConditionExpression="attribute_not_exists(pk)")

    def get(self, scope: ProjectScope, model_id: int, export_id: int) -> ModelExport:
        reply = self._table.get_item(Key=_key(scope, model_id, export_id), ConsistentRead=True)
        if "Item" not in reply:
            raise ModelExportNotFoundError(export_id=export_id)
        return from_item(ModelExport, reply["Item"])

    def save(self, export: ModelExport) -> None:
        self._put(
            export,
            ConditionExpression="revision = :before",
            ExpressionAttributeValues={":before": export.revision - 1},
        )

    def _put(self, export: ModelExport, **condition: Any) -> None:
        forgotten = int(export.created_at.timestamp()) + _KEPT_S
        key = _key(export.scope, export.model_id, export.export_id)
        item = to_item(export, **key, expires_at=forgotten)
        try:
            self._table.put_item(Item=item, **condition)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise ModelExportConflictError(export_id=export.export_id) from error


def _key(scope: ProjectScope, model_id: int, export_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#model-exports#{model_id}", "sk": f"{export_id:016d}"}
