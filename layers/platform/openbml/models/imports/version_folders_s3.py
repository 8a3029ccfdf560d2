"""S3 adapter of `VersionFolders`.

Beside a version's folder `…/{n}/` lies `…/{n}.digests/` with `{SHA-256 of a file's name}.json` for each file
that is whole, and in the end `sha256.txt`, which `sha256sum --check` reads.
"""

import hashlib
import io
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from typing_extensions import Buffer

from openbml.models.imports.file_sources import FileDigest
from openbml.models.model_files import ModelFilesInvalidError, digests_uri

_LIST = "sha256.txt"
_READERS = 16


class S3VersionFolders:
    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def store(self, model_uri: str, name: str, content: BinaryIO) -> FileDigest:
        hashed = _Hashed(content)
        self._client.upload_fileobj(hashed, self._bucket, self._key(model_uri) + name)
        digest = FileDigest(name=name, size_bytes=hashed.size_bytes, sha256=hashed.hexdigest())
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{self._key(digests_uri(model_uri))}{hashlib.sha256(name.encode()).hexdigest()}.json",
            Body=digest.model_dump_json().encode(),
            ContentType="application/json",
        )
        return digest

    def stored(self, model_uri: str) -> Mapping[str, FileDigest]:
        prefix = self._key(digests_uri(model_uri))
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        keys = [
            row["Key"] for page in pages for row in page.get("Contents", []) if row["Key"].endswith(".json")
        ]
        with ThreadPoolExecutor(_READERS) as pool:
            return {digest.name: digest for digest in pool.map(self._digest, keys)}

    def list_digests(self, model_uri: str, digests: Iterable[FileDigest]) -> str:
        rows = sorted(digests, key=lambda digest: digest.name)
        text = "".join(f"{row.sha256}  {row.name}\n" for row in rows).encode()
        key = self._key(digests_uri(model_uri)) + _LIST
        self._client.put_object(Bucket=self._bucket, Key=key, Body=text, ContentType="text/plain")
        return hashlib.sha256(text).hexdigest()

    def _digest(self, key: str) -> FileDigest:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return FileDigest.model_validate_json(body)

    def _key(self, uri: str) -> str:
        root = f"s3://{self._bucket}/"
        if not uri.startswith(root):
            raise ModelFilesInvalidError(reason="the model's folder lies outside the data bucket")
        return f"{uri.removeprefix(root).rstrip('/')}/"


class _Hashed(io.RawIOBase):
    """Passes a stream on and takes its digest on the way."""

    def __init__(self, content: BinaryIO) -> None:
        self._content = content
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        part = self._content.read() if size is None or size < 0 else self._content.read(size)
        self._digest.update(part)
        self.size_bytes += len(part)
        return part

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
