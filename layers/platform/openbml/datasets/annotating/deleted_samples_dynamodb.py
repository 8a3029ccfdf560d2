"""DynamoDB adapter of `DeletedSampleRepository`; the notes are written by `edits_dynamodb`."""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from pydantic import AwareDatetime

from openbml.core.items import from_item
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.deleted_samples import DeletedSample
from openbml.datasets.sample_items_dynamodb import ORDINALS, history_pk, history_prefix
from openbml.datasets.samples import chunk_of, sample_id_of
from openbml.datasets.tables_dynamodb import (
    DELETED_SAMPLES,
    TableBatches,
    below,
    deleted_sample_key,
    query_all,
)


class DynamoDeletedSampleRepository:
    def __init__(self, table: Any) -> None:
        self._table = table
        self._batches = TableBatches(table)

    def of_chunk(self, scope: ProjectScope, chunk: int) -> Sequence[DeletedSample]:
        first, last = (
            deleted_sample_key(scope, sample_id_of(chunk, ordinal)) for ordinal in (0, ORDINALS - 1)
        )
        condition = Key("pk").eq(first["pk"]) & Key("sk").between(first["sk"], last["sk"])
        items = query_all(self._table, condition, ConsistentRead=True)
        return [from_item(DeletedSample, item) for item in items]

    def since(self, deleted_before: AwareDatetime) -> Sequence[DeletedSample]:
        condition = Key("gsi1pk").eq(DELETED_SAMPLES) & Key("gsi1sk").lt(deleted_before.isoformat())
        items = query_all(self._table, condition, IndexName="gsi1")
        return [from_item(DeletedSample, item) for item in items]

    def remove(self, sample: DeletedSample) -> None:
        pk = history_pk(sample.scope, chunk_of(sample.sample_id))
        history = query_all(
            self._table, below(pk, history_prefix(sample.sample_id)), ProjectionExpression="pk, sk"
        )
        self._batches.delete([{"pk": item["pk"], "sk": item["sk"]} for item in history])
        self._table.delete_item(Key=deleted_sample_key(sample.scope, sample.sample_id))
