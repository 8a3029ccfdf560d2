"""DynamoDB adapter of `LabelRepository`; keys in `tables_dynamodb`."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.datasets.annotating.edit_actions_dynamodb import CLOSED_STATES
from openbml.datasets.annotating.edit_checks_dynamodb import closed_error
from openbml.datasets.annotating.edits import EditsBusyError, LabelNotFoundError, TooManyLabelsError
from openbml.datasets.datasets import (
    DatasetVersionNotFoundError,
    LabelCount,
    VersionKey,
    VersionState,
)
from openbml.datasets.limits import LABELS_PER_VERSION
from openbml.datasets.tables_dynamodb import (
    TableBatches,
    below,
    failed_conditions,
    in_groups,
    label_key,
    query_all,
    transact,
    version_item_key,
    version_pk,
)

_LABELS = 90  # of a transaction's 100 actions
_ATTEMPTS = 8


class DynamoLabelRepository:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._batches = TableBatches(table)

    def all(self, key: VersionKey) -> Sequence[LabelCount]:
        items = query_all(self._table, below(version_pk(key), "label#"), ConsistentRead=True)
        return [from_item(LabelCount, item) for item in items]

    def get(self, key: VersionKey, name: str) -> LabelCount:
        item = self._table.get_item(Key=label_key(key, name), ConsistentRead=True).get("Item")
        if item is None:
            raise LabelNotFoundError(label=name)
        return from_item(LabelCount, item)

    def ensure(self, key: VersionKey, labels: Sequence[LabelCount]) -> Sequence[str]:
        made: list[str] = []
        for group in in_groups(list({label.name: label for label in labels}.values()), _LABELS):
            made += self._ensure_group(key, group)
        return made

    def _ensure_group(self, key: VersionKey, group: Sequence[LabelCount]) -> Sequence[str]:
        for _attempt in range(_ATTEMPTS):
            known = {
                item["name"] for item in self._batches.get([label_key(key, label.name) for label in group])
            }
            missing = [label for label in group if label.name not in known]
            if not missing or self._made(key, missing):
                return [label.name for label in missing]
        raise EditsBusyError(dataset_id=key.dataset_id, version_number=key.version_number)

    def _made(self, key: VersionKey, missing: Sequence[LabelCount]) -> bool:
        """Make labels; False when somebody made one of them at this moment."""
        puts = [
            {
                "Put": {
                    "Item": to_item(label, **label_key(key, label.name)),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for label in missing
        ]
        try:
            transact(self._table, [{"Update": _labels_counted(key, len(missing))}, *puts])
        except ClientError as error:
            failed = failed_conditions(error)
            if not failed or not any(failed):
                raise
            if failed[0]:
                raise self._refusal(key) from error
            return False
        return True

    def _refusal(self, key: VersionKey) -> Exception:
        item = self._table.get_item(Key=version_item_key(key), ConsistentRead=True).get("Item")
        if item is None:
            return DatasetVersionNotFoundError(dataset_id=key.dataset_id, version_number=key.version_number)
        state = VersionState(item["state"])
        if state in CLOSED_STATES:
            return closed_error(key, state, int(item.get("active_import_id", 0)))
        return TooManyLabelsError(most=LABELS_PER_VERSION)

    def describe(self, key: VersionKey, name: str, changes: Mapping[str, Any]) -> LabelCount:
        if not changes:
            return self.get(key, name)
        names = {f"#{field}": field for field in changes}
        try:
            reply = self._table.update_item(
                Key=label_key(key, name),
                UpdateExpression="SET " + ", ".join(f"#{field} = :{field}" for field in changes),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={f":{field}": value for field, value in changes.items()},
                ReturnValues="ALL_NEW",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise LabelNotFoundError(label=name) from error
        return from_item(LabelCount, reply["Attributes"])


def _labels_counted(key: VersionKey, count: int) -> dict[str, Any]:
    closed = {f":closed{place}": state.value for place, state in enumerate(CLOSED_STATES)}
    return {
        "Key": version_item_key(key),
        "UpdateExpression": "ADD label_count :count",
        "ConditionExpression": f"attribute_exists(pk) AND NOT #state IN ({', '.join(closed)}) "
        "AND (attribute_not_exists(label_count) OR label_count <= :room)",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":count": count, ":room": LABELS_PER_VERSION - count, **closed},
    }
