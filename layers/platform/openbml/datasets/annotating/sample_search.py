"""Lists of samples by any mixture of filters, in order, by cursor or by place; at 100,000 samples too.

States, sources and labels are bits of the index; names, sizes and times are columns. Neither needs the
samples themselves, which are read for the page that is shown.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.datasets.annotating.version_columns import Criteria, VersionColumns
from openbml.datasets.datasets import DatasetVersion, Position
from openbml.datasets.sample_columns import milliseconds
from openbml.datasets.samples import AnnotationSource, AnnotationState, Facet, chunk_of, sample_id_of

Bits = Mapping[int, int]


class SampleOrder(StrEnum):
    ID = "id"  # as they came
    NEWEST = "-id"
    NAME = "name"
    NAME_BACKWARDS = "-name"

    @property
    def by_name(self) -> bool:
        return self in (SampleOrder.NAME, SampleOrder.NAME_BACKWARDS)

    @property
    def backwards(self) -> bool:
        return self in (SampleOrder.NEWEST, SampleOrder.NAME_BACKWARDS)


class SampleFilter(BaseModel):
    """Which samples: all members together; None asks for nothing.

    Attributes:
        name: is contained in the sample's name, whatever the case.
        name_prefix: the sample's name begins with it, whatever the case.
        min_size_bytes, max_size_bytes, added_after, added_before: inclusive.
    """

    model_config = ConfigDict(frozen=True)

    label: str | None = None
    annotation_state: AnnotationState | None = None
    annotation_source: AnnotationSource | None = None
    name: str | None = None
    name_prefix: str | None = None
    min_size_bytes: int | None = None
    max_size_bytes: int | None = None
    added_after: AwareDatetime | None = None
    added_before: AwareDatetime | None = None

    def facets(self) -> Sequence[Facet]:
        """Return the lists whose common samples are asked for.

        Raises:
            InvalidRequestError: a label, or a source, of the unlabelled.
        """
        if self.annotation_state is AnnotationState.UNLABELLED and self.annotation_source:
            raise InvalidRequestError(
                field="annotation_source", reason="unlabelled samples have no annotation from anywhere"
            )
        facets = [Facet.chosen(self.label, self.annotation_state)]
        if self.annotation_source:
            facets.append(Facet.source(self.annotation_source))
        return facets

    def criteria(self) -> Criteria | None:
        """Return what is asked of the columns, None where nothing is."""
        criteria = Criteria(
            name=self.name.casefold() if self.name else None,
            prefix=self.name_prefix.casefold() if self.name_prefix else None,
            smallest=self.min_size_bytes,
            largest=self.max_size_bytes,
            first_ms=milliseconds(self.added_after) if self.added_after else None,
            last_ms=milliseconds(self.added_before) if self.added_before else None,
        )
        return None if criteria == Criteria() else criteria


class SampleIndex(Protocol):
    def bits(self, version: DatasetVersion, facets: Sequence[Facet]) -> Bits:
        """Return, by finished chunk in ascending order, the samples that are in all the lists."""

    def columns(self, version: DatasetVersion) -> VersionColumns:
        """Return names, sizes and times of the version's finished chunks."""


class Found(NamedTuple):
    """A page of sample ids; `total` counts all samples of the filter."""

    sample_ids: Sequence[int]
    total: int
    following: Position | None


def find_samples(
    version: DatasetVersion,
    wanted: SampleFilter,
    *,
    order: SampleOrder = SampleOrder.ID,
    limit: int,
    position: Position | None = None,
    offset: int = 0,
    index: SampleIndex,
) -> Found:
    """Return the page behind a position (of an earlier page), or from a place in the list.

    A position names a sample, not a place: edits and deletions between two pages move nothing twice past the
    reader.

    Raises:
        InvalidRequestError: the filters contradict each other.
    """
    bits = matching_bits(version, wanted, index=index)
    total = sum(row.bit_count() for row in bits.values())
    ids = _ordered(version, bits, order, position, offset, index)
    page = list(islice(ids, limit + 1))
    more = len(page) > limit
    shown = page[:limit]
    following = _position_of(version, shown[-1], order, index) if more and shown else None
    return Found(shown, total, following)


def matching_bits(version: DatasetVersion, wanted: SampleFilter, *, index: SampleIndex) -> Bits:
    """Return all samples of a filter, by chunk.

    Raises:
        InvalidRequestError: the filters contradict each other.
    """
    bits = index.bits(version, wanted.facets())
    criteria = wanted.criteria()
    return bits if criteria is None else index.columns(version).matching(bits, criteria)


def ids_of(bits: Bits, *, after: int | None = None, skip: int = 0) -> Iterator[int]:
    """Yield sample ids in ascending order, those after one, but not the first `skip` of them."""
    for chunk, row in bits.items():
        if after is not None and chunk <= chunk_of(after):
            row = _above(row, chunk, after)
        count = row.bit_count()
        if count <= skip:
            skip -= count
            continue
        while row:
            lowest = row & -row
            row ^= lowest
            if skip:
                skip -= 1
                continue
            yield sample_id_of(chunk, lowest.bit_length() - 1)


def ids_backwards(bits: Bits, *, before: int | None = None, skip: int = 0) -> Iterator[int]:
    """Yield sample ids in descending order, those before one, but not the first `skip` of them."""
    for chunk, row in reversed(list(bits.items())):
        if before is not None and chunk >= chunk_of(before):
            row = _below(row, chunk, before)
        count = row.bit_count()
        if count <= skip:
            skip -= count
            continue
        while row:
            place = row.bit_length() - 1
            row ^= 1 << place
            if skip:
                skip -= 1
                continue
            yield sample_id_of(chunk, place)


def _above(row: int, chunk: int, after: int) -> int:
    if chunk < chunk_of(after):
        return 0
    ordinal = after - sample_id_of(chunk, 0)
    return row >> (ordinal + 1) << (ordinal + 1)


def _below(row: int, chunk: int, before: int) -> int:
    if chunk > chunk_of(before):
        return 0
    return row & ((1 << (before - sample_id_of(chunk, 0))) - 1)


def _ordered(
    version: DatasetVersion,
    bits: Bits,
    order: SampleOrder,
    position: Position | None,
    offset: int,
    index: SampleIndex,
) -> Iterator[int]:
    last = int(position["id"]) if position else None
    if order.by_name:
        name = str(position["name"]) if position else None
        after = None if last is None or name is None else (name, last)
        named = index.columns(version).by_name(bits, after=after, backwards=order.backwards)
        return islice(named, offset, None)
    if order.backwards:
        return ids_backwards(bits, before=last, skip=offset)
    return ids_of(bits, after=last, skip=offset)


def _position_of(version: DatasetVersion, sample_id: int, order: SampleOrder, index: SampleIndex) -> Position:
    if order.by_name:
        return {"id": sample_id, "name": index.columns(version).sort_name(sample_id)}
    return {"id": sample_id}
