"""DynamoDB adapter of `LineageRepository`; keys in `tables_dynamodb`."""

from collections.abc import Sequence
from typing import Any

from openbml.core.items import from_item, to_item
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.lineage import TrainedModel
from openbml.datasets.tables_dynamodb import below, query_page, version_pk


class DynamoLineageRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, key: VersionKey, model: TrainedModel) -> None:
        place = f"trained#{model.model_id:016}#{model.model_version_number:06}"
        self._table.put_item(Item=to_item(model, pk=version_pk(key), sk=place))

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[TrainedModel], Position | None]:
        items, following = query_page(
            self._table,
            below(version_pk(key), "trained#"),
            limit=limit,
            position=position,
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return [from_item(TrainedModel, item) for item in items], following
