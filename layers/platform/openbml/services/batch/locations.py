"""Where a batch prediction may read and write: its own project's objects, and buckets of the customer's."""

from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.services.batch.batch_predictions import folder_of

_UPLOADS = "batch-inputs/"


class Buckets(Protocol):
    """The names of the platform's buckets, and how those of customers begin."""

    @property
    def data_bucket_name(self) -> str: ...

    @property
    def uploads_bucket_name(self) -> str: ...

    @property
    def user_bucket_prefix(self) -> str: ...


class _Place(NamedTuple):
    bucket: str
    key: str


def checked_input(uri: str, *, scope: ProjectScope, buckets: Buckets) -> str:
    """Return the address. Raises InvalidRequestError: it is none, or another project's."""
    place = _place(uri, "input.uri")
    if place.bucket in (buckets.data_bucket_name, buckets.uploads_bucket_name):
        if not place.key.startswith(scope.prefix):
            raise InvalidRequestError(field="input.uri", reason=f"is not below {scope.prefix} of the project")
    elif not place.bucket.startswith(buckets.user_bucket_prefix):
        raise InvalidRequestError(field="input.uri", reason=_foreign(buckets))
    return uri


def checked_output(uri: str | None, *, scope: ProjectScope, batch_id: int, buckets: Buckets) -> str:
    """Return the output's prefix: the one that is asked for, else the batch prediction's own folder.

    Raises:
        InvalidRequestError: it is none, or would write into the project's other objects.
    """
    if uri is None:
        return f"s3://{buckets.data_bucket_name}/{folder_of(scope, batch_id)}output/"
    place = _place(uri, "output.uri")
    own = f"{scope.prefix}batch-predictions/"
    if place.bucket == buckets.data_bucket_name:
        if not place.key.startswith(own) or place.key == own:
            raise InvalidRequestError(field="output.uri", reason=f"must lie in a folder below {own}")
    elif place.bucket == buckets.uploads_bucket_name or not place.bucket.startswith(
        buckets.user_bucket_prefix
    ):
        raise InvalidRequestError(field="output.uri", reason=_foreign(buckets))
    if not uri.endswith("/"):
        raise InvalidRequestError(field="output.uri", reason="must end with a /")
    return uri


def upload_prefix(scope: ProjectScope, upload_id: int) -> str:
    """Return below what a form's uploads lie, uploads bucket."""
    return f"{scope.prefix}{_UPLOADS}{upload_id}/"


def _place(uri: str, field: str) -> _Place:
    parts = urlsplit(uri, allow_fragments=False)
    key = uri.removeprefix(f"s3://{parts.netloc}/")
    if parts.scheme != "s3" or not parts.netloc or key == uri or not uri.isprintable():
        raise InvalidRequestError(field=field, reason="must be s3://bucket/key")
    if {".", ".."} & set(key.split("/")):
        raise InvalidRequestError(field=field, reason="may not have . or .. between slashes")
    return _Place(parts.netloc, key)


def _foreign(buckets: Buckets) -> str:
    return (
        "must be the project's own objects, or a bucket whose name begins with "
        f"{buckets.user_bucket_prefix} and that grants the platform's batch role access"
    )
