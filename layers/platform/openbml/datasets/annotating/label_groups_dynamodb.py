"""DynamoDB adapter of `LabelGroupRepository`; keys in `tables_dynamodb`."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.label_groups import (
    LabelGroup,
    LabelGroupChangedError,
    LabelGroupNotFoundError,
    LabelGroupTakenError,
    TooManyLabelGroupsError,
)
from openbml.datasets.datasets import Position
from openbml.datasets.limits import LABEL_GROUPS_PER_PROJECT
from openbml.datasets.tables_dynamodb import below, failed_conditions, project_pk, query_page, transact

_FREE = "attribute_not_exists(pk)"


class DynamoLabelGroupRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, group: LabelGroup) -> None:
        count = {
            "Key": _count_key(group.scope),
            "UpdateExpression": "ADD groups :one",
            "ConditionExpression": "attribute_not_exists(groups) OR groups < :most",
            "ExpressionAttributeValues": {":one": 1, ":most": LABEL_GROUPS_PER_PROJECT},
        }
        name = {"Item": _name_item(group), "ConditionExpression": _FREE}
        item = {"Item": _item(group), "ConditionExpression": _FREE}
        try:
            transact(self._table, [{"Put": name}, {"Update": count}, {"Put": item}])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise LabelGroupTakenError(name=group.name) from error
            if failed and failed[1]:
                raise TooManyLabelGroupsError(most=LABEL_GROUPS_PER_PROJECT) from error
            raise

    def get(self, scope: ProjectScope, group_id: int) -> LabelGroup:
        item = self._table.get_item(Key=_key(scope, group_id), ConsistentRead=True).get("Item")
        if item is None:
            raise LabelGroupNotFoundError(group_id=group_id)
        return from_item(LabelGroup, item)

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position | None
    ) -> tuple[Sequence[LabelGroup], Position | None]:
        items, following = query_page(
            self._table,
            below(project_pk(scope), "label-group#"),
            limit=limit,
            position=position,
            ConsistentRead=True,
        )
        return [from_item(LabelGroup, item) for item in items], following

    def replace(self, before: LabelGroup, after: LabelGroup) -> None:
        put = {
            "Item": _item(after),
            "ConditionExpression": "revision = :before",
            "ExpressionAttributeValues": {":before": before.revision},
        }
        actions: list[dict[str, Any]] = [{"Put": put}]
        if after.name != before.name:
            actions.append({"Put": {"Item": _name_item(after), "ConditionExpression": _FREE}})
            actions.append({"Delete": {"Key": _name_key(before)}})
        self._change(before, after, actions)

    def remove(self, group: LabelGroup) -> None:
        count = {
            "Key": _count_key(group.scope),
            "UpdateExpression": "ADD groups :less",
            "ExpressionAttributeValues": {":less": -1},
        }
        gone = {
            "Key": _key(group.scope, group.group_id),
            "ConditionExpression": "revision = :before",
            "ExpressionAttributeValues": {":before": group.revision},
        }
        self._change(
            group, group, [{"Delete": gone}, {"Delete": {"Key": _name_key(group)}}, {"Update": count}]
        )

    def _change(self, before: LabelGroup, after: LabelGroup, actions: Sequence[dict[str, Any]]) -> None:
        try:
            transact(self._table, actions)
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise LabelGroupChangedError(group_id=before.group_id) from error
            if failed and any(failed):
                raise LabelGroupTakenError(name=after.name) from error
            raise


def _key(scope: ProjectScope, group_id: int) -> dict[str, str]:
    return {"pk": project_pk(scope), "sk": f"label-group#{group_id:016}"}


def _count_key(scope: ProjectScope) -> dict[str, str]:
    return {"pk": project_pk(scope), "sk": "label-groups"}


def _name_key(group: LabelGroup) -> dict[str, str]:
    return {"pk": project_pk(group.scope), "sk": f"label-group-name#{group.name}"}


def _name_item(group: LabelGroup) -> dict[str, Any]:
    return {**_name_key(group), "group_id": group.group_id}


def _item(group: LabelGroup) -> dict[str, Any]:
    return to_item(group, **_key(group.scope, group.group_id))
