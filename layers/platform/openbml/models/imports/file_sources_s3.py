"""S3 adapter of `FileSources`: what was uploaded, and folders of buckets that the platform may read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from botocore.exceptions import ClientError

from openbml.models.imports.file_sources import FileSource, SourceFile, SourceUnreadableError
from openbml.models.imports.limits import FILES_PER_FOLDER, TOTAL_BYTES

_URI = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<prefix>.{0,900})")
_CAUSES = {
    "AccessDenied": "the platform's role may not read it",
    "403": "the platform's role may not read it",
    "NoSuchBucket": "there is no such bucket",
    "NoSuchKey": "it is not there any more",
    "404": "it is not there",
    "PermanentRedirect": "the bucket is in another region",
    "InvalidObjectState": "it is archived: restore it first",
    "InvalidRange": "it was changed while it was read",
}


class _Place(NamedTuple):
    bucket: str
    key: str
    size_bytes: int


class S3FileSources:
    """Args:
    uploads_bucket: where uploads lie.
    closed: buckets that no address may name: projects would read each other's files.
    """

    def __init__(self, client: Any, *, uploads_bucket: str, closed: Sequence[str]) -> None:
        self._client = client
        self._uploads_bucket = uploads_bucket
        self._closed = frozenset(closed)

    def uploaded(self, files: Mapping[str, str]) -> FileSource:
        places: dict[str, _Place] = {}
        for name, key in files.items():
            try:
                reply = self._client.head_object(Bucket=self._uploads_bucket, Key=key)
            except ClientError as error:
                raise _unreadable(name, error) from error
            places[name] = _Place(self._uploads_bucket, key, int(reply["ContentLength"]))
        return S3FileSource(self._client, places)

    def folder(self, s3_uri: str) -> FileSource:
        found = _URI.fullmatch(s3_uri)
        if found is None:
            raise SourceUnreadableError(place=s3_uri[:200], reason="it is no address s3://bucket/prefix")
        bucket, prefix = found["bucket"], found["prefix"]
        if bucket in self._closed:
            raise SourceUnreadableError(place=s3_uri, reason="it is a bucket of this installation")
        if prefix and not prefix.endswith("/"):
            prefix += "/"
        try:
            places = self._listed(bucket, prefix, s3_uri)
        except ClientError as error:
            raise _unreadable(s3_uri, error) from error
        if not places:
            raise SourceUnreadableError(place=s3_uri, reason="there are no files below it")
        return S3FileSource(self._client, places)

    def _listed(self, bucket: str, prefix: str, s3_uri: str) -> dict[str, _Place]:
        places: dict[str, _Place] = {}
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for row in page.get("Contents", []):
                if not row["Key"].endswith("/"):
                    places[row["Key"].removeprefix(prefix)] = _Place(bucket, row["Key"], int(row["Size"]))
            if len(places) > FILES_PER_FOLDER:
                reason = f"there are more than {FILES_PER_FOLDER} files below it"
                raise SourceUnreadableError(place=s3_uri, reason=reason)
        if sum(place.size_bytes for place in places.values()) > TOTAL_BYTES:
            raise SourceUnreadableError(place=s3_uri, reason="the files have more than 20 GiB together")
        return places


class S3FileSource:
    def __init__(self, client: Any, places: Mapping[str, _Place]) -> None:
        self._client = client
        self._places = places

    @property
    def files(self) -> Sequence[SourceFile]:
        return [SourceFile(name=name, size_bytes=row.size_bytes) for name, row in self._places.items()]

    def read_range(self, name: str, start: int, end: int) -> bytes:
        end = min(end, self._places[name].size_bytes)
        if start >= end:
            return b""
        content: bytes = self._get(name, Range=f"bytes={start}-{end - 1}")["Body"].read()
        return content

    def open(self, name: str) -> BinaryIO:
        body: BinaryIO = self._get(name)["Body"]
        return body

    def _get(self, name: str, **options: str) -> Any:
        place = self._places[name]
        try:
            return self._client.get_object(Bucket=place.bucket, Key=place.key, **options)
        except ClientError as error:
            raise _unreadable(name, error) from error


def _unreadable(place: str, error: ClientError) -> Exception:
    """Return a cause that people can act on; anything else is no fault of theirs."""
    cause = _CAUSES.get(str(error.response["Error"]["Code"]))
    return error if cause is None else SourceUnreadableError(place=place[:200], reason=cause)
