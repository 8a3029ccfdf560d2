"""A seekable file over an object in storage, for readers that need only parts of it."""

import io
from typing import Final

from openbml.datasets.stored_objects import ObjectStore

_BLOCK_BYTES: Final = 1024 * 1024


class RangeReader(io.RawIOBase):
    """Reads ranges of an object; keeps the last block, so that memory does not follow the object's size."""

    def __init__(self, store: ObjectStore, key: str, size: int, *, block_bytes: int = _BLOCK_BYTES) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._block_bytes = block_bytes
        self._position = 0
        self._block_start = 0
        self._block = b""

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("seek before the start")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted == 0:
            return b""
        if not self._holds(self._position, wanted):
            self._load(wanted)
        start = self._position - self._block_start
        self._position += wanted
        return self._block[start : start + wanted]

    def _holds(self, start: int, length: int) -> bool:
        return self._block_start <= start and start + length <= self._block_start + len(self._block)

    def _load(self, wanted: int) -> None:
        # Readers of an archive work backwards from its end: take the block that ends where the file does.
        end = min(self._size, max(self._position + wanted, self._position + self._block_bytes))
        start = min(self._position, max(0, end - self._block_bytes))
        self._block = self._store.read_range(self._key, start, end)
        self._block_start = start
