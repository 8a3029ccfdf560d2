"""DynamoDB adapter of `MarkRepository`; keys in `tables_dynamodb`.

Due marks are found by sixteen partitions of `gsi1`: the deletion of a large dataset spreads its writes.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from boto3.dynamodb.conditions import Key
from pydantic import AwareDatetime

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.garbage.marks import SWEEP_LEASE, ContentBusyError, Mark, MarkKind, MarkState
from openbml.datasets.tables_dynamodb import TableBatches, mark_key, query_all

_STATE = {"#state": "state"}
_DUE = "unreferenced"
_PARTITIONS = "0123456789abcdef"


class DynamoMarkRepository:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._batches = TableBatches(table)

    def mark(self, mark: Mark) -> None:
        try:
            self._table.put_item(**mark_put(mark))
        except self._refused as error:
            raise ContentBusyError(sha256=mark.name) from error

    def take(self, scope: ProjectScope, digests: Iterable[str], at: AwareDatetime) -> None:
        keys = [mark_key(scope, MarkKind.BLOB, digest) for digest in sorted(set(digests))]
        for item in self._batches.get(keys):
            self._take(from_item(Mark, item), at)

    def _take(self, mark: Mark, at: AwareDatetime) -> None:
        if mark.swept_at is not None and mark.swept_at + SWEEP_LEASE > at:
            raise ContentBusyError(sha256=mark.name)
        try:
            self._delete(mark)
        except self._refused as error:
            raise ContentBusyError(sha256=mark.name) from error

    def due(self, before: AwareDatetime) -> Iterator[Mark]:
        for partition in _PARTITIONS:
            condition = Key("gsi1pk").eq(f"{_DUE}#{partition}") & Key("gsi1sk").lte(before.isoformat())
            for item in query_all(self._table, condition, IndexName="gsi1"):
                yield from_item(Mark, item)

    def begin(self, mark: Mark, at: AwareDatetime) -> Mark | None:
        if mark.swept_at is not None and mark.swept_at + SWEEP_LEASE > at:
            return None
        seen = _seen(mark)
        try:
            self._table.update_item(
                Key=mark_key(mark.scope, mark.kind, mark.name),
                UpdateExpression="SET #state = :sweeping, swept_at = :at",
                ConditionExpression=seen["ConditionExpression"],
                ExpressionAttributeNames=_STATE,
                ExpressionAttributeValues={
                    **seen["ExpressionAttributeValues"],
                    ":sweeping": MarkState.SWEEPING.value,
                    ":at": to_item(mark.model_copy(update={"swept_at": at}))["swept_at"],
                },
            )
        except self._refused:
            return None
        return mark.model_copy(update={"state": MarkState.SWEEPING, "swept_at": at})

    def end(self, mark: Mark) -> None:
        try:
            self._delete(mark)
        except self._refused:
            return  # taken over after the lease

    def _delete(self, mark: Mark) -> None:
        self._table.delete_item(
            Key=mark_key(mark.scope, mark.kind, mark.name),
            **_seen(mark),
            ExpressionAttributeNames=_STATE,
        )

    @property
    def _refused(self) -> Any:
        return self._table.meta.client.exceptions.ConditionalCheckFailedException


def mark_put(mark: Mark) -> dict[str, Any]:
    """Return the put of a mark, refused while a sweep is at it."""
    return {
        "Item": _item(mark),
        "ConditionExpression": "attribute_not_exists(pk) OR #state = :marked",
        "ExpressionAttributeNames": _STATE,
        "ExpressionAttributeValues": {":marked": MarkState.MARKED.value},
    }


def _seen(mark: Mark) -> dict[str, Any]:
    """Return the condition that the mark is as it was read."""
    item = to_item(mark)
    condition = "#state = :seen AND due_at = :due"
    values = {":seen": item["state"], ":due": item["due_at"]}
    if mark.swept_at is None:
        condition += " AND attribute_not_exists(swept_at)"
    else:
        condition += " AND swept_at = :swept"
        values[":swept"] = item["swept_at"]
    return {"ConditionExpression": condition, "ExpressionAttributeValues": values}


def _item(mark: Mark) -> dict[str, Any]:
    partition = hashlib.sha256(mark.name.encode()).hexdigest()[0]
    return to_item(
        mark,
        **mark_key(mark.scope, mark.kind, mark.name),
        gsi1pk=f"{_DUE}#{partition}",
        gsi1sk=mark.due_at.isoformat(),
    )
