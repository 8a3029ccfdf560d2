"""Between API Gateway's events and calls of the public APIs, whose errors are HTTP 200 as well."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class PublicCall(BaseModel):
    """A call as it came in; `routing_key` is the prediction API's, whose equal keys meet equal versions."""

    model_config = ConfigDict(frozen=True)

    method: str
    path: str
    token: str | None = Field(repr=False)
    content_type: str
    body: bytes = Field(repr=False)
    routing_key: str | None = Field(default=None, repr=False)


def call_of(event: Mapping[str, Any]) -> PublicCall:
    return PublicCall(
        method=str(event.get("httpMethod", "")),
        path=path_of(event),
        token=_one_of(event, "access_token"),
        content_type=header_of(event, "content-type"),
        body=body_of(event),
        routing_key=query_of(event).get("routing_key") or None,
    )


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


def query_of(event: Mapping[str, Any]) -> Mapping[str, str]:
    return event.get("queryStringParameters") or {}


def _one_of(event: Mapping[str, Any], name: str) -> str | None:
    """Return a parameter that may stand there once; given twice with different values it is none at all."""
    values = (event.get("multiValueQueryStringParameters") or {}).get(name) or ()
    return None if len(set(values)) > 1 else query_of(event).get(name)


def header_of(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def http_reply(body: bytes, *, retry_after_s: int | None = None) -> dict[str, Any]:
    """Return the gateway's reply: documented errors are HTTP 200 too (spec 08, 4.1; 02, 8.1).

    Args:
        retry_after_s: when a repeat may succeed; told as the header `Retry-After`.
    """
    repeat = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json;charset=UTF-8",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
            **repeat,
        },
        "body": body.decode("utf-8", "replace"),
        "isBase64Encoded": False,
    }
