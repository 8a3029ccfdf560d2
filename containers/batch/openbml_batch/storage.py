"""Objects of S3 as a batch job needs them: lists, streams, ranges, whole writes; addresses are `s3://…`."""

import io
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from openbml_kit.faults import UserFault

_BLOCK = 1 << 20
_KEPT = 8
_MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "NotFound"})
_REFUSED = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled"})
_CHANGED = frozenset({"PreconditionFailed", "412"})

Reply = TypeVar("Reply")


class Stored(NamedTuple):
    """An object of a list; `name` is its key below the listed prefix, or the last part of a single key."""

    key: str
    name: str
    size: int
    etag: str


class Bucket:
    """One bucket's objects.

    Failures that the owner of the data can mend are theirs: `UserFault` with what to do. All others go up as
    they are, after botocore's own attempts.
    """

    def __init__(self, s3: Any, name: str) -> None:
        self._s3 = s3
        self.name = name

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield the objects below a prefix in the order of their keys; folders' own markers are none."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        try:
            for page in pages:
                for row in page.get("Contents", []):
                    if not row["Key"].endswith("/"):
                        yield Stored(
                            row["Key"], row["Key"].removeprefix(prefix), int(row["Size"]), str(row["ETag"])
                        )
        except ClientError as error:
            raise self._fault(error, prefix) from error

    def head(self, key: str) -> Stored:
        reply = self._told(key, lambda: self._s3.head_object(Bucket=self.name, Key=key))
        return Stored(key, key.rpartition("/")[2], int(reply["ContentLength"]), str(reply["ETag"]))

    def read(self, key: str) -> bytes:
        reply = self._told(key, lambda: self._s3.get_object(Bucket=self.name, Key=key))
        body: bytes = reply["Body"].read()
        return body

    def find(self, key: str) -> bytes | None:
        try:
            body: bytes = self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise self._fault(error, key) from error
        return body

    def read_range(self, stored: Stored, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end` of the object as it was listed."""
        reply = self._told(
            stored.key,
            lambda: self._s3.get_object(
                Bucket=self.name, Key=stored.key, IfMatch=stored.etag, Range=f"bytes={start}-{end - 1}"
            ),
        )
        body: bytes = reply["Body"].read()
        return body

    def put(self, key: str, body: bytes, content_type: str) -> None:
        self._told(
            key,
            lambda: self._s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type),
        )

    def put_file(self, key: str, path: Path) -> None:
        self._told(key, lambda: self._s3.upload_file(str(path), self.name, key))

    def _told(self, key: str, call: Callable[[], Reply]) -> Reply:
        try:
            return call()
        except ClientError as error:
            raise self._fault(error, key) from error

    def _fault(self, error: ClientError, key: str) -> Exception:
        place = f"s3://{self.name}/{key}"
        if _code(error) in _MISSING:
            return UserFault(f"{place} does not exist")
        if _code(error) in _REFUSED:
            return UserFault(f"{place} may not be accessed: grant the platform's batch role access to it")
        if _code(error) in _CHANGED:
            return UserFault(f"{place} was changed while it was read: start the batch prediction anew")
        return error


def place_of(uri: str) -> tuple[str, str]:
    """Return bucket and key of an address."""
    parts = urlsplit(uri, allow_fragments=False)
    return parts.netloc, uri.removeprefix(f"s3://{parts.netloc}").removeprefix("/")


class RangeFile(io.RawIOBase):
    """An object as a file; the last few megabytes stay, so that small reads near each other cost one call."""

    def __init__(self, bucket: Bucket, stored: Stored, *, block: int = _BLOCK) -> None:
        self._bucket = bucket
        self._stored = stored
        self._block = block
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._stored.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the start of the file")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        if self._position >= self._stored.size or not len(wanted):
            return 0
        number, offset = divmod(self._position, self._block)
        part = self._read_block(number)[offset : offset + len(wanted)]
        wanted[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _read_block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * self._block
        body = self._bucket.read_range(self._stored, start, min(start + self._block, self._stored.size))
        self._blocks[number] = body
        if len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)
        return body


def open_buffered(bucket: Bucket, stored: Stored) -> io.BufferedReader:
    """Return the object as a file that reads ahead of small reads."""
    return io.BufferedReader(RangeFile(bucket, stored, block=8 * _BLOCK), 8 * _BLOCK)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
