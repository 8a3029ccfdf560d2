"""Replies of the data API: successes have no error members, failures nothing else (spec 02, 8)."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml_catalog.errors import data_api_classes, data_api_errors

_BEIJING = timezone(timedelta(hours=8))  # the manual's times
_MB = 1024 * 1024


class ApiReply(BaseModel):
    """Members of a success, beside `log_id`."""

    model_config = ConfigDict(frozen=True)

    def document(self) -> Mapping[str, Any]:
        return self.model_dump(mode="json")


class Nested(ApiReply):
    """A success whose members stand in `result` (spec 02 section 8.17)."""

    def document(self) -> Mapping[str, Any]:
        return {"result": self.model_dump(mode="json", by_alias=True)}


class Flat(ApiReply):
    """A success whose members stand beside `log_id` and in `result` too (spec 02 section 8.17)."""

    def document(self) -> Mapping[str, Any]:
        members = self.model_dump(mode="json")
        return {**members, "result": members}


class Done(ApiReply):
    """A success that has nothing to tell but itself."""

    result: bool = True


class PageInfo(BaseModel):
    model_config = ConfigDict(frozen=True)

    limit: int
    offset: int
    total: int


def success_body(reply: ApiReply, log_id: int) -> bytes:
    return json.dumps({"log_id": log_id, **reply.document()}, ensure_ascii=False).encode()


def error_body(name: str, log_id: int, *, field: str = "") -> bytes:
    """Return the body of a row of the catalogue's table."""
    row = data_api_errors()[name]
    body = {"log_id": log_id, "error_code": row.code, "error_msg": row.text(field)}
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def failure_body(error: OpenBMLError, log_id: int) -> bytes | None:
    """Return the body of a domain error, None when the table does not know it: then it is ours."""
    listed = data_api_classes().get(type(error).__name__)
    if listed is None:
        return None
    return error_body(listed.error, log_id, field=listed.field or str(error.details.get("field", "")))


def time_text(at: datetime | None) -> str:
    """Return `YYYY-MM-DD HH:MM:SS` of Beijing, nothing for what has not been yet."""
    return "" if at is None else at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def size_in_mb(size_bytes: int) -> float:
    """Return MB with two digits; what is not empty is at least 0.01."""
    return max(0.01, round(size_bytes / _MB, 2)) if size_bytes else 0.0
