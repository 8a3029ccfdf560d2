"""S3 adapter of `ExpiringObjects`: a tag names the lifetime, and the bucket's lifecycle rules go by it."""

from typing import Any

from botocore.exceptions import ClientError

from openbml.services.calls.expiring_objects import KeptObjectMissingError, Lifetime

_URL_LIFETIME_S = 900
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3ExpiringObjects:
    """Args:
    presigner: a client that only computes addresses.
    """

    def __init__(self, client: Any, bucket: str, presigner: Any) -> None:
        self._client = client
        self._bucket = bucket
        self._presigner = presigner

    def put(self, key: str, body: bytes, lifetime: Lifetime) -> None:
        self._client.put_object(
            Bucket=self._bucket, Key=key, Body=body, Tagging=f"openbml-expires=after-{lifetime.value}-days"
        )

    def read(self, key: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise KeptObjectMissingError(key=key) from error
            raise
        return body

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def url(self, key: str) -> str:
        address: str = self._presigner.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_URL_LIFETIME_S
        )
        return address
