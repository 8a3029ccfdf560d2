"""DynamoDB adapter of `DatasetRepository`; keys in `tables_dynamodb`."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetContendedError,
    DatasetDeletingError,
    DatasetFilter,
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
    version_id_key,
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
            *version_items(version),
        ]
        actions = [{"Put": _new(item)} for item in items]
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
        self, scope: ProjectScope, wanted: DatasetFilter, *, limit: int, position: Position | None
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
            found += [row for row in datasets if wanted.takes(row)]
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

    def set_label_map(self, dataset: Dataset, label_map: Mapping[str, int]) -> None:
        try:
            self._table.update_item(
                Key=dataset_key(dataset.scope, dataset.dataset_id),
                UpdateExpression="SET label_map = :new",
                ConditionExpression="attribute_exists(pk) AND "
                "(attribute_not_exists(label_map) OR label_map = :none)",
                ExpressionAttributeValues={":new": dict(label_map), ":none": {}},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # it has one, or is gone

    def mark_deleting(self, dataset: Dataset) -> None:
        scope, dataset_id = dataset.scope, dataset.dataset_id
        # The dataset first: from now on it gets no new version.
        if not self._updated(dataset_key(scope, dataset_id), "deleting", True):  # noqa: FBT003
            raise DatasetNotFoundError(dataset_id=dataset_id)
        for version in self.versions(scope, dataset_id):
            self._updated(version_item_key(version.key), "state", VersionState.DELETING.value)
        self._free_name(dataset)

    def _updated(self, key: dict[str, str], name: str, value: object) -> bool:
        try:
            self._table.update_item(
                Key=key,
                UpdateExpression="SET #name = :value",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

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
            self._forget(version)
        self._table.delete_item(Key=dataset_key(dataset.scope, dataset.dataset_id))

    def every(self, scope: ProjectScope) -> Sequence[Dataset]:
        condition = below(project_pk(scope), "dataset#")
        found = query_all(self._table, condition, ScanIndexForward=False, ConsistentRead=True)
        return [from_item(Dataset, item) for item in found]

    # --- versions ---

    def version_of(self, scope: ProjectScope, version_id: int) -> DatasetVersion:
        item = self._table.get_item(Key=version_id_key(version_id), ConsistentRead=True).get("Item")
        key = from_item(VersionKey, item) if item else None
        if key is None or key.scope != scope:
            raise DatasetVersionNotFoundError(dataset_id=None, version_number=None, version_id=version_id)
        return self.version(key)

    def identified(self, version: DatasetVersion, version_id: int) -> DatasetVersion:
        if version.version_id is not None:
            return version
        given = version.model_copy(update={"version_id": version_id})
        keep = {
            "Key": version_item_key(version.key),
            "UpdateExpression": "SET version_id = :id",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(version_id)",
            "ExpressionAttributeValues": {":id": version_id},
        }
        try:
            transact(self._table, [{"Put": _new(_where(given))}, {"Update": keep}])
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise
            return self.version(version.key)  # another call was first
        return given

    def add_version(self, dataset: Dataset, version: DatasetVersion) -> None:
        raised = {
            "Key": dataset_key(dataset.scope, dataset.dataset_id),
            "UpdateExpression": "SET latest_version = :n, last_ordinal = :n",
            "ConditionExpression": "attribute_exists(pk) AND NOT deleting = :yes "
            "AND latest_version = :seen AND (attribute_not_exists(last_ordinal) OR last_ordinal <= :last)",
            "ExpressionAttributeValues": {
                ":n": version.version_number,
                ":seen": dataset.latest_version,
                ":last": max(dataset.last_ordinal, dataset.latest_version),
                ":yes": True,
            },
        }
        puts = [{"Put": _new(item)} for item in version_items(version)]
        self._changed(dataset, [{"Update": raised}, *puts])

    def freeze(self, key: VersionKey) -> None:
        try:
            self._table.update_item(
                Key=version_item_key(key),
                UpdateExpression="SET frozen = :yes",
                ConditionExpression="attribute_exists(pk) AND #state <> :deleting",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":yes": True, ":deleting": VersionState.DELETING.value},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise DatasetVersionNotFoundError(
                dataset_id=key.dataset_id, version_number=key.version_number
            ) from error

    def describe_version(self, key: VersionKey, description: str) -> None:
        if not self._updated(version_item_key(key), "description", description):
            raise DatasetVersionNotFoundError(dataset_id=key.dataset_id, version_number=key.version_number)

    def mark_version_deleting(self, dataset: Dataset, version: DatasetVersion, survivor: int) -> None:
        names = {"#state": "state"}
        mark = {
            "Key": version_item_key(version.key),
            "UpdateExpression": "SET #state = :deleting",
            "ConditionExpression": "#state = :seen",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                ":deleting": VersionState.DELETING.value,
                ":seen": version.state.value,
            },
        }
        lives = {
            "Key": version_item_key(version.key.model_copy(update={"version_number": survivor})),
            "ConditionExpression": "attribute_exists(pk) AND #state <> :deleting",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":deleting": VersionState.DELETING.value},
        }
        latest = survivor if version.version_number == dataset.latest_version else dataset.latest_version
        moved = {
            "Key": dataset_key(dataset.scope, dataset.dataset_id),
            "UpdateExpression": "SET latest_version = :latest, last_ordinal = :last",
            "ConditionExpression": "latest_version = :seen AND NOT deleting = :yes",
            "ExpressionAttributeValues": {
                ":latest": latest,
                ":last": max(dataset.last_ordinal, dataset.latest_version),
                ":seen": dataset.latest_version,
                ":yes": True,
            },
        }
        self._changed(dataset, [{"Update": moved}, {"Update": mark}, {"ConditionCheck": lives}])

    def remove_version(self, version: DatasetVersion) -> None:
        self._table.delete_item(Key=version_item_key(version.key))
        self._forget(version)

    def _forget(self, version: DatasetVersion) -> None:
        if version.version_id is not None:
            self._table.delete_item(Key=version_id_key(version.version_id))

    # --- names ---

    def rename(self, dataset: Dataset, name: str) -> Dataset:
        if name == dataset.name:
            return dataset
        scope = dataset.scope
        taken = {**name_key(scope, name), "dataset_id": dataset.dataset_id}
        freed = {
            "Key": name_key(scope, dataset.name),
            "ConditionExpression": "dataset_id = :mine",
            "ExpressionAttributeValues": {":mine": dataset.dataset_id},
        }
        named = {
            "Key": dataset_key(scope, dataset.dataset_id),
            "UpdateExpression": "SET #name = :name",
            "ConditionExpression": "#name = :before AND NOT deleting = :yes",
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": {":name": name, ":before": dataset.name, ":yes": True},
        }
        try:
            transact(self._table, [{"Put": _new(taken)}, {"Update": named}, {"Delete": freed}])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise DatasetNameTakenError(name=name) from error
            if failed and any(failed):
                raise self._moved_on(dataset) from error
            raise
        return dataset.model_copy(update={"name": name})

    def _changed(self, dataset: Dataset, actions: Sequence[dict[str, Any]]) -> None:
        try:
            transact(self._table, actions)
        except ClientError as error:
            if any(failed_conditions(error) or ()):
                raise self._moved_on(dataset) from error
            raise

    def _moved_on(self, dataset: Dataset) -> Exception:
        current = self.get(dataset.scope, dataset.dataset_id)
        kind = DatasetDeletingError if current.deleting else DatasetContendedError
        return kind(dataset_id=dataset.dataset_id)


def version_items(version: DatasetVersion) -> list[dict[str, Any]]:
    """Return the items of a new version: itself, and where its id is looked up."""
    items = [to_item(version, **version_item_key(version.key))]
    return items if version.version_id is None else [*items, _where(version)]


def _where(version: DatasetVersion) -> dict[str, Any]:
    return to_item(version.key, **version_id_key(version.version_id or 0))


def _new(item: dict[str, Any]) -> dict[str, Any]:
    return {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
