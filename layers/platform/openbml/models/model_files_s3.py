"""S3 adapter of `ModelFiles`."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from openbml.models.model_files import ModelFilesInvalidError, StoredFile


class S3ModelFiles:
    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def uri(self, prefix: str) -> str:
        return f"s3://{self._bucket}/{prefix}"

    def list(self, uri: str) -> Sequence[StoredFile]:
        prefix = self.key(uri, "")
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [
            StoredFile(name=row["Key"].removeprefix(prefix), size_bytes=row["Size"], etag=row["ETag"])
            for page in pages
            for row in page.get("Contents", [])
            if not row["Key"].endswith("/")
        ]

    def read(self, uri: str, name: str, *, most_bytes: int) -> bytes:
        try:
            reply = self._client.get_object(Bucket=self._bucket, Key=self.key(uri, name))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise ModelFilesInvalidError(reason=f"{name} is missing") from error
            raise
        if reply["ContentLength"] > most_bytes:
            raise ModelFilesInvalidError(reason=f"{name} has {reply['ContentLength']} bytes")
        body: bytes = reply["Body"].read()
        return body

    def copy(self, source_uri: str, target_uri: str, file: StoredFile) -> None:
        """The client's managed copy: one call, or parts side by side beyond what one call takes."""
        source = {"Bucket": self._bucket, "Key": self.key(source_uri, file.name)}
        self._client.copy(source, self._bucket, self.key(target_uri, file.name))

    def remove_below(self, uri: str) -> None:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self.key(uri, "")
        )
        for page in pages:
            found = [{"Key": row["Key"]} for row in page.get("Contents", [])]
            if found:
                self._client.delete_objects(Bucket=self._bucket, Delete={"Objects": found, "Quiet": True})

    def key(self, uri: str, name: str) -> str:
        root = f"s3://{self._bucket}/"
        if not uri.startswith(root):
            raise ModelFilesInvalidError(reason="the model's folder lies outside the data bucket")
        return f"{uri.removeprefix(root).rstrip('/')}/{name}"
