"""Bytes of any length into one object, as a multipart upload: whole or not at all."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

_PART = 8 * 1024 * 1024
_GROWTH = 1_000  # parts of a size; storage takes 10,000 parts, so that 440 GB fit
_IN_FLIGHT = 2


class PartStream:
    """A file that is only written, from front to back; `with` completes it, an error aborts it."""

    def __init__(
        self,
        s3: Any,
        pool: ThreadPoolExecutor,
        *,
        bucket: str,
        key: str,
        content_type: str,
        part: int = _PART,
    ) -> None:
        self._s3 = s3
        self._pool = pool
        self._part = part
        reply = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType=content_type)
        self._place = {"Bucket": bucket, "Key": key, "UploadId": reply["UploadId"]}
        self._buffer = bytearray()
        self._sending: deque[tuple[int, Future[str]]] = deque()
        self._parts: list[dict[str, Any]] = []
        self._sent = 0
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abort()
            return
        try:
            self._complete()
        except BaseException:
            self._abort()
            raise

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._buffer += data
        limit = self._part * (1 + self._sent // _GROWTH)
        while len(self._buffer) >= limit:
            self._send(bytes(memoryview(self._buffer)[:limit]))
            del self._buffer[:limit]

    def _send(self, body: bytes) -> None:
        while len(self._sending) >= _IN_FLIGHT:
            self._collect()
        self._sent += 1
        self._sending.append((self._sent, self._pool.submit(self._upload, self._sent, body)))

    def _upload(self, number: int, body: bytes) -> str:
        return str(self._s3.upload_part(**self._place, PartNumber=number, Body=body)["ETag"])

    def _collect(self) -> None:
        number, future = self._sending.popleft()
        self._parts.append({"PartNumber": number, "ETag": future.result()})

    def _complete(self) -> None:
        if self._buffer or not self._sent:
            self._send(bytes(self._buffer))
            self._buffer.clear()
        while self._sending:
            self._collect()
        self._s3.complete_multipart_upload(**self._place, MultipartUpload={"Parts": self._parts})

    def _abort(self) -> None:
        """Parts that arrive after the abort are dropped by storage's rule for half uploads."""
        for _number, future in self._sending:
            future.cancel()
        self._s3.abort_multipart_upload(**self._place)
