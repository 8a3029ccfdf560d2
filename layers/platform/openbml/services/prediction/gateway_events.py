"""Token requests among the gateway's events.

The API takes every body as binary, so that bytes that are no text arrive as they were sent.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from openbml.core.public_calls import body_of, header_of, path_of, query_of

TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105 - a path, no secret
_FORM = "application/x-www-form-urlencoded"
_MOST_FORM_BYTES = 4096


def is_token_request(event: Mapping[str, Any]) -> bool:
    return path_of(event).rstrip("/") == TOKEN_PATH and event.get("httpMethod") in ("GET", "POST")


def token_parameters(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the query's parameters; without any, those of a form, as OAuth clients send them."""
    query = query_of(event)
    if query.get("client_id") or header_of(event, "content-type").partition(";")[0].strip().lower() != _FORM:
        return query
    form = parse_qs(body_of(event)[:_MOST_FORM_BYTES].decode("utf-8", "replace"))
    return {**{name: values[-1] for name, values in form.items()}, **query}
