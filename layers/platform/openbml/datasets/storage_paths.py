"""Where a customer's exports go: `s3://bucket/prefix/`, or `bos:/bucket/dir/` as the manual writes it."""

import re

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.datasets.datasets import StorageType

_MOST_CHARACTERS = 1024
_FORM = re.compile(
    r"(?:bos:/|s3://)(?P<bucket>[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?)/(?P<prefix>(?:[^/]+/)*)\Z"
)


class StorageLocation(BaseModel):
    model_config = ConfigDict(frozen=True)

    bucket: str
    prefix: str


def location_of(path: str) -> StorageLocation | None:
    """Return what a path names, None when it names nothing: it must end in `/` and know no `..`."""
    form = _FORM.match(path) if len(path) <= _MOST_CHARACTERS and path.isprintable() else None
    if form is None or {".", ".."} & set(form["prefix"].split("/")):
        return None
    return StorageLocation(bucket=form["bucket"], prefix=form["prefix"])


def checked_storage(storage_type: StorageType, storage_path: str | None) -> str | None:
    """Return the path that belongs to the type: the customer's, or none for the platform's own storage.

    Raises:
        InvalidRequestError: a path is missing, malformed, or given in vain.
    """
    path = storage_path or None
    if storage_type is StorageType.PLATFORM:
        if path is not None:
            raise InvalidRequestError(field="storage_path", reason="belongs to storage_type usrBos only")
        return None
    if path is None or location_of(path) is None:
        reason = "must be s3://bucket/prefix/ or bos:/bucket/dir/, with a / at its end"
        raise InvalidRequestError(field="storage_path", reason=reason)
    return path
