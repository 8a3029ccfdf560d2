"""Objects in S3, read and written with the credentials of a role."""

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.storage.aws_clients import AwsClients, Credentials
from sagemaker_local.storage.roles import RolesUnavailable

Result = TypeVar("Result")
_URI = re.compile(r"s3://(?P<bucket>[^/]+)(?:/(?P<key>.*))?", re.DOTALL)
#: A reply to HEAD has no body, so stale credentials show as a bare 403 there.
_STALE = {"InvalidAccessKeyId", "ExpiredToken", "InvalidToken", "UnrecognizedClientException", "403"}
_TRANSIENT_STATUS = {500, 502, 503, 504}
_TRANSFER = TransferConfig(max_concurrency=4, multipart_threshold=64 * 1024 * 1024)


_CHUNK = 1024 * 1024
#: Below this one plain request is quicker than the machinery for parts.
_SMALL_BYTES = 8 * 1024 * 1024


class CredentialSource(Protocol):
    """Where the credentials of a role come from. ``get`` raises RoleError or RolesUnavailable."""

    def get(self, role_arn: str) -> Credentials: ...
    def forget(self, role_arn: str) -> None: ...


class ObjectStoreError(Exception):
    """S3 refuses the request: missing object or bucket, or no permission."""


class ObjectStoreUnavailable(Exception):  # noqa: N818 - a state that passes, not an error of the request
    """S3 cannot be reached now."""


class Cancelled(Exception):  # noqa: N818 - an answer to a wish
    """The caller no longer wants the transfer."""


@dataclass(frozen=True)
class S3Uri:
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def below(self, relative: str) -> "S3Uri":
        base = self.key if not self.key or self.key.endswith("/") else self.key + "/"
        return S3Uri(self.bucket, base + relative)


@dataclass(frozen=True)
class ObjectInfo:
    key: str
    size_bytes: int
    etag: str


def parse_s3_uri(text: str) -> S3Uri:
    found = _URI.fullmatch(text)
    if found is None:
        raise ObjectStoreError(f"{text} is not an S3 address")
    return S3Uri(found["bucket"], found["key"] or "")


class S3Objects:
    """Blocking; used from worker threads. ``cancel`` ends a long transfer between objects."""

    def __init__(self, clients: AwsClients, roles: CredentialSource, *, role_arn: str, region: str) -> None:
        self._clients = clients
        self._roles = roles
        self._role_arn = role_arn
        self._region = region
        self._client: Any = None
        self._expires_at = 0.0
        self._lock = threading.Lock()

    def list(self, prefix: S3Uri) -> list[ObjectInfo]:
        return self._call(lambda s3: list(_pages(s3, prefix)), f"list {prefix}")

    def download(self, bucket: str, key: str, target: Path) -> None:
        """One request; the file is there only when it is whole."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{uuid.uuid4().hex}.part")
        try:
            with part.open("wb") as file:
                for chunk in self.stream(S3Uri(bucket, key)):
                    file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def read(self, uri: S3Uri) -> bytes:
        return self._call(
            lambda s3: bytes(s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()), f"get {uri}"
        )

    def stream(self, uri: S3Uri, *, etag: str | None = None, offset: int = 0) -> Iterator[bytes]:
        """Yield the object's bytes from ``offset`` on; with an ETag only of that version."""
        arguments = {"Bucket": uri.bucket, "Key": uri.key}
        if etag is not None:
            arguments["IfMatch"] = etag
        if offset:
            arguments["Range"] = f"bytes={offset}-"
        body = self._call(lambda s3: s3.get_object(**arguments)["Body"], f"get {uri}")
        try:
            yield from body.iter_chunks(_CHUNK)
        except (BotoCoreError, OSError) as error:
            raise ObjectStoreUnavailable(f"cannot get {uri}: {error}") from error
        finally:
            body.close()

    def head(self, uri: S3Uri) -> ObjectInfo:
        answer = self._call(lambda s3: s3.head_object(Bucket=uri.bucket, Key=uri.key), f"get {uri}")
        return ObjectInfo(uri.key, int(answer["ContentLength"]), str(answer["ETag"]))

    def upload(self, source: Path, uri: S3Uri) -> None:
        def put(s3: Any) -> None:
            with source.open("rb") as body:
                s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=body)

        def put_in_parts(s3: Any) -> None:
            s3.upload_file(str(source), uri.bucket, uri.key, Config=_TRANSFER)

        is_small = source.stat().st_size < _SMALL_BYTES
        self._call(put if is_small else put_in_parts, f"put {uri}")

    def _call(self, action: Callable[[Any], Result], what: str) -> Result:
        for attempt in (1, 2):
            try:
                return action(self._fresh_client())
            except (ClientError, S3UploadFailedError) as error:
                said = _said(error)
                if said is None:
                    raise ObjectStoreError(f"cannot {what}: {error}") from error
                code = str(said.response["Error"].get("Code", ""))
                if attempt == 1 and code in _STALE:
                    self._roles.forget(self._role_arn)
                    self._client = None
                    continue
                if said.response["ResponseMetadata"].get("HTTPStatusCode") in _TRANSIENT_STATUS:
                    raise ObjectStoreUnavailable(f"cannot {what}: {said}") from error
                raise ObjectStoreError(f"cannot {what}: {_reason(code, said)}") from error
            except (BotoCoreError, RolesUnavailable) as error:
                raise ObjectStoreUnavailable(f"cannot {what}: {error}") from error
        raise ObjectStoreUnavailable(f"cannot {what}: credentials are refused")

    def _fresh_client(self) -> Any:
        with self._lock:
            if self._client is None or time.time() > self._expires_at - 300:
                credentials = self._roles.get(self._role_arn)
                self._client = self._clients.for_credentials("s3", self._region, credentials)
                self._expires_at = credentials.expires_at or float("inf")
            return self._client


def _said(error: ClientError | S3UploadFailedError) -> ClientError | None:
    """What S3 answered; boto3 hides it behind an error of its own on uploads."""
    said = error if isinstance(error, ClientError) else error.__context__
    return said if isinstance(said, ClientError) else None


def _reason(code: str, error: ClientError) -> str:
    words = {
        "404": "there is no such object",
        "NoSuchKey": "there is no such object",
        "NoSuchBucket": "there is no such bucket",
        "403": "access denied",
        "412": "it was changed meanwhile",
        "PreconditionFailed": "it was changed meanwhile",
        "AccessDenied": "access denied",
    }
    return words.get(code, str(error))


def _pages(s3: Any, prefix: S3Uri) -> Iterator[ObjectInfo]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
        for item in page.get("Contents", []):
            yield ObjectInfo(str(item["Key"]), int(item["Size"]), str(item["ETag"]))
