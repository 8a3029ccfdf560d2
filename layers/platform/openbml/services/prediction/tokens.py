"""Access tokens: the manual's OAuth replies (spec 08 section 3.2)."""

import json
from collections.abc import Mapping
from typing import Protocol

from openbml.identity.applications import AccessToken, UnknownClientError, WrongSecretError


class TokenIssuer(Protocol):
    """Port to the applications of identity."""

    def issue(self, api_key: str, secret_key: str) -> AccessToken:
        """Raises UnknownClientError, WrongSecretError."""


def token_reply(parameters: Mapping[str, str], *, issuer: TokenIssuer) -> bytes:
    """Return the body for a token request; failures are `error` and `error_description`, with HTTP 200."""
    if parameters.get("grant_type") != "client_credentials":
        return _error("unsupported_grant_type", "The authorization grant type is not supported")
    try:
        token = issuer.issue(parameters.get("client_id", ""), parameters.get("client_secret", ""))
    except UnknownClientError:
        return _error("invalid_client", "unknown client id")
    except WrongSecretError:
        return _error("invalid_client", "Client authentication failed")
    return json.dumps({"access_token": token.access_token, "expires_in": token.expires_in}).encode()


def _error(error: str, description: str) -> bytes:
    return json.dumps({"error": error, "error_description": description}).encode()
