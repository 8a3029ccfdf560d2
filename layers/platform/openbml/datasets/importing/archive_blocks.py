"""The part of an archive that a shard needs, fetched in few requests."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from itertools import chain
from typing import NamedTuple

from openbml.datasets.importing.archives import Entry
from openbml.datasets.importing.pairing import Pair
from openbml.datasets.importing.shards import is_readable
from openbml.datasets.limits import ANNOTATION_BYTES, ENTRY_NAME_CHARACTERS, IMAGE_BYTES, MIB
from openbml.datasets.stored_objects import ObjectStore

_BLOCK_BYTES = 8 * MIB
_GAP_BYTES = 64 * 1024  # reading over a small gap is cheaper than another request
# Local header, a name of the longest kind and the extra fields that archivers write; an entry with more than
# that before its data is told to be cut off.
_HEADER_ROOM = 30 + 4 * ENTRY_NAME_CHARACTERS + 4096


class _Span(NamedTuple):
    start: int
    end: int


class BlockReader:
    """Entries' bytes out of a few range requests, made as soon as the reader is.

    A shard's entries may lie anywhere: an archiver may write all images first and the annotations after them.
    """

    def __init__(self, archives: ObjectStore, key: str, pairs: Sequence[Pair], executor: Executor) -> None:
        spans = _spans(pairs)
        self._spans = spans
        self._blocks: list[Future[bytes]] = [
            executor.submit(archives.read_range, key, span.start, span.end) for span in spans
        ]

    def read(self, entry: Entry) -> bytes:
        """Return the archive's bytes from the entry's local header to its end at the latest."""
        place = _last_start(self._spans, entry.offset)
        start = entry.offset - self._spans[place].start
        return self._blocks[place].result()[start : start + _length(entry)]


def _length(entry: Entry) -> int:
    return min(entry.room, entry.compressed_size + _HEADER_ROOM)


def _spans(pairs: Sequence[Pair]) -> Sequence[_Span]:
    wanted = chain(
        (pair.image for pair in pairs if is_readable(pair.image, IMAGE_BYTES)),
        (
            pair.annotation
            for pair in pairs
            if pair.annotation and is_readable(pair.annotation, ANNOTATION_BYTES)
        ),
    )
    spans: list[_Span] = []
    for entry in sorted(wanted, key=lambda entry: entry.offset):
        end = entry.offset + _length(entry)
        last = spans[-1] if spans else None
        if last and entry.offset - last.end <= _GAP_BYTES and end - last.start <= _BLOCK_BYTES:
            spans[-1] = _Span(last.start, max(last.end, end))
        else:
            spans.append(_Span(entry.offset, end))
    return spans


def _last_start(spans: Sequence[_Span], offset: int) -> int:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle].start <= offset:
            low = middle + 1
        else:
            high = middle
    return low - 1
