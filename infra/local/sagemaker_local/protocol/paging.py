"""List operations: filters, order, pages, and page tokens that cannot be made up."""

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.resources import ListFilter, Record

T = TypeVar("T")

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


@dataclass(frozen=True)
class Place:
    """Where a request goes on in a listing, and the question that its tokens are bound to."""

    question: str
    offset: int
    limit: int


class Listings:
    """Answers List operations page by page."""

    def __init__(self, database: Database, tokens: PageTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def of_resources(
        self,
        scope: Scope,
        request: Mapping[str, Any],
        *,
        operation: str,
        kind: str,
        member: str,
        summary: Callable[[sqlite3.Connection, Record], dict[str, Any]],
        narrow: Callable[[ListFilter], ListFilter] = lambda wanted: wanted,
    ) -> dict[str, Any]:
        """List what the resource table holds of a kind.

        Args:
            summary: runs on the same view of the state as the search.
            narrow: adds conditions that only this operation knows.
        """
        place = self.place(request, operation)
        wanted = narrow(_list_filter(scope, kind, request, place))

        def work(connection: sqlite3.Connection) -> dict[str, Any]:
            records, more = resources.search(connection, wanted)
            shown = [summary(connection, record) for record in records]
            return self._reply(place, member, shown, more=more)

        return await self._database.read(work)

    def place(self, request: Mapping[str, Any], operation: str, default_limit: int = 10) -> Place:
        """Raises: ValidationException: the token is not one of this listing's."""
        asked = {name: value for name, value in request.items() if name not in ("NextToken", "MaxResults")}
        question = operation + json.dumps(asked, sort_keys=True)
        offset = self._tokens.read(request["NextToken"], question) if request.get("NextToken") else 0
        return Place(question, offset, request.get("MaxResults") or default_limit)

    def page(
        self, place: Place, found: Sequence[T], *, member: str, summary: Callable[[T], dict[str, Any]]
    ) -> dict[str, Any]:
        """One page of a listing that is here as a whole."""
        end = place.offset + place.limit
        shown = [summary(one) for one in found[place.offset : end]]
        return self._reply(place, member, shown, more=end < len(found))

    def _reply(self, place: Place, member: str, shown: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
        reply: dict[str, Any] = {member: shown}
        if more:
            reply["NextToken"] = self._tokens.issue(place.offset + place.limit, place.question)
        return reply


def _list_filter(scope: Scope, kind: str, request: Mapping[str, Any], place: Place) -> ListFilter:
    return ListFilter(
        arn_prefix=scope.prefix(kind),
        name_contains=request.get("NameContains"),
        status=request.get("StatusEquals"),
        created_after=request.get("CreationTimeAfter"),
        created_before=request.get("CreationTimeBefore"),
        modified_after=request.get("LastModifiedTimeAfter"),
        modified_before=request.get("LastModifiedTimeBefore"),
        sort_by=_SORT_COLUMNS[request.get("SortBy") or "CreationTime"],
        descending=(request.get("SortOrder") or "Descending") == "Descending",
        limit=place.limit,
        offset=place.offset,
    )
