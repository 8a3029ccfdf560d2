"""What this API refuses, by a row of the catalogue's `errors/batch_api.yaml`, and its bodies."""

import json
from collections.abc import Mapping
from typing import Any

from openbml.core.errors import OpenBMLError
from openbml_catalog.errors import batch_api_classes, batch_api_errors


class Refusal(Exception):  # noqa: N818 - an answer of the API, told apart from errors of the domain
    """A request is refused.

    Attributes:
        name: row of the table; field: the parameter; detail: what is wrong, behind the literal message.
    """

    def __init__(self, name: str, *, field: str = "", detail: str = "") -> None:
        super().__init__(f"{name} {field}: {detail}")
        self.name = name
        self.field = field
        self.detail = detail


def invalid(field: str, detail: str) -> Refusal:
    return Refusal("parameter_invalid", field=field, detail=detail)


def success_body(document: Mapping[str, Any], log_id: int) -> bytes:
    return json.dumps({**document, "log_id": log_id}, ensure_ascii=False).encode()


def refusal_body(refusal: Refusal, log_id: int) -> bytes:
    row = batch_api_errors()[refusal.name]
    text = row.text(refusal.field)
    message = f"{text}: {refusal.detail}" if refusal.detail else text
    body = {"error_code": row.code, "error_msg": message, "log_id": log_id}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def refusal_of(error: OpenBMLError) -> Refusal | None:
    """Return what a domain error is here, None when the table does not know it: then it is ours."""
    listed = batch_api_classes().get(type(error).__name__)
    if listed is None:
        return None
    reason = str(error.details.get("reason", ""))
    field = listed.field or str(error.details.get("field", ""))
    return Refusal(listed.error, field=field, detail=reason)
