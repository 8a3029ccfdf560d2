"""DynamoDB adapter of `DatasetRepository`; keys in `tables_dynamodb`."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetNameTakenError,
    DatasetNotFoundError,
    DatasetVersion,
    DatasetVersionNotFoundError,
    LabelCount,
    Position,
    VersionKey,
    VersionState,
)
from openbml.datasets.tables_dynamodb import (
    TableBatches,
    below,
    dataset_key,
    dataset_pk,
    failed_conditions,
    name_key,
    project_pk,
    query_all,
    query_page,
    transact,
    version_item_key,
    version_pk,
)


class DynamoDatasetRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, dataset: Dataset, version: DatasetVersion) -> None:
        scope, dataset_id = dataset.scope, dataset.dataset_id
        items = [
            {**name_key(scope, dataset.name), "dataset_id": dataset_id},
            to_item(dataset, **dataset_key(scope, dataset_id)),
            to_item(version, **version_item_key(version.key)),
        ]
        actions = [
            {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}} for item in items
        ]
        try:
            transact(self._table, actions)
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise DatasetNameTakenError(name=dataset.name) from error
            raise

    def get(self, scope: ProjectScope, dataset_id: int) -> Dataset:
        item = self._table.get_item(Key=dataset_key(scope, dataset_id), ConsistentRead=True).get("Item")
        if item is None:
            raise DatasetNotFoundError(dataset_id=dataset_id)
        return from_item(Dataset, item)

    def versions(self, scope: ProjectScope, dataset_id: int) -> Sequence[DatasetVersion]:
        condition = below(dataset_pk(scope, dataset_id), "version#")
        items = query_all(self._table, condition, ConsistentRead=True)
        return [from_item(DatasetVersion, item) for item in items]

    def version(self, key: VersionKey) -> DatasetVersion:
        item = self._table.get_item(Key=version_item_key(key), ConsistentRead=True).get("Item")
        if item is None:
            raise DatasetVersionNotFoundError(dataset_id=key.dataset_id, version_number=key.version_number)
        return from_item(DatasetVersion, item)

    def latest(self, datasets: Sequence[Dataset]) -> Mapping[int, DatasetVersion]:
        keys = [
            version_item_key(
                VersionKey(scope=row.scope, dataset_id=row.dataset_id, version_number=row.latest_version)
            )
            for row in datasets
        ]
        versions = [from_item(DatasetVersion, item) for item in TableBatches(self._table).get(keys)]
        return {version.dataset_id: version for version in versions}

    def page(
        self, scope: ProjectScope, *, name: str | None, limit: int, position: Position | None
    ) -> tuple[Sequence[Dataset], Position | None]:
        found: list[Dataset] = []
        while True:
            items, position = query_page(
                self._table,
                below(project_pk(scope), "dataset#"),
                limit=limit - len(found),
                position=position,
                ScanIndexForward=False,
                ConsistentRead=True,
            )
            datasets = [from_item(Dataset, item) for item in items]
            found += [row for row in datasets if name is None or name.casefold() in row.name.casefold()]
            if position is None or len(found) >= limit:
                return found, position

    def labels(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[LabelCount], Position | None]:
        items, following = query_page(
            self._table,
            below(version_pk(key), "label#"),
            limit=limit,
            position=position,
            ConsistentRead=True,
        )
        return [from_item(LabelCount, item) for item in items], following

    def mark_deleting(self, dataset: Dataset) -> None:
        scope, dataset_id = dataset.scope, dataset.dataset_id
        states = [
            {
                "Key": version_item_key(version.key),
                "UpdateExpression": "SET #state = :state",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": {":state": VersionState.DELETING.value},
            }
            for version in self.versions(scope, dataset_id)
        ]
        mark = {
            "Key": dataset_key(scope, dataset_id),
            "UpdateExpression": "SET deleting = :yes",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":yes": True},
        }
        transact(self._table, [{"Update": update} for update in (mark, *states)])
        self._free_name(dataset)

    def _free_name(self, dataset: Dataset) -> None:
        try:
            self._table.delete_item(
                Key=name_key(dataset.scope, dataset.name),
                ConditionExpression="dataset_id = :mine",
                ExpressionAttributeValues={":mine": dataset.dataset_id},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # freed before, and perhaps taken by another dataset since

    def remove(self, dataset: Dataset) -> None:
        for version in self.versions(dataset.scope, dataset.dataset_id):
            self._table.delete_item(Key=version_item_key(version.key))
        self._table.delete_item(Key=dataset_key(dataset.scope, dataset.dataset_id))
