"""S3 adapter of `VersionArchives`: zips are written as they are read, and stored in parts."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from typing_extensions import Buffer

from openbml.core.download_names import saved_as
from openbml.models.checks.protobuf_fields import Content
from openbml.models.model_files import StoredFile
from openbml.models.model_files_s3 import S3ModelFiles

_BLOCK = 1024 * 1024
_LARGE = 2 * 1024**3
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # the same version gives the same archive


class S3VersionArchives:
    """`presigner` is a client that only computes addresses."""

    def __init__(self, client: Any, *, bucket: str, archives_bucket: str, presigner: Any) -> None:
        self._client = client
        self._files = S3ModelFiles(client, bucket=bucket)
        self._bucket = bucket
        self._archives_bucket = archives_bucket
        self._presigner = presigner

    def files(self, model_uri: str) -> Sequence[StoredFile]:
        return self._files.list(model_uri)

    def content(self, model_uri: str, file: StoredFile) -> Content:
        key = self._files.key(model_uri, file.name)

        def read_range(start: int, end: int) -> bytes:
            body: bytes = self._client.get_object(
                Bucket=self._bucket, Key=key, Range=f"bytes={start}-{end - 1}"
            )["Body"].read()
            return body

        return Content(file.size_bytes, read_range)

    def pack(self, model_uri: str, documents: Mapping[str, bytes], key: str) -> int:
        archive = _Chunks(self._zipped(model_uri, documents))
        self._client.upload_fileobj(
            archive, self._archives_bucket, key, ExtraArgs={"ContentType": "application/zip"}
        )
        return archive.size_bytes

    def download_url(self, key: str, file_name: str, *, lifetime_s: int) -> str:
        params = {
            "Bucket": self._archives_bucket,
            "Key": key,
            "ResponseContentDisposition": saved_as(file_name),
        }
        address: str = self._presigner.generate_presigned_url(
            "get_object", Params=params, ExpiresIn=lifetime_s
        )
        return address

    def _zipped(self, model_uri: str, documents: Mapping[str, bytes]) -> Iterator[bytes]:
        sink = _Sink()
        with zipfile.ZipFile(sink, "w") as archive:
            for name, document in sorted(documents.items()):
                archive.writestr(zipfile.ZipInfo(name, _WRITTEN_AT), document)
                yield sink.taken()
            for file in sorted(self.files(model_uri), key=lambda row: row.name):
                if file.name in documents:
                    continue
                info = zipfile.ZipInfo(file.name, _WRITTEN_AT)
                body = self._client.get_object(
                    Bucket=self._bucket, Key=self._files.key(model_uri, file.name)
                )["Body"]
                with archive.open(info, "w", force_zip64=file.size_bytes >= _LARGE) as entry:
                    while block := body.read(_BLOCK):
                        entry.write(block)
                        yield sink.taken()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """What was written since it was last taken; cannot be sought in, so that zipfile goes straight ahead."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Buffer) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _Chunks(io.RawIOBase):
    """A stream over pieces of any size."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._ready = bytearray()
        self.size_bytes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        everything = size is None or size < 0
        while everything or len(self._ready) < (size or 0):
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._ready += chunk
        end = len(self._ready) if everything else size or 0
        part = bytes(self._ready[:end])
        del self._ready[:end]
        self.size_bytes += len(part)
        return part

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        part = self.read(len(view))
        view[: len(part)] = part
        return len(part)
