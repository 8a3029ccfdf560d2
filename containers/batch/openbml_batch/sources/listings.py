"""The objects of an input, listed once: on disk, so that a million of them cost no memory."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from openbml_batch.storage import Bucket, Stored, place_of
from openbml_formats.entry_names import is_junk
from openbml_kit.faults import UserFault

_FIRST = 1000


class Listing:
    """What an address names: the object, or all objects below it in the order of their keys.

    Attributes:
        first: the first objects, enough to tell what they are.
        print: of all keys, sizes and contents.
    """

    def __init__(self, bucket: Bucket, found: Iterable[Stored], file: IO[bytes]) -> None:
        self.bucket = bucket
        self._file = file
        self.count = 0
        self.size_bytes = 0
        self.first: list[Stored] = []
        digest = hashlib.sha256()
        for stored in found:
            line = json.dumps(stored).encode() + b"\n"
            self._file.write(line)
            digest.update(line)
            self.count += 1
            self.size_bytes += stored.size
            if len(self.first) < _FIRST:
                self.first.append(stored)
        self.print = digest.hexdigest()

    def __iter__(self) -> Iterator[Stored]:
        self._file.seek(0)
        for line in self._file:
            yield Stored(*json.loads(line))


@contextmanager
def listed(bucket: Bucket, uri: str) -> Iterator[Listing]:
    """List the input at an address.

    Raises:
        UserFault: there is nothing.
    """
    with tempfile.TemporaryFile("w+b") as file:
        listing = Listing(bucket, _found(bucket, uri), file)
        if not listing.count:
            raise UserFault(f"there is nothing below {uri}")
        yield listing


def _found(bucket: Bucket, uri: str) -> Iterator[Stored]:
    key = place_of(uri)[1]
    if key and not key.endswith("/"):
        yield bucket.head(key)
        return
    yield from (stored for stored in bucket.list(key) if not is_junk(stored.name))
