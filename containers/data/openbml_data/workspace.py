"""A job's view of the project's objects: listings, blobs, uploads, archives, with bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from openbml_data.job_progress import JobProgress
from openbml_data.range_file import RangeFile
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.listings import ListedSample, unpacked_listing
from openbml_kit.faults import PlatformFault

THREADS = 16
_READ_AHEAD_BYTES = 12 * 1024 * 1024
_READ_AHEAD = 64  # items
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})

Item = TypeVar("Item")
Read = Callable[[], bytes]


@dataclass(frozen=True)
class Workspace:
    """Everything a kind's `run` may touch; all keys lie below the order's project prefix."""

    order: DataJobOrder
    s3: Any
    pool: ThreadPoolExecutor
    progress: JobProgress

    def samples(self) -> Iterator[ListedSample]:
        """Yield the ordered samples in their order; the next listing is read while one is worked on."""
        keys = [(key, 1) for key in self.order.samples]
        for _key, read in self.read_ahead(keys, size_of=lambda _: 1 << 20, read=self._upload_of):
            yield from unpacked_listing(read())

    def with_content(self, samples: Iterable[ListedSample]) -> Iterator[tuple[ListedSample, Read]]:
        """Yield samples with what reads their blob, which is on its way already.

        What is not read before the next sample is asked for is dropped; a sample of texts has no blob.
        """
        items = ((sample, sample.size_bytes) for sample in samples)
        yield from self.read_ahead(
            items, size_of=lambda sample: sample.size_bytes, read=lambda sample: self.blob(sample.sha256)
        )

    def read_ahead(
        self,
        items: Iterable[tuple[Item, int]],
        *,
        size_of: Callable[[Item], int],
        read: Callable[[Item], bytes],
    ) -> Iterator[tuple[Item, Read]]:
        """Read many objects at once and give them in order; a bounded number of bytes waits."""
        waiting: deque[tuple[Item, int, Future[bytes]]] = deque()
        ahead = 0
        source = iter(items)
        more = True
        try:
            while more or waiting:
                while more and (not waiting or (ahead < _READ_AHEAD_BYTES and len(waiting) < _READ_AHEAD)):
                    following = next(source, None)
                    if following is None:
                        more = False
                        break
                    item = following[0]
                    size = size_of(item)
                    waiting.append((item, size, self.pool.submit(read, item)))
                    ahead += size
                if waiting:
                    item, size, future = waiting.popleft()
                    yield item, future.result
                    ahead -= size
        finally:
            for _item, _size, future in waiting:
                future.cancel()

    def blob(self, sha256: str) -> bytes:
        """Return a sample's content. Raises PlatformFault: it is gone."""
        return self.data_object(f"{self.order.project_prefix}blobs/{sha256[:2]}/{sha256}")

    def data_object(self, key: str) -> bytes:
        return self._get(self.order.data_bucket, key)

    def upload_object(self, key: str) -> bytes:
        return self._get(self.order.uploads_bucket, key)

    def open_upload(self, key: str) -> RangeFile:
        """Return an uploaded file that is read by ranges, as `zipfile` and Parquet readers like it."""
        return RangeFile(self.s3, self.order.uploads_bucket, key)

    def open_data(self, key: str) -> RangeFile:
        return RangeFile(self.s3, self.order.data_bucket, key)

    def put_upload(self, key: str, body: bytes, *, content_type: str) -> None:
        self.s3.put_object(Bucket=self.order.uploads_bucket, Key=key, Body=body, ContentType=content_type)

    def put_data(self, key: str, body: bytes, *, content_type: str) -> None:
        self.s3.put_object(Bucket=self.order.data_bucket, Key=key, Body=body, ContentType=content_type)

    def _upload_of(self, key: str) -> bytes:
        return self.upload_object(key)

    def _get(self, bucket: str, key: str) -> bytes:
        try:
            body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if str(error.response["Error"]["Code"]) in _MISSING:
                raise PlatformFault(f"the object {key} is gone") from error
            raise
        return body


@contextmanager
def open_workspace(order: DataJobOrder, env: Mapping[str, str]) -> Iterator[Workspace]:
    config = Config(max_pool_connections=THREADS + 8, retries={"total_max_attempts": 6, "mode": "standard"})
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION")
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
    try:
        yield Workspace(
            order=order,
            s3=boto3.client("s3", region_name=region, config=config),
            pool=pool,
            progress=JobProgress(),
        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
