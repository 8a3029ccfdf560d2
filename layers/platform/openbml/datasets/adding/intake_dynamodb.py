"""DynamoDB adapter of `SampleIntake`; keys in `tables_dynamodb` and `sample_items_dynamodb`."""

import random
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.items import from_item
from openbml.datasets.adding.intake import Place
from openbml.datasets.adding.intake_actions_dynamodb import (
    Entry,
    changeable,
    chunk_opened,
    entry_actions,
    limits_reached,
    open_chunk_key,
)
from openbml.datasets.datasets import (
    Dataset,
    DatasetContendedError,
    DatasetVersion,
    DatasetVersionNotFoundError,
    VersionKey,
)
from openbml.datasets.garbage.marks import ContentBusyError, MarkRepository
from openbml.datasets.importing.data_imports import ImportRepository
from openbml.datasets.quotas import Quotas
from openbml.datasets.sample_items_dynamodb import content_key, index_key
from openbml.datasets.samples import Facet, Sample, chunk_of, facets_of, sample_id_of
from openbml.datasets.tables_dynamodb import (
    TableBatches,
    chunk_key,
    dataset_key,
    failed_conditions,
    transact,
    version_item_key,
)
from openbml.datasets.version_states import check_changeable
from openbml_catalog.datasets import Content

_CHUNK_SAMPLES = 1_000
_ATTEMPTS = 40
_LONGEST_PAUSE_S = 0.3


class DynamoSampleIntake:
    def __init__(
        self,
        table: Any,
        *,
        imports: ImportRepository,
        marks: MarkRepository,
        quotas: Quotas,
        new_id: IdFactory,
        now: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._table = table
        self._batches = TableBatches(table)
        self._imports = imports
        self._marks = marks
        self._quotas = quotas
        self._new_id = new_id
        self._now = now
        self._sleep = sleep

    # --- places ---

    def reserve(self, key: VersionKey, *, user_id: int) -> Place:
        at = open_chunk_key(key, user_id)
        for attempt in range(_ATTEMPTS):
            try:
                taken = self._table.update_item(
                    Key=at,
                    UpdateExpression="ADD used :one",
                    ConditionExpression="attribute_exists(pk) AND used < :full",
                    ExpressionAttributeValues={":one": 1, ":full": _CHUNK_SAMPLES},
                    ReturnValues="ALL_NEW",
                )["Attributes"]
            except self._refused:
                self._open_chunk(key, user_id)
                self._pause(attempt)
                continue
            sample_id = sample_id_of(int(taken["chunk"]), int(taken["used"]) - 1)
            return Place(sample_id, int(taken["import_id"]))
        raise DatasetContendedError(dataset_id=key.dataset_id)

    def _open_chunk(self, key: VersionKey, user_id: int) -> None:
        """Open a chunk instead of the one that is full; who comes second uses the first one's."""
        full = self._table.get_item(Key=open_chunk_key(key, user_id), ConsistentRead=True).get("Item")
        if full and int(full["used"]) < _CHUNK_SAMPLES:
            return
        version = self._version(key)
        check_changeable(version)
        chunk = self._imports.reserve_chunks(key.scope, 1)
        actions = chunk_opened(key, user_id, self._content(key), chunk, self._new_id(), full, self._now())
        try:
            transact(self._table, actions)
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise

    def _content(self, key: VersionKey) -> Content:
        item = self._table.get_item(Key=dataset_key(key.scope, key.dataset_id), ConsistentRead=True).get(
            "Item"
        )
        if item is None:
            raise DatasetVersionNotFoundError(dataset_id=key.dataset_id, version_number=key.version_number)
        return from_item(Dataset, item).kind.content

    # --- contents ---

    def holder(self, key: VersionKey, sha256: str) -> Place | None:
        item = self._table.get_item(Key=content_key(key, sha256), ConsistentRead=True).get("Item")
        return Place(int(item["sample_id"]), int(item["import_id"])) if item else None

    def hold(self, key: VersionKey, sha256: str, *, user_id: int) -> Place:
        place: Place | None = None
        for attempt in range(_ATTEMPTS):
            owner = self._table.get_item(Key=content_key(key, sha256), ConsistentRead=True).get("Item")
            if owner is not None and not self._is_left_over(key, owner):
                held = Place(int(owner["sample_id"]), int(owner["import_id"]))
                self._marks.take(key.scope, [sha256], self._now())
                return held
            place = place or self.reserve(key, user_id=user_id)
            if self._claim(key, sha256, place, instead_of=owner):
                # After the claim, never before: see `garbage.marks`.
                self._marks.take(key.scope, [sha256], self._now())
                return place
            self._pause(attempt)
        raise ContentBusyError(sha256=sha256)

    def _is_left_over(self, key: VersionKey, owner: dict[str, Any]) -> bool:
        """Return whether a claim is of an import that ended without its chunk.

        No import runs into the version now: `enter` checks that once more.
        """
        chunk = chunk_key(key, chunk_of(int(owner["sample_id"])))
        return "Item" not in self._table.get_item(Key=chunk, ConsistentRead=True)

    def _claim(
        self, key: VersionKey, sha256: str, place: Place, *, instead_of: dict[str, Any] | None
    ) -> bool:
        """Return whether the place holds the content; a running import's claim is never taken over."""
        put: dict[str, Any] = {
            "Item": {**content_key(key, sha256), **place._asdict(), "pending": True},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if instead_of:
            put["ConditionExpression"] = "sample_id = :before"
            put["ExpressionAttributeValues"] = {":before": instead_of["sample_id"]}
        try:
            transact(self._table, [{"Put": put}, {"ConditionCheck": changeable(key)}])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed is None or not any(failed):
                raise
            if failed[1]:
                check_changeable(self._version(key))
            return False
        return True

    # --- samples ---

    def enter(self, dataset: Dataset, sample: Sample, *, claimed: bool, user_id: int) -> bool:
        key = VersionKey(
            scope=dataset.scope, dataset_id=sample.dataset_id, version_number=sample.version_number
        )
        for attempt in range(_ATTEMPTS):
            version = self._version(key)
            check_changeable(version)
            quota = self._quotas.of(dataset.kind.content)
            lists = self._index(key, sample)
            entry = Entry(dataset, version, sample, claimed, user_id, quota, lists, self._now())
            named = entry_actions(entry)
            try:
                transact(self._table, [action for _, action in named])
            except ClientError as error:
                failed = failed_conditions(error)
                if failed is None:
                    raise
                names = [name for (name, _), lost in zip(named, failed, strict=True) if lost]
                if "sample" in names:
                    return False
                if "content" in names:
                    raise ContentBusyError(sha256=sample.sha256) from error
                self._check_limits(names, entry)
                self._pause(attempt)
            else:
                return True
        raise DatasetContendedError(dataset_id=sample.dataset_id)

    def _check_limits(self, names: list[str], entry: Entry) -> None:
        refusal = limits_reached(names, entry)
        if refusal is not None:
            raise refusal

    def _index(self, key: VersionKey, sample: Sample) -> dict[Facet, Any]:
        """Return what the index says now of the lists that the sample will be on."""
        keys = {facet: index_key(key, facet.key, sample.chunk) for facet in facets_of(sample)}
        found = {(item["pk"], item["sk"]): item["ordinals"] for item in self._batches.get([*keys.values()])}
        return {facet: found.get((at["pk"], at["sk"])) for facet, at in keys.items()}

    def _version(self, key: VersionKey) -> DatasetVersion:
        item = self._table.get_item(Key=version_item_key(key), ConsistentRead=True).get("Item")
        if item is None:
            raise DatasetVersionNotFoundError(dataset_id=key.dataset_id, version_number=key.version_number)
        return from_item(DatasetVersion, item)

    def _pause(self, attempt: int) -> None:
        self._sleep(min(_LONGEST_PAUSE_S, 0.01 * 2 ** min(attempt, 6)) * random.random())

    @property
    def _refused(self) -> Any:
        return self._table.meta.client.exceptions.ConditionalCheckFailedException
