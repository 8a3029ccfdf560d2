"""The columns of a whole version in memory: searched chunk by chunk, ordered by name once."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from openbml.datasets.sample_columns import Columns
from openbml.datasets.samples import chunk_of, sample_id_of

Bits = Mapping[int, int]
_SEPARATOR = "\0"  # in no file's name


class Criteria(NamedTuple):
    """What is asked of name (case folded), size and time; None asks nothing, bounds are inclusive."""

    name: str | None = None
    prefix: str | None = None
    smallest: int | None = None
    largest: int | None = None
    first_ms: int | None = None
    last_ms: int | None = None


class ChunkColumns:
    """One chunk's columns, ready to be searched."""

    def __init__(self, chunk: int, columns: Columns) -> None:
        self.chunk = chunk
        self.columns = columns
        self.ordinals = columns.ordinals
        self.names = [name.casefold() for name in columns.names]
        self._sizes = columns.sizes
        self._added_ms = columns.added_ms

    @cached_property
    def bits(self) -> int:
        """Return the samples that have a row here."""
        if self.ordinals and self.ordinals[-1] == len(self.ordinals) - 1:
            return (1 << len(self.ordinals)) - 1  # no gaps, as imports without rejections write them
        return sum(1 << ordinal for ordinal in self.ordinals)

    @cached_property
    def _all_names(self) -> str:
        return _SEPARATOR + _SEPARATOR.join(self.names)

    @cached_property
    def _size_range(self) -> tuple[int, int]:
        return min(self._sizes, default=0), max(self._sizes, default=0)

    @cached_property
    def _time_range(self) -> tuple[int, int]:
        return min(self._added_ms, default=0), max(self._added_ms, default=0)

    def matching(self, criteria: Criteria) -> int:
        """Return the samples that meet all criteria, as bits."""
        places: Sequence[int] = range(len(self.ordinals))
        if criteria.name is not None:
            places = self._named(places, criteria.name, prefix=False)
        if criteria.prefix is not None:
            places = self._named(places, criteria.prefix, prefix=True)
        places = _between(places, self._sizes, self._size_range, criteria.smallest, criteria.largest)
        places = _between(places, self._added_ms, self._time_range, criteria.first_ms, criteria.last_ms)
        bits = 0
        for place in places:
            bits |= 1 << self.ordinals[place]
        return bits

    def _named(self, places: Sequence[int], part: str, *, prefix: bool) -> Sequence[int]:
        if (_SEPARATOR + part if prefix else part) not in self._all_names:
            return ()
        if prefix:
            return [place for place in places if self.names[place].startswith(part)]
        return [place for place in places if part in self.names[place]]


def _between(
    places: Sequence[int],
    values: Sequence[int],
    extent: tuple[int, int],
    least: int | None,
    most: int | None,
) -> Sequence[int]:
    low = extent[0] if least is None else least
    high = extent[1] if most is None else most
    if low <= extent[0] and high >= extent[1]:
        return places
    if low > extent[1] or high < extent[0]:
        return ()
    return [place for place in places if low <= values[place] <= high]


class VersionColumns:
    """Columns of chunks in ascending order."""

    def __init__(self, chunks: Sequence[ChunkColumns]) -> None:
        self._chunks = {chunk.chunk: chunk for chunk in chunks}

    def matching(self, bits: Bits, criteria: Criteria) -> Bits:
        """Return those of the samples that meet the criteria."""
        found = {}
        for chunk, row in bits.items():
            columns = self._chunks.get(chunk)
            both = row & columns.matching(criteria) if columns and row else 0
            if both:
                found[chunk] = both
        return found

    def sort_name(self, sample_id: int) -> str:
        """Return what a sample is ordered by."""
        columns = self._chunks[chunk_of(sample_id)]
        place = bisect_left(columns.ordinals, sample_id - sample_id_of(columns.chunk, 0))
        return columns.names[place]

    @cached_property
    def _order(self) -> Sequence[tuple[str, int]]:
        return sorted(
            (name, sample_id_of(columns.chunk, ordinal))
            for columns in self._chunks.values()
            for name, ordinal in zip(columns.names, columns.ordinals, strict=True)
        )

    def by_name(self, bits: Bits, *, after: tuple[str, int] | None, backwards: bool) -> Iterator[int]:
        """Yield those of the samples, by name and id, that come after one."""
        if backwards:
            end = len(self._order) if after is None else bisect_left(self._order, after)
            rows = (self._order[place] for place in range(end - 1, -1, -1))
        else:
            start = 0 if after is None else bisect_right(self._order, after)
            rows = (self._order[place] for place in range(start, len(self._order)))
        return (sample_id for _name, sample_id in rows if _contains(bits, sample_id))


def _contains(bits: Bits, sample_id: int) -> bool:
    chunk = sample_id >> 10
    return bool(bits.get(chunk, 0) >> (sample_id & 1023) & 1)
