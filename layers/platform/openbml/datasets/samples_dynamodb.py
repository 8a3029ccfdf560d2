"""DynamoDB adapter of `SampleRepository`; keys in `tables_dynamodb`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.clock import Clock, utc_now
from openbml.core.scope import ProjectScope
from openbml.datasets.bulk_writes_dynamodb import BulkWriter
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.garbage.marks_dynamodb import DynamoMarkRepository
from openbml.datasets.sample_columns import columns_of
from openbml.datasets.sample_items_dynamodb import (
    bitmap,
    columns_item,
    content_key,
    content_pk,
    drop_columns,
    history_pk,
    index_pk,
    kept_annotation,
    ordinals_of,
    sample_item,
    sample_key,
    sample_of,
    samples_pk,
    unpacked_bits,
)
from openbml.datasets.samples import (
    Claim,
    Facet,
    Sample,
    SampleNotFoundError,
    chunk_of,
    facets_of,
    sample_id_of,
)
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import (
    TableBatches,
    below,
    chunk_key,
    failed_conditions,
    in_groups,
    query_all,
    query_page,
    version_pk,
)
from openbml_formats.annotations import Annotation

_CLAIMS = 100  # actions of a transaction


class DynamoSampleRepository:
    """Keeps annotations compressed in the items, large ones by SHA-256 among the project's objects."""

    def __init__(self, table: Any, objects: ObjectStore, *, bulk: BulkWriter, now: Clock = utc_now) -> None:
        self._table = table
        self._bulk = bulk
        self._objects = objects
        self._batches = TableBatches(table)
        self._marks = DynamoMarkRepository(table)
        self._now = now

    # --- contents ---

    def claim(self, key: VersionKey, claims: Sequence[Claim]) -> frozenset[int]:
        held: set[int] = set()
        for group in in_groups(claims, _CLAIMS):
            taken = self._claim_group(key, group)
            # After the claims, never before: see `garbage.marks`.
            self._marks.take(
                key.scope,
                [claim.sha256 for claim in group if claim.stored and claim.sample_id in taken],
                self._now(),
            )
            held |= taken
        return frozenset(held)

    def _claim_group(self, key: VersionKey, group: Sequence[Claim]) -> set[int]:
        """Claim all, or learn which are taken and claim the others."""
        left, held = list(group), set[int]()
        while left:
            try:
                self._bulk.put_all([self._put(key, claim) for claim in left])
            except ClientError as error:
                failed = failed_conditions(error)
                if failed is None or not any(failed):
                    raise
                taken = [claim for claim, lost in zip(left, failed, strict=True) if lost]
                left = [claim for claim, lost in zip(left, failed, strict=True) if not lost]
                held |= self._taken_over(key, taken)
            else:
                return held | {claim.sample_id for claim in left}
        return held

    def _put(self, key: VersionKey, claim: Claim, *, instead_of: int | None = None) -> dict[str, Any]:
        return {
            "Item": {
                **content_key(key, claim.sha256),
                "sample_id": claim.sample_id,
                "import_id": claim.import_id,
            },
            "ConditionExpression": "attribute_not_exists(pk) OR sample_id = :expected",
            "ExpressionAttributeValues": {":expected": instead_of or claim.sample_id},
        }

    def _taken_over(self, key: VersionKey, claims: Sequence[Claim]) -> set[int]:
        """Return the sample ids that could take a claim over from an import that ended half-way.

        Only one import runs into a version at a time, so another import's claim either has a finished chunk
        or belongs to nobody. Nor does a pending claim: while an import runs, no single sample comes in.
        """
        wanted = {claim.sha256: claim for claim in claims}
        owners = self._batches.get([content_key(key, sha256) for sha256 in wanted])
        strangers = {
            item["sk"].split("#")[0]: item
            for item in owners
            if int(item["import_id"]) != wanted[item["sk"].split("#")[0]].import_id
        }
        finished = self._finished(key, {chunk_of(int(item["sample_id"])) for item in strangers.values()})
        held: set[int] = set()
        for sha256, item in strangers.items():
            sample_id = int(item["sample_id"])
            if chunk_of(sample_id) in finished and not item.get("pending"):
                continue
            claim = wanted[sha256]
            try:
                self._table.put_item(**self._put(key, claim, instead_of=sample_id))
            except self._table.meta.client.exceptions.ConditionalCheckFailedException:
                continue  # taken over by another shard in this moment
            held.add(claim.sample_id)
        return held

    def release(self, key: VersionKey, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self._release(key, sample)

    def holders(self, key: VersionKey, sha256s: Sequence[str]) -> Mapping[str, int]:
        items = self._batches.get([content_key(key, sha256) for sha256 in dict.fromkeys(sha256s)])
        return {item["sk"].split("#")[0]: int(item["sample_id"]) for item in items}

    def is_referenced(self, scope: ProjectScope, sha256: str) -> bool:
        condition = below(content_pk(scope, sha256), f"{sha256}#")
        items, _ = query_page(self._table, condition, limit=1, position=None, ConsistentRead=True)
        return bool(items)

    # --- chunks ---

    def add_chunk(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        self.add_samples(key, samples)
        self.add_index(key, chunk, samples)

    def add_samples(self, key: VersionKey, samples: Sequence[Sample]) -> None:
        self._bulk.put([sample_item(key.scope, sample, self._objects) for sample in samples])

    def add_index(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        ordinals: dict[str, list[int]] = defaultdict(list)
        for sample in samples:
            for facet in facets_of(sample):
                ordinals[facet.key].append(sample.ordinal)
        index = [
            {"pk": index_pk(key, facet), "sk": f"{chunk:012}", "ordinals": bitmap(places)}
            for facet, places in sorted(ordinals.items())
        ]
        columns = columns_item(key, chunk, columns_of(samples), self._objects)
        self._batches.put([*index, columns])

    def remove_chunk(self, key: VersionKey, chunk: int, samples: Sequence[Sample]) -> None:
        facets = sorted({facet.key for sample in samples for facet in facets_of(sample)})
        self._batches.delete([{"pk": index_pk(key, facet), "sk": f"{chunk:012}"} for facet in facets])
        for sample in samples:
            self._release(key, sample)
        self._batches.delete([sample_key(key.scope, sample.sample_id) for sample in samples])
        history = query_all(
            self._table, Key("pk").eq(history_pk(key.scope, chunk)), ProjectionExpression="pk, sk"
        )
        self._batches.delete([{"pk": item["pk"], "sk": item["sk"]} for item in history])
        drop_columns(key, chunk, self._table, self._objects)
        self._table.delete_item(Key=chunk_key(key, chunk))

    def _release(self, key: VersionKey, sample: Sample) -> None:
        try:
            self._table.delete_item(
                Key=content_key(key, sample.sha256),
                ConditionExpression="sample_id = :mine",
                ExpressionAttributeValues={":mine": sample.sample_id},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return  # gone, or another sample's

    def chunks(self, key: VersionKey) -> Sequence[int]:
        return [
            int(item["chunk"])
            for item in query_all(self._table, below(version_pk(key), "chunk#"), ConsistentRead=True)
        ]

    def of_chunk(self, scope: ProjectScope, chunk: int) -> Sequence[Sample]:
        items = query_all(self._table, Key("pk").eq(samples_pk(scope, chunk)), ConsistentRead=True)
        return [sample_of(item) for item in items]

    def annotation_of(self, scope: ProjectScope, sample: Sample) -> Annotation:
        if sample.annotation is not None:
            return sample.annotation
        key = sample_key(scope, sample.sample_id)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        if item is None:
            raise SampleNotFoundError(sample_id=sample.sample_id)
        return kept_annotation(scope, item, self._objects)

    # --- reading ---

    def page(
        self, key: VersionKey, facet: Facet, *, limit: int, position: Position | None
    ) -> tuple[Sequence[Sample], Position | None]:
        ids, following = self._ids(key, facet, limit, position)
        found = self.find(key.scope, ids)
        return [found[sample_id] for sample_id in ids if sample_id in found], following

    def _ids(
        self, key: VersionKey, facet: Facet, limit: int, position: Position | None
    ) -> tuple[list[int], Position | None]:
        after = int(position["after"]) if position else -1
        first = chunk_of(after) if position else 0
        condition = Key("pk").eq(index_pk(key, facet.key)) & Key("sk").gte(f"{first:012}")
        ids: list[int] = []
        for item in query_all(self._table, condition, ConsistentRead=True):
            chunk = int(item["sk"])
            if not self._finished(key, {chunk}):
                continue
            for ordinal in ordinals_of(unpacked_bits(item["ordinals"])):
                if sample_id_of(chunk, ordinal) <= after:
                    continue
                if len(ids) == limit:
                    return ids, {"after": ids[-1]}
                ids.append(sample_id_of(chunk, ordinal))
        return ids, None

    def get(self, key: VersionKey, sample_id: int) -> Sample:
        sample = self.find(key.scope, [sample_id]).get(sample_id)
        version = (key.dataset_id, key.version_number)
        if sample is None or (sample.dataset_id, sample.version_number) != version:
            raise SampleNotFoundError(sample_id=sample_id)
        if not self._finished(key, {sample.chunk}):
            raise SampleNotFoundError(sample_id=sample_id)
        return sample

    def find(self, scope: ProjectScope, sample_ids: Iterable[int]) -> Mapping[int, Sample]:
        keys = [sample_key(scope, sample_id) for sample_id in dict.fromkeys(sample_ids)]
        samples = [sample_of(item) for item in self._batches.get(keys)]
        return {sample.sample_id: sample for sample in samples}

    def _finished(self, key: VersionKey, chunks: Iterable[int]) -> frozenset[int]:
        items = self._batches.get([chunk_key(key, chunk) for chunk in chunks])
        return frozenset(int(item["chunk"]) for item in items)
