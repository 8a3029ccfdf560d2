"""Objects in storage, as this context needs them: parts of an upload, ranges, puts, addresses."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey


class ObjectMissingError(OpenBMLError):
    """The object is not in storage; details: key."""


class UploadGoneError(OpenBMLError):
    """The multipart upload is over: completed, aborted or expired; details: upload_id."""


class UploadRefusedError(OpenBMLError):
    """Storage does not accept the parts; details: reason."""


class UploadedPart(BaseModel):
    model_config = ConfigDict(frozen=True)

    part_number: int
    etag: str
    size_bytes: int


class UploadStore(Protocol):
    """Multipart uploads by people's own machines, through presigned addresses."""

    def open(self, key: str) -> str:
        """Return the new upload's id."""

    def part_urls(self, key: str, upload_id: str, part_numbers: Sequence[int]) -> Mapping[int, str]:
        """Computed without a call; each is good for an hour."""

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        """Raises UploadGoneError."""

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        """Raises UploadGoneError, UploadRefusedError."""

    def abort(self, key: str, upload_id: str) -> None:
        """Harmless when the upload is gone."""


class ObjectStore(Protocol):
    def size(self, key: str) -> int:
        """Raises ObjectMissingError."""

    def read(self, key: str) -> bytes:
        """Raises ObjectMissingError."""

    def read_range(self, key: str, start: int, end: int) -> bytes:
        """Return bytes `start` up to and without `end`. Raises ObjectMissingError."""

    def put(self, key: str, body: bytes, *, content_type: str, sha256: bytes | None = None) -> None:
        """With a digest, storage refuses the object when it does not arrive whole."""

    def delete(self, key: str) -> None:
        """Harmless when it is gone."""

    def delete_below(self, prefix: str) -> None:
        """Delete all objects whose keys start so; harmless when there are none."""

    def uri(self, key: str) -> str:
        """Return the object's own address, s3://…, as jobs take it."""

    def url(self, key: str) -> str:
        """Return an address that reads the object for some minutes, computed without a call."""

    def download_url(self, key: str, filename: str, *, lifetime_s: int) -> str:
        """Return an address that a browser saves under the name, computed without a call."""


def blob_key(scope: ProjectScope, sha256: str) -> str:
    return f"{scope.prefix}blobs/{sha256[:2]}/{sha256}"


def annotations_prefix(scope: ProjectScope, chunk: int) -> str:
    """Return below which a chunk's large annotations lie, earlier ones too: they go with the chunk."""
    return f"{scope.prefix}annotations/{chunk}/"


def annotation_key(scope: ProjectScope, chunk: int, sha256: str) -> str:
    return f"{annotations_prefix(scope, chunk)}{sha256}.json.z"


def thumbnail_key(scope: ProjectScope, sha256: str) -> str:
    return f"{scope.prefix}thumbnails/{sha256}.jpg"


def table_prefix(key: VersionKey) -> str:
    """Return below what all parts and manifests of a table's version lie, data bucket."""
    return f"{key.scope.prefix}tables/{key.dataset_id}/{key.version_number}/"
