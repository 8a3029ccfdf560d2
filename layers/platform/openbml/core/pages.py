"""Lists by page: an opaque cursor, signed so that a caller cannot read from another partition."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from openbml.core.errors import InvalidCursorError

Item = TypeVar("Item")
_SIGNATURE_BYTES = 16


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: Sequence[Item]
    next_cursor: str | None = None


class CursorCodec:
    """Turns a position (a JSON object of strings and integers) into an opaque cursor and back.

    Args:
        secret: key of the signature, at least 16 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def encode(self, position: dict[str, Any] | None, *, purpose: str) -> str | None:
        """Return the cursor; `purpose` names the list and its owner, and must match on the way back."""
        if not position:
            return None
        payload = json.dumps(position, separators=(",", ":"), sort_keys=True, default=int).encode()
        return base64.urlsafe_b64encode(self._sign(payload, purpose) + payload).decode().rstrip("=")

    def decode(self, cursor: str | None, *, purpose: str) -> dict[str, Any] | None:
        """Return the position.

        Raises:
            InvalidCursorError: not made by `encode` for this purpose.
        """
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise InvalidCursorError from error
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload, purpose)):
            raise InvalidCursorError
        position: dict[str, Any] = json.loads(payload)
        return position

    def _sign(self, payload: bytes, purpose: str) -> bytes:
        message = purpose.encode() + b"\0" + payload
        return hmac.new(self._secret, message, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
