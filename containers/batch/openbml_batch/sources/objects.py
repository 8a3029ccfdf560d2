"""A folder of pictures, texts or sounds: every object is an item."""

from collections.abc import Iterator
from functools import partial

from openbml_batch.items import Document, Item, Wanted
from openbml_batch.payloads import Payload
from openbml_batch.sources.listings import Listing
from openbml_batch.storage import Stored


class ObjectsSource:
    columns: tuple[str, ...] = ()

    def __init__(self, listing: Listing, payload: Payload) -> None:
        self._listing = listing
        self._payload = payload
        self.total: int | None = listing.count
        self.share = 0.0
        self.print = listing.print

    def items(self, wanted: Wanted) -> Iterator[Item]:
        for index, stored in enumerate(self._listing):
            self.share = index / self._listing.count
            if wanted(index):
                yield Item(index, stored.name, partial(self._load, stored))
        self.share = 1.0

    def _load(self, stored: Stored) -> Document:
        self._payload.check_size(stored.size)
        content = self._listing.bucket.read_range(stored, 0, stored.size) if stored.size else b""
        return self._payload.document(content)
