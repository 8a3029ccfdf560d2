"""DynamoDB adapter of `HostingRepository`.

Key `hosting#{deployment_id}` / `hosting`. Index `gsi1` is sparse: `open-hostings` by id, until removed.
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr

from openbml.compute.hostings import Hosting, HostingConflictError, HostingNotFoundError
from openbml.compute.jobs_dynamodb import open_items
from openbml.core.items import from_item, to_item

_OPEN = "open-hostings"


class DynamoHostingRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, deployment_id: str) -> Hosting:
        item = self._table.get_item(Key=_key(deployment_id), ConsistentRead=True).get("Item")
        if item is None:
            raise HostingNotFoundError(deployment_id=deployment_id)
        return from_item(Hosting, item)

    def add(self, hosting: Hosting) -> None:
        self._put(hosting, Attr("pk").not_exists())

    def save(self, hosting: Hosting) -> None:
        self._put(hosting, Attr("version").eq(hosting.version - 1))

    def open_hostings(self) -> Sequence[Hosting]:
        return [from_item(Hosting, item) for item in open_items(self._table, _OPEN)]

    def _put(self, hosting: Hosting, condition: Any) -> None:
        index = {} if hosting.is_settled else {"gsi1pk": _OPEN, "gsi1sk": hosting.deployment_id}
        item = to_item(hosting, **_key(hosting.deployment_id), **index)
        try:
            self._table.put_item(Item=item, ConditionExpression=condition)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise HostingConflictError(
                deployment_id=hosting.deployment_id, revision=hosting.request.revision
            ) from error


def _key(deployment_id: str) -> dict[str, str]:
    return {"pk": f"hosting#{deployment_id}", "sk": "hosting"}
