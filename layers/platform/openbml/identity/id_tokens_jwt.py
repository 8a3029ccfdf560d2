"""Verifies the user pool's id tokens; imported by the request authorizer alone, which brings PyJWT."""

from typing import Any, Protocol

import jwt

from openbml.core.errors import NotSignedInError
from openbml.identity.accounts import Identity

_LEEWAY_S = 30


class KeySet(Protocol):
    def get_signing_key_from_jwt(self, token: str) -> Any: ...


class IdTokenVerifier:
    """RS256 against the pool's published keys; issuer, audience, use and expiry must fit.

    Args:
        keys: the pool's key set; `jwt.PyJWKClient` caches it and fetches again for an unknown key id.
    """

    def __init__(self, keys: KeySet, *, issuer: str, client_id: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._client_id = client_id

    def verify(self, token: str) -> Identity:
        """Return what the token says.

        Raises:
            NotSignedInError: forged, foreign, expired, or not an id token.
        """
        claims = self._claims(token)
        if claims.get("token_use") != "id" or not claims.get("email"):
            raise NotSignedInError
        account_id = claims.get("custom:account_id")
        return Identity(
            subject=claims["sub"], email=claims["email"], account_id=int(account_id) if account_id else None
        )

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._client_id,
                issuer=self._issuer,
                leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise  # the pool cannot be reached: our fault, not the caller's
        except jwt.PyJWTError as error:
            raise NotSignedInError from error
        return claims
