"""An S3 client in memory, as far as the data image uses it; `refusing` names operations that are denied."""

# ruff: noqa: N803 - arguments are called as S3's API calls them

import hashlib
import io
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError


class MemoryS3:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.refusing: dict[str, str] = {}
        self.calls: list[str] = []
        self._lock = threading.Lock()

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **options: Any) -> dict[str, Any]:
        self._answer("PutObject")
        self.objects[Bucket, Key] = Body
        return {"ETag": _etag(Body)}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        body = self._body("HeadObject", Bucket, Key)
        return {"ContentLength": len(body), "ETag": _etag(body)}

    def get_object(
        self, *, Bucket: str, Key: str, Range: str | None = None, IfMatch: str | None = None
    ) -> dict[str, Any]:
        body = self._body("GetObject", Bucket, Key)
        if IfMatch not in (None, _etag(body)):
            raise _error("PreconditionFailed", "GetObject")
        if Range:
            start, end = (int(part) for part in Range.removeprefix("bytes=").split("-"))
            body = body[start : end + 1]
        return {"Body": io.BytesIO(body)}

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.put_object(Bucket=bucket, Key=key, Body=Path(path).read_bytes())

    def get_paginator(self, _operation: str) -> "_Listing":
        return _Listing(self)

    def create_multipart_upload(self, *, Bucket: str, Key: str, **options: Any) -> dict[str, Any]:
        self._answer("CreateMultipartUpload")
        upload_id = f"upload-{len(self.uploads)}"
        self.uploads[upload_id] = {}
        return {"UploadId": upload_id}

    def upload_part(
        self, *, Bucket: str, Key: str, UploadId: str, PartNumber: int, Body: bytes
    ) -> dict[str, Any]:
        self._answer("UploadPart")
        with self._lock:
            self.uploads[UploadId][PartNumber] = Body
        return {"ETag": _etag(Body)}

    def complete_multipart_upload(
        self, *, Bucket: str, Key: str, UploadId: str, MultipartUpload: dict[str, Any]
    ) -> None:
        self._answer("CompleteMultipartUpload")
        parts = self.uploads.pop(UploadId)
        listed = [part["PartNumber"] for part in MultipartUpload["Parts"]]
        assert listed == sorted(parts), "parts are listed in order, each of them"
        self.objects[Bucket, Key] = b"".join(parts[number] for number in listed)

    def abort_multipart_upload(self, *, Bucket: str, Key: str, UploadId: str) -> None:
        self._answer("AbortMultipartUpload")
        self.uploads.pop(UploadId, None)

    def _body(self, operation: str, bucket: str, key: str) -> bytes:
        self._answer(operation)
        if (bucket, key) not in self.objects:
            raise _error("NoSuchKey", operation)
        return self.objects[bucket, key]

    def _answer(self, operation: str) -> None:
        with self._lock:
            self.calls.append(operation)
        if operation in self.refusing:
            raise _error(self.refusing[operation], operation)


class _Listing:
    def __init__(self, storage: MemoryS3) -> None:
        self._storage = storage

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        self._storage._answer("ListObjectsV2")
        found = sorted(
            (key, body) for (bucket, key), body in self._storage.objects.items() if bucket == Bucket
        )
        yield {
            "Contents": [
                {"Key": key, "Size": len(body), "ETag": _etag(body)}
                for key, body in found
                if key.startswith(Prefix)
            ]
        }


@lru_cache(maxsize=64)
def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)
