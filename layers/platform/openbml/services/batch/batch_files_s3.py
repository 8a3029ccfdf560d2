"""S3 adapter of `BatchFiles`."""

from collections.abc import Sequence
from typing import Any

from openbml.core.download_names import saved_as
from openbml.services.batch.batch_files import StoredFile
from openbml.services.batch.batch_predictions import Position

_URL_S = 3600


class S3BatchFiles:
    """`presigner` is a client that only computes addresses."""

    def __init__(self, client: Any, presigner: Any, *, data_bucket: str, uploads_bucket: str) -> None:
        self._client = client
        self._presigner = presigner
        self._data = data_bucket
        self._uploads = uploads_bucket

    def put_order(self, folder: str, body: bytes) -> str:
        key = f"{folder}order.json"
        self._client.put_object(Bucket=self._data, Key=key, Body=body, ContentType="application/json")
        return f"s3://{self._data}/{folder}"

    def upload_url(self, key: str) -> str:
        address: str = self._presigner.generate_presigned_url(
            "put_object", Params={"Bucket": self._uploads, "Key": key}, ExpiresIn=_URL_S
        )
        return address

    def outputs(
        self, prefix: str, *, limit: int, position: Position
    ) -> tuple[Sequence[StoredFile], Position]:
        start = {"StartAfter": str(position["key"])} if position else {}
        reply = self._client.list_objects_v2(Bucket=self._data, Prefix=prefix, MaxKeys=limit, **start)
        rows = reply.get("Contents", [])
        files = [
            StoredFile(
                name=row["Key"].removeprefix(prefix),
                size_bytes=row["Size"],
                url=self._download_url(row["Key"]),
            )
            for row in rows
        ]
        return files, {"key": rows[-1]["Key"]} if reply.get("IsTruncated") else None

    def clear(self, folder: str) -> None:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._data, Prefix=folder)
        for page in pages:
            found = [{"Key": row["Key"]} for row in page.get("Contents", [])]
            if found:
                self._client.delete_objects(Bucket=self._data, Delete={"Objects": found, "Quiet": True})

    def _download_url(self, key: str) -> str:
        name = key.rpartition("/")[2]
        params = {"Bucket": self._data, "Key": key, "ResponseContentDisposition": saved_as(name)}
        address: str = self._presigner.generate_presigned_url("get_object", Params=params, ExpiresIn=_URL_S)
        return address
