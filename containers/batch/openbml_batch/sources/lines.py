"""JSON Lines: one request body per line; blank lines are none."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import IO

from openbml_batch.items import Document, Item, Wanted
from openbml_batch.sources.listings import Listing
from openbml_batch.storage import open_buffered

_BLOCK = 1 << 20
_MARK = b"\xef\xbb\xbf"  # of UTF-8, before the first line


class LinesSource:
    """
    Args:
        read: makes the request of a line. It raises ItemError.
        most_bytes: of a line; a longer one is passed to `read` cut behind that, which refuses it.
    """

    columns: tuple[str, ...] = ()

    def __init__(self, listing: Listing, read: Callable[[bytes], Document], *, most_bytes: int) -> None:
        self._listing = listing
        self._read = read
        self._most = most_bytes
        self.total: int | None = None
        self.share = 0.0
        self.print = listing.print

    def items(self, wanted: Wanted) -> Iterator[Item]:
        index = before = 0
        for stored in self._listing:
            with open_buffered(self._listing.bucket, stored) as file:
                for number, line in enumerate(self._lines(file), start=1):
                    self.share = (before + file.tell()) / max(1, self._listing.size_bytes)
                    body = (line.removeprefix(_MARK) if number == 1 else line).strip()
                    if not body:
                        continue
                    if wanted(index):
                        yield Item(index, f"{stored.name}:{number}", partial(self._read, body))
                    index += 1
            before += stored.size
        self.total = index
        self.share = 1.0

    def _lines(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield lines; of one that is too long, the start."""
        limit = self._most + len(_MARK) + 2  # a mark before and a line break behind it are not the body's
        while line := file.readline(limit):
            if len(line) == limit and not line.endswith(b"\n"):
                while (rest := file.readline(_BLOCK)) and not rest.endswith(b"\n"):
                    pass
            yield line
