"""DynamoDB adapter of `SampleIndex`.

What was read is kept for the next call: bits as long as the version's revision stays, columns as long as they
are of the same chunks.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from boto3.dynamodb.conditions import Key

from openbml.datasets.annotating.sample_search import Bits
from openbml.datasets.annotating.version_columns import ChunkColumns, VersionColumns
from openbml.datasets.datasets import DatasetVersion, VersionKey
from openbml.datasets.sample_columns import columns_of, unpacked_columns
from openbml.datasets.sample_items_dynamodb import (
    columns_key,
    columns_pk,
    index_pk,
    kept_columns,
    sample_of,
    samples_pk,
    unpacked_bits,
)
from openbml.datasets.samples import Facet
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import below, query_all, version_pk

_LISTS = 64  # kept of all versions: 13 KB each at 100,000 samples
_VERSIONS = 3  # whose columns are kept: some 20 MB each at 100,000 samples


class _Kept(NamedTuple):
    revision: int
    rows: Mapping[int, int]


class DynamoSampleIndex:
    def __init__(self, table: Any, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects
        self._lists: OrderedDict[str, _Kept] = OrderedDict()
        self._columns: OrderedDict[str, tuple[Mapping[int, ChunkColumns], VersionColumns]] = OrderedDict()

    def bits(self, version: DatasetVersion, facets: Sequence[Facet]) -> Bits:
        rows: Mapping[int, int] = self._finished(version)
        for facet in facets:
            found = self._list(version, facet)
            rows = {chunk: both for chunk in rows if (both := rows[chunk] & found.get(chunk, 0))}
        return rows

    def _finished(self, version: DatasetVersion) -> Mapping[int, int]:
        """Return the finished chunks, every bit set."""
        pk = version_pk(version.key)
        kept = self._lists.get(pk)
        if kept is None or kept.revision != version.revision:
            chunks = query_all(
                self._table, below(pk, "chunk#"), ConsistentRead=True, ProjectionExpression="chunk"
            )
            kept = _Kept(version.revision, {int(item["chunk"]): -1 for item in chunks})
        return self._keep(pk, kept)

    def _list(self, version: DatasetVersion, facet: Facet) -> Mapping[int, int]:
        pk = index_pk(version.key, facet.key)
        kept = self._lists.get(pk)
        if kept is None or kept.revision != version.revision:
            items = query_all(self._table, Key("pk").eq(pk), ConsistentRead=True)
            rows = {int(item["sk"]): unpacked_bits(item["ordinals"]) for item in items}
            kept = _Kept(version.revision, rows)
        return self._keep(pk, kept)

    def _keep(self, pk: str, kept: _Kept) -> Mapping[int, int]:
        self._lists[pk] = kept
        self._lists.move_to_end(pk)
        while len(self._lists) > _LISTS:
            self._lists.popitem(last=False)
        return kept.rows

    def columns(self, version: DatasetVersion) -> VersionColumns:
        pk = columns_pk(version.key)
        wanted = self._finished(version)
        known, whole = self._columns.get(pk, ({}, VersionColumns([])))
        if list(known) != list(wanted):
            missing = [chunk for chunk in wanted if chunk not in known]
            known = {**known, **self._read(version.key, missing)}
            known = {chunk: known[chunk] for chunk in wanted}
            whole = VersionColumns(list(known.values()))
        self._columns[pk] = (known, whole)
        self._columns.move_to_end(pk)
        while len(self._columns) > _VERSIONS:
            self._columns.popitem(last=False)
        return whole

    def _read(self, key: VersionKey, chunks: Sequence[int]) -> Mapping[int, ChunkColumns]:
        if not chunks:
            return {}
        first, last = columns_key(key, min(chunks))["sk"], columns_key(key, max(chunks))["sk"]
        condition = Key("pk").eq(columns_pk(key)) & Key("sk").between(first, last)
        wanted = frozenset(chunks)
        found = {
            chunk: ChunkColumns(chunk, unpacked_columns(kept_columns(key, item, self._objects)))
            for item in query_all(self._table, condition, ConsistentRead=True)
            if (chunk := int(item["sk"])) in wanted
        }
        for chunk in wanted - set(found):
            found[chunk] = self._computed(key, chunk)
        return found

    def _computed(self, key: VersionKey, chunk: int) -> ChunkColumns:
        """Return the columns of a chunk that was written without, by its samples."""
        items = query_all(self._table, Key("pk").eq(samples_pk(key.scope, chunk)), ConsistentRead=True)
        return ChunkColumns(chunk, columns_of([sample_of(item) for item in items]))
