"""List operations of Studio: their parameters have other names than those of jobs."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.paging import PageTokens, list_filter, page
from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.resources import Record
from sagemaker_local.studio.declared import Declared, from_record

_NAMES = {
    "UserProfileNameContains": "NameContains",
    "SpaceNameContains": "NameContains",
    "ModifiedTimeAfter": "LastModifiedTimeAfter",
    "ModifiedTimeBefore": "LastModifiedTimeBefore",
}
_ORDERS = {
    "CREATION_TIME": "CreationTime",
    "LAST_MODIFIED_TIME": "LastModifiedTime",
    "IMAGE_NAME": "Name",
    "VERSION": "CreationTime",  # versions are numbered in the order they are made
    "ASCENDING": "Ascending",
    "DESCENDING": "Descending",
}
_ENUMERATED = ("SortBy", "SortOrder")


class Lists:
    def __init__(self, database: Database, tokens: PageTokens) -> None:
        self._database = database
        self._tokens = tokens

    async def page(
        self,
        scope: Scope,
        request: Mapping[str, Any],
        *,
        operation: str,
        kind: str,
        member: str,
        summary: Callable[[Declared], dict[str, Any]],
        below: str = "",
        default_order: str = "Descending",
    ) -> dict[str, Any]:
        """Args: below: the start of the names within the kind, such as ``d-0123456789ab/``."""
        asked = {"SortOrder": default_order} | {
            _NAMES.get(name, name): _ORDERS.get(value, value) if name in _ENUMERATED else value
            for name, value in request.items()
        }
        wanted, question = list_filter(
            asked, operation=operation, kind=kind, scope=scope, tokens=self._tokens
        )
        wanted = dataclasses.replace(wanted, arn_prefix=wanted.arn_prefix + below.lower())
        records, more = await self._database.read(lambda connection: resources.search(connection, wanted))

        def summarised(record: Record) -> dict[str, Any]:
            return summary(from_record(record))

        return page(
            records=records,
            more=more,
            wanted=wanted,
            question=question,
            tokens=self._tokens,
            member=member,
            summary=summarised,
        )
