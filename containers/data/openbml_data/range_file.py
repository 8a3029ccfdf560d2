"""An object in storage as a file that can be read at any place."""

import io
from collections import OrderedDict
from typing import Any

_BLOCK = 1 << 20
_KEPT = 8


class RangeFile(io.RawIOBase):
    """Reads by ranges of a megabyte; the last few stay, so that small reads near each other cost one call."""

    def __init__(self, s3: Any, bucket: str, key: str, *, block: int = _BLOCK) -> None:
        head = s3.head_object(Bucket=bucket, Key=key)
        self._s3 = s3
        self._place = {"Bucket": bucket, "Key": key, "IfMatch": head["ETag"]}
        self._block = block
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self.size = int(head["ContentLength"])

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        if self._position >= self.size or not len(wanted):
            return 0
        number, offset = divmod(self._position, self._block)
        part = self._read_block(number)[offset : offset + len(wanted)]
        wanted[: len(part)] = part
        self._position += len(part)
        return len(part)

    def read(self, size: int | None = -1) -> bytes:
        """Return exactly so many bytes, fewer only at the end of the file."""
        left = self.size - self._position if size is None or size < 0 else size
        parts = []
        while left > 0:
            buffer = bytearray(min(left, self._block))
            count = self.readinto(buffer)
            if not count:
                break
            parts.append(bytes(buffer[:count]))
            left -= count
        return b"".join(parts)

    def _read_block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * self._block
        end = min(start + self._block, self.size) - 1
        body: bytes = self._s3.get_object(**self._place, Range=f"bytes={start}-{end}")["Body"].read()
        self._blocks[number] = body
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return body
