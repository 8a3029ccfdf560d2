"""DynamoDB adapter of `PreviewRepository`.

Item: `{scope}#performance` / `{model_id}#{model_version}#{variant}`; `{scope}` is `account#region#project`.
"""

from typing import Any

from boto3.dynamodb.conditions import Attr

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.performance.previews import Preview, PreviewConflictError, PreviewKey


class DynamoPreviews:
    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, scope: ProjectScope, key: PreviewKey) -> Preview | None:
        item = self._table.get_item(Key=_place(scope, key), ConsistentRead=True).get("Item")
        return from_item(Preview, item) if item else None

    def save(self, preview: Preview) -> None:
        first = Attr("pk").not_exists()
        expected = first if preview.version == 1 else Attr("version").eq(preview.version - 1)
        item = to_item(preview, **_place(preview.scope, preview.key))
        try:
            self._table.put_item(Item=item, ConditionExpression=expected)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise PreviewConflictError(**preview.key.model_dump()) from error


def _place(scope: ProjectScope, key: PreviewKey) -> dict[str, str]:
    return {
        "pk": f"{scope.key}#performance",
        "sk": f"{key.model_id}#{key.model_version}#{key.variant}",
    }
