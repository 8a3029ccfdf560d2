"""The part of what was uploaded that a shard needs, fetched in few requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import groupby
from typing import NamedTuple

from openbml.datasets.limits import MIB
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore
from openbml_formats.planned import ArchiveEntry, StoredFile
from openbml_formats.sources import MemberUnreadableError
from openbml_formats.zip_directory import Entry, entry_data
from openbml_formats.zip_source import packed_length

_BLOCK_BYTES = 8 * MIB
_GAP_BYTES = 64 * 1024  # reading over a small gap is cheaper than another request


class _Span(NamedTuple):
    upload: int
    start: int
    end: int


class BlockReader:
    """Files' contents out of a few range requests, made as soon as the reader is.

    A shard's entries may lie anywhere: an archiver may write all images first and the annotations after them.

    Args:
        key_of: the key of an upload by its number.
        wanted: what is going to be read, and nothing else.
    """

    def __init__(
        self,
        archives: ObjectStore,
        key_of: Callable[[int], str],
        wanted: Iterable[ArchiveEntry | StoredFile],
        executor: Executor,
    ) -> None:
        files = list(wanted)
        self._spans = list(_spans(file for file in files if isinstance(file, ArchiveEntry)))
        self._blocks: list[Future[bytes]] = [
            executor.submit(archives.read_range, key_of(span.upload), span.start, span.end)
            for span in self._spans
        ]
        self._files: dict[str, Future[bytes]] = {
            file.key: executor.submit(_read_file, archives, file)
            for file in files
            if isinstance(file, StoredFile)
        }

    def read(self, file: ArchiveEntry | StoredFile) -> bytes:
        """Return a file's content. Raises MemberUnreadableError."""
        if isinstance(file, StoredFile):
            return self._files[file.key].result()
        place = _last_start(self._spans, (file.upload, file.offset))
        start = file.offset - self._spans[place].start
        length = packed_length(file.room, file.compressed_size)
        raw = self._blocks[place].result()[start : start + length]
        return entry_data(Entry(**file.model_dump(exclude={"upload"})), raw)


def _read_file(archives: ObjectStore, file: StoredFile) -> bytes:
    try:
        data = archives.read(file.key)
    except ObjectMissingError as error:
        raise MemberUnreadableError("it has expired") from error
    if len(data) != file.size:
        raise MemberUnreadableError("its size differs from what was planned")
    return data


def _spans(entries: Iterable[ArchiveEntry]) -> Iterator[_Span]:
    placed = sorted(entries, key=lambda entry: (entry.upload, entry.offset))
    for upload, group in groupby(placed, key=lambda entry: entry.upload):
        current: _Span | None = None
        for entry in group:
            end = entry.offset + packed_length(entry.room, entry.compressed_size)
            if current and entry.offset - current.end <= _GAP_BYTES and end - current.start <= _BLOCK_BYTES:
                current = current._replace(end=max(current.end, end))
                continue
            if current:
                yield current
            current = _Span(upload, entry.offset, end)
        if current:
            yield current


def _last_start(spans: Sequence[_Span], wanted: tuple[int, int]) -> int:
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if (spans[middle].upload, spans[middle].start) <= wanted:
            low = middle + 1
        else:
            high = middle
    return low - 1
