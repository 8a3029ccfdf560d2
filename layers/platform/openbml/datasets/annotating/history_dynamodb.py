"""DynamoDB adapter of `HistoryRepository`; the items are written by `edits_dynamodb`."""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.history import Revision, RevisionNotFoundError
from openbml.datasets.sample_items_dynamodb import history_key, kept_annotation
from openbml.datasets.stored_objects import ObjectStore
from openbml_formats.annotations import Annotation


class DynamoHistoryRepository:
    def __init__(self, table: Any, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects

    def before(self, scope: ProjectScope, sample_id: int, revision: int, *, limit: int) -> Sequence[Revision]:
        first, last = (history_key(scope, sample_id, number) for number in (0, revision - 1))
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(first["pk"]) & Key("sk").between(first["sk"], last["sk"]),
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        return [from_item(Revision, item) for item in reply["Items"]]

    def annotation(self, scope: ProjectScope, sample_id: int, revision: int) -> Annotation:
        key = history_key(scope, sample_id, revision)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise RevisionNotFoundError(sample_id=sample_id, revision=revision)
        return kept_annotation(scope, item, self._objects)
