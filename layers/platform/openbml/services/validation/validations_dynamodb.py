"""DynamoDB adapter of `ValidationRepository`.

Items (keys `pk`, `sk`; `{scope}` is `account#region#project`):
    {scope}#validations / {validation_id}         a validation; forgotten a week after its end
    {scope}#validating  / {model_id}#{version}    the open one of a version: unique by condition
    validating          / {scope}#{id}            the open ones of all projects
"""

from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.services.validation.validations import (
    Validation,
    ValidationNotFoundError,
    ValidationTakenError,
)

_NEW = "attribute_not_exists(pk)"
_KEPT_S = 7 * 24 * 3600


class DynamoValidations:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, validation: Validation) -> None:
        writes = [
            self._put(_holder(validation), ConditionExpression=_NEW),
            self._put(to_item(validation, **_key(validation.scope, validation.validation_id))),
            self._put(_open_mark(validation)),
        ]
        try:
            self._transact(writes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            holder = self._item(_place(_holder(validation)))
            if holder is None:
                raise
            raise ValidationTakenError(validation_id=int(holder["validation_id"])) from error

    def get(self, scope: ProjectScope, validation_id: int) -> Validation:
        item = self._item(_key(scope, validation_id))
        if item is None:
            raise ValidationNotFoundError(validation_id=validation_id)
        return from_item(Validation, item)

    def end(self, validation: Validation) -> None:
        key = _key(validation.scope, validation.validation_id)
        forgotten = int(validation.ends_at.timestamp()) + _KEPT_S
        writes = [self._put(to_item(validation, **key, expires_at=forgotten))]
        writes += [self._delete(_place(_open_mark(validation)))]
        holder = _holder(validation)
        mine = self._item(_place(holder))
        if mine is not None and int(mine["validation_id"]) == validation.validation_id:
            writes.append(self._delete(_place(holder)))
        self._transact(writes)

    def open_in(self, scope: ProjectScope) -> Sequence[Validation]:
        holders = self._listed(Key("pk").eq(f"{scope.key}#validating"))
        return [self.get(scope, int(holder["validation_id"])) for holder in holders]

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        return [
            (from_item(ProjectScope, item["scope"]), int(item["validation_id"]))
            for item in self._listed(Key("pk").eq("validating"))
        ]

    def _listed(self, condition: Any) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {"KeyConditionExpression": condition, "ConsistentRead": True}
        while True:
            reply = self._table.query(**query)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return found

    def _put(self, item: dict[str, Any], **condition: str) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": item, **condition}}

    def _delete(self, key: dict[str, str]) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table.name, "Key": key}}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


def _key(scope: ProjectScope, validation_id: int) -> dict[str, str]:
    return {"pk": f"{scope.key}#validations", "sk": f"{validation_id:016d}"}


def _holder(validation: Validation) -> dict[str, Any]:
    return {
        "pk": f"{validation.scope.key}#validating",
        "sk": f"{validation.model_id}#{validation.model_version}",
        "validation_id": validation.validation_id,
    }


def _open_mark(validation: Validation) -> dict[str, Any]:
    return {
        "pk": "validating",
        "sk": f"{validation.scope.key}#{validation.validation_id}",
        "scope": validation.scope.model_dump(),
        "validation_id": validation.validation_id,
    }


def _place(item: dict[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}
