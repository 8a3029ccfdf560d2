"""Between API Gateway's events and calls.

The API takes every body as binary, so that bytes that are no text arrive as they were sent.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from openbml.services.prediction.answers import PredictionCall

TOKEN_PATH = "/oauth/2.0/token"  # noqa: S105 - a path, no secret
_FORM = "application/x-www-form-urlencoded"
_MOST_FORM_BYTES = 4096


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return the request's bytes; what is marked as Base64 but is none, the gateway did not make."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return str(body).encode()


def path_of(event: Mapping[str, Any]) -> str:
    return str(event.get("path") or "")


def is_token_request(event: Mapping[str, Any]) -> bool:
    return path_of(event).rstrip("/") == TOKEN_PATH and event.get("httpMethod") in ("GET", "POST")


def call_of(event: Mapping[str, Any]) -> PredictionCall:
    return PredictionCall(
        method=str(event.get("httpMethod", "")),
        path=path_of(event),
        token=_query(event).get("access_token"),
        content_type=_header(event, "content-type"),
        body=body_of(event),
    )


def token_parameters(event: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the query's parameters; without any, those of a form, as OAuth clients send them."""
    query = _query(event)
    if query.get("client_id") or _header(event, "content-type").partition(";")[0].strip().lower() != _FORM:
        return query
    form = parse_qs(body_of(event)[:_MOST_FORM_BYTES].decode("utf-8", "replace"))
    return {**{name: values[-1] for name, values in form.items()}, **query}


def http_reply(body: bytes) -> dict[str, Any]:
    """Return the gateway's reply: documented errors are HTTP 200 as well (spec 08 section 4.1)."""
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json;charset=UTF-8",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
        },
        "body": body.decode("utf-8", "replace"),
        "isBase64Encoded": False,
    }


def _query(event: Mapping[str, Any]) -> Mapping[str, str]:
    return event.get("queryStringParameters") or {}


def _header(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
