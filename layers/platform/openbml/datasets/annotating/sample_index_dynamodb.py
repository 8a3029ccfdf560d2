"""DynamoDB adapter of `SampleIndex`.

What was read is kept for the next call: bits as long as the version's revision stays, columns as long as they
have a row for each sample.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from boto3.dynamodb.conditions import Key

from openbml.datasets.annotating.sample_search import Bits
from openbml.datasets.annotating.version_columns import ChunkColumns, VersionColumns
from openbml.datasets.datasets import DatasetVersion, VersionKey
from openbml.datasets.sample_columns import columns_of, joined_columns, unpacked_columns
from openbml.datasets.sample_items_dynamodb import (
    columns_item,
    columns_key,
    columns_pk,
    index_pk,
    kept_columns,
    ordinals_of,
    sample_key,
    sample_of,
    unpacked_bits,
)
from openbml.datasets.samples import Facet, sample_id_of
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import TableBatches, below, query_all, version_pk

_LISTS = 64  # kept of all versions: 13 KB each at 100,000 samples
_KEPT_ROWS = 100  # fewer are read again by whoever comes first to them
_VERSIONS = 3  # whose columns are kept: some 20 MB each at 100,000 samples


class _Kept(NamedTuple):
    revision: int
    rows: Mapping[int, int]


class DynamoSampleIndex:
    def __init__(self, table: Any, objects: ObjectStore) -> None:
        self._table = table
        self._batches = TableBatches(table)
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
        there = self.bits(version, [Facet.everything()])
        known, whole = self._columns.get(pk, ({}, VersionColumns([])))
        missing = [chunk for chunk, row in there.items() if chunk not in known or row & ~known[chunk].bits]
        if missing or list(known) != list(there):
            read = self._read(version.key, {chunk: there[chunk] for chunk in missing})
            known = {chunk: read.get(chunk) or known[chunk] for chunk in there}
            whole = VersionColumns(list(known.values()))
        self._columns[pk] = (known, whole)
        self._columns.move_to_end(pk)
        while len(self._columns) > _VERSIONS:
            self._columns.popitem(last=False)
        return whole

    def _read(self, key: VersionKey, wanted: Bits) -> Mapping[int, ChunkColumns]:
        """Return columns that have a row for each of the samples."""
        if not wanted:
            return {}
        first, last = columns_key(key, min(wanted))["sk"], columns_key(key, max(wanted))["sk"]
        condition = Key("pk").eq(columns_pk(key)) & Key("sk").between(first, last)
        found = {
            chunk: ChunkColumns(chunk, unpacked_columns(kept_columns(key, item, self._objects)))
            for item in query_all(self._table, condition, ConsistentRead=True)
            if (chunk := int(item["sk"])) in wanted
        }
        return {chunk: self._completed(key, chunk, row, found.get(chunk)) for chunk, row in wanted.items()}

    def _completed(self, key: VersionKey, chunk: int, row: int, found: ChunkColumns | None) -> ChunkColumns:
        """Add the rows of samples that came one by one since; many of them are kept for others too."""
        missing = row & ~found.bits if found else row
        if found and not missing:
            return found
        keys = [sample_key(key.scope, sample_id_of(chunk, ordinal)) for ordinal in ordinals_of(missing)]
        columns = columns_of([sample_of(item) for item in self._batches.get(keys)])
        if found:
            columns = joined_columns(found.columns, columns)
        if len(keys) >= _KEPT_ROWS:
            self._table.put_item(Item=columns_item(key, chunk, columns, self._objects))
        return ChunkColumns(chunk, columns)
