"""S3 adapters of `ObjectStore` and `UploadStore`."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.core.download_names import saved_as
from openbml.datasets.stored_objects import (
    ObjectMissingError,
    UploadedPart,
    UploadGoneError,
    UploadRefusedError,
)

_URL_LIFETIME_S = 900
_PART_URL_LIFETIME_S = 3600
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_REFUSED = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


class S3ObjectStore:
    """Objects of one bucket; `presigner` is a client that only computes addresses."""

    def __init__(self, client: Any, bucket: str, presigner: Any) -> None:
        self._client = client
        self._bucket = bucket
        self._presigner = presigner

    def size(self, key: str) -> int:
        try:
            return int(self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"])
        except ClientError as error:
            raise _translated(error, key) from error

    def read(self, key: str) -> bytes:
        return self._get(key)

    def read_range(self, key: str, start: int, end: int) -> bytes:
        return self._get(key, Range=f"bytes={start}-{end - 1}")

    def _get(self, key: str, **options: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key, **options)["Body"].read()
        except ClientError as error:
            raise _translated(error, key) from error
        return body

    def put(self, key: str, body: bytes, *, content_type: str, sha256: bytes | None = None) -> None:
        check = {"ChecksumSHA256": base64.b64encode(sha256).decode()} if sha256 else {}
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, **check)

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def delete_below(self, prefix: str) -> None:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for page in pages:
            found = [{"Key": entry["Key"]} for entry in page.get("Contents", [])]
            if found:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": found, "Quiet": True})

    def uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def url(self, key: str) -> str:
        address: str = self._presigner.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_URL_LIFETIME_S
        )
        return address

    def download_url(self, key: str, filename: str, *, lifetime_s: int) -> str:
        params = {"Bucket": self._bucket, "Key": key, "ResponseContentDisposition": saved_as(filename)}
        address: str = self._presigner.generate_presigned_url(
            "get_object", Params=params, ExpiresIn=lifetime_s
        )
        return address


class S3UploadStore:
    """Multipart uploads into one bucket."""

    def __init__(self, client: Any, bucket: str, presigner: Any) -> None:
        self._client = client
        self._bucket = bucket
        self._presigner = presigner

    def open(self, key: str) -> str:
        reply = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)
        return str(reply["UploadId"])

    def part_urls(self, key: str, upload_id: str, part_numbers: Sequence[int]) -> Mapping[int, str]:
        place = {"Bucket": self._bucket, "Key": key, "UploadId": upload_id}
        return {
            number: self._presigner.generate_presigned_url(
                "upload_part", Params={**place, "PartNumber": number}, ExpiresIn=_PART_URL_LIFETIME_S
            )
            for number in part_numbers
        }

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        pages = self._client.get_paginator("list_parts").paginate(
            Bucket=self._bucket, Key=key, UploadId=upload_id
        )
        try:
            return [
                UploadedPart(part_number=part["PartNumber"], etag=part["ETag"], size_bytes=part["Size"])
                for page in pages
                for part in page.get("Parts", [])
            ]
        except ClientError as error:
            raise _translated_upload(error, upload_id) from error

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        listed = [{"PartNumber": part.part_number, "ETag": part.etag} for part in parts]
        try:
            self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": listed}
            )
        except ClientError as error:
            raise _translated_upload(error, upload_id) from error

    def abort(self, key: str, upload_id: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        except ClientError as error:
            if _code(error) != "NoSuchUpload":
                raise


def _translated(error: ClientError, key: str) -> Exception:
    return ObjectMissingError(key=key) if _code(error) in _MISSING else error


def _translated_upload(error: ClientError, upload_id: str) -> Exception:
    code = _code(error)
    if code == "NoSuchUpload":
        return UploadGoneError(upload_id=upload_id)
    return UploadRefusedError(reason=code) if code in _REFUSED else error
