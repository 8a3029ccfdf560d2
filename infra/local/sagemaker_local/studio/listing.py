"""List operations of Studio: their parameters have other names than those of jobs."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.state.resources import ListFilter
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
    def __init__(self, listings: Listings) -> None:
        self._listings = listings

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

        def narrow(wanted: ListFilter) -> ListFilter:
            return dataclasses.replace(wanted, arn_prefix=wanted.arn_prefix + below.lower())

        return await self._listings.of_resources(
            scope,
            asked,
            operation=operation,
            kind=kind,
            member=member,
            summary=lambda _, record: summary(from_record(record)),
            narrow=narrow,
        )
