"""The registry's folder in the data bucket."""

from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from openbml_local.errors import LocalCloudError
from openbml_local.weights.entries import WeightsEntry, WeightsIndex

_PREFIX = "weights/"
_INDEX = "index.json"


class RegistryError(LocalCloudError):
    """The bucket refuses, or an entry in it is damaged."""


class WeightsRegistry:
    def __init__(self, client: Any, *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def entries(self) -> list[WeightsEntry]:
        """Return what the registry holds, by tag.

        Raises:
            RegistryError: the bucket cannot be read, or an entry is damaged.
        """
        keys: list[str] = []
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=_PREFIX
            ):
                keys += [row["Key"] for row in page.get("Contents", ()) if row["Key"].endswith(f"/{_INDEX}")]
        except ClientError as error:
            raise RegistryError(f"bucket {self._bucket} cannot be read: {error}") from error
        return [entry for key in sorted(keys) if (entry := self._read(key))]

    def entry(self, tag: str) -> WeightsEntry | None:
        return self._read(f"{_PREFIX}{tag}/{_INDEX}")

    def put(self, entry: WeightsEntry, path: Path) -> None:
        """Store the file, then the entry that names it: a job never finds an entry without its file."""
        folder = f"{_PREFIX}{entry.tag}/"
        try:
            self._client.upload_file(str(path), self._bucket, f"{folder}{entry.file}")
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{folder}{_INDEX}",
                Body=WeightsIndex(weights=(entry,)).model_dump_json().encode(),
                ContentType="application/json",
            )
        except ClientError as error:
            raise RegistryError(f"bucket {self._bucket} refused {entry.tag}: {error}") from error

    def _read(self, key: str) -> WeightsEntry | None:
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            return WeightsIndex.model_validate_json(body).weights[0]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise RegistryError(f"{key} cannot be read: {error}") from error
        except ValidationError as error:
            raise RegistryError(f"{key} is damaged: import or mirror the weights again") from error
