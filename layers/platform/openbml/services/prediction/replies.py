"""Replies of the public API: the manual's bodies, with `log_id` in front (spec 08 section 4.2)."""

import json
import re

from openbml.core.errors import OpenBMLError
from openbml_catalog.errors import prediction_error

_ERROR_FORM = re.compile(rb'\s*\{\s*"error_code"\s*:\s*(\d{1,9})\s*[,}]')
_EMPTY_OBJECT = re.compile(rb"\{\s*\}\Z")


class ReplyMalformedError(OpenBMLError):
    """The model's reply is not a JSON object."""


def error_reply(name: str, log_id: int) -> bytes:
    """Return the body of a documented error; `name` is a row of the catalogue's prediction errors."""
    row = prediction_error(name)
    body = {"log_id": log_id, "error_code": row.code, "error_msg": row.message}
    return json.dumps(body, ensure_ascii=False).encode()


def ticket_reply(ticket: str, log_id: int) -> bytes:
    """Return 336100 with the ticket under which the answer will be kept."""
    row = prediction_error("model_unavailable")
    body = {"log_id": log_id, "error_code": row.code, "error_msg": row.message, "ticket": ticket}
    return json.dumps(body, ensure_ascii=False).encode()


def json_object(reply: bytes) -> bytes:
    """Return the reply without blanks around it.

    Raises:
        ReplyMalformedError: it does not even look like a JSON object.
    """
    body = reply.strip()
    if not (body.startswith(b"{") and body.endswith(b"}")):
        raise ReplyMalformedError
    return body


def with_log_id(reply: bytes, log_id: int) -> bytes:
    """Return the model's reply with the id in front; the rest is passed on byte by byte, not parsed.

    Raises:
        ReplyMalformedError: it does not even look like a JSON object.
    """
    body = json_object(reply)
    head = b'{"log_id": %d' % log_id
    return head + b"}" if _EMPTY_OBJECT.match(body) else head + b", " + body[1:].lstrip()


def error_code_of(reply: bytes) -> int | None:
    """Return the error code of a model's reply; models put it first."""
    form = _ERROR_FORM.match(reply)
    return int(form[1]) if form else None
