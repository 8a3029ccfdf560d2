"""List operations: filters, order, and page tokens that cannot be made up."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state.resources import ListFilter, Record

_SORT_COLUMNS = {
    "CreationTime": "created_at",
    "LastModifiedTime": "modified_at",
    "Name": "name",
    "Status": "status",
}


class PageTokens:
    """Signed offsets, bound to the question they continue."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def issue(self, offset: int, question: str) -> str:
        return base64.urlsafe_b64encode(f"{offset}.{self._sign(offset, question)}".encode()).decode()

    def read(self, token: str, question: str) -> int:
        try:
            text, _, signature = base64.urlsafe_b64decode(token.encode()).decode("ascii").partition(".")
            offset = int(text)
        except (binascii.Error, UnicodeError, ValueError) as error:
            raise ValidationException("The pagination token is invalid.") from error
        if not hmac.compare_digest(signature, self._sign(offset, question)):
            raise ValidationException("The pagination token is invalid.")
        return offset

    def _sign(self, offset: int, question: str) -> str:
        return hmac.new(self._secret, f"{offset}|{question}".encode(), hashlib.sha256).hexdigest()[:32]


def question_of(operation: str, request: Mapping[str, Any]) -> str:
    """What the tokens of a listing are bound to: everything but the place in it."""
    asked = {name: value for name, value in request.items() if name not in ("NextToken", "MaxResults")}
    return operation + json.dumps(asked, sort_keys=True)


def list_filter(
    request: Mapping[str, Any],
    *,
    operation: str,
    kind: str,
    scope: Scope,
    tokens: PageTokens,
    default_limit: int = 10,
) -> tuple[ListFilter, str]:
    """Return the filter and the question that its tokens are bound to."""
    question = question_of(operation, request)
    offset = tokens.read(request["NextToken"], question) if request.get("NextToken") else 0
    wanted = ListFilter(
        arn_prefix=scope.prefix(kind),
        name_contains=request.get("NameContains"),
        status=request.get("StatusEquals"),
        created_after=request.get("CreationTimeAfter"),
        created_before=request.get("CreationTimeBefore"),
        modified_after=request.get("LastModifiedTimeAfter"),
        modified_before=request.get("LastModifiedTimeBefore"),
        sort_by=_SORT_COLUMNS[request.get("SortBy") or "CreationTime"],
        descending=(request.get("SortOrder") or "Descending") == "Descending",
        limit=request.get("MaxResults") or default_limit,
        offset=offset,
    )
    return wanted, question


def page(
    *,
    records: list[Record],
    more: bool,
    wanted: ListFilter,
    question: str,
    tokens: PageTokens,
    member: str,
    summary: Callable[[Record], dict[str, Any]],
) -> dict[str, Any]:
    reply: dict[str, Any] = {member: [summary(record) for record in records]}
    if more:
        reply["NextToken"] = tokens.issue(wanted.offset + wanted.limit, question)
    return reply
