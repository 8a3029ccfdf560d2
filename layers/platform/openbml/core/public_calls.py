"""Between API Gateway's events and calls of the public APIs, whose errors are HTTP 200 as well."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class PublicCall(BaseModel):
    """A call as it came in."""

    model_config = ConfigDict(frozen=True)

    method: str
    path: str
    token: str | None = Field(repr=False)
    content_type: str
    body: bytes = Field(repr=False)


def call_of(event: Mapping[str, Any]) -> PublicCall:
    return PublicCall(
        method=str(event.get("httpMethod", "")),
        path=path_of(event),
        token=query_of(event).get("access_token"),
        content_type=header_of(event, "content-type"),
        body=body_of(event),
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


def header_of(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def http_reply(body: bytes) -> dict[str, Any]:
    """Return the gateway's reply: documented errors are HTTP 200 too (spec 08, 4.1; 02, 8.1)."""
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
