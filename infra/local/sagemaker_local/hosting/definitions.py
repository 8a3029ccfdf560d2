"""Models and endpoint configurations: named requests that do nothing by themselves."""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_local.hosting.config_checks import check_config
from sagemaker_local.hosting.definition_store import Definition, find
from sagemaker_local.hosting.model_checks import check_model
from sagemaker_local.protocol.arns import ENDPOINT_CONFIG, MODEL, Scope
from sagemaker_local.protocol.control import Handler, epoch
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.state.resources import Record


@dataclass(frozen=True)
class DefinitionKind:
    """How one kind is called in the API."""

    kind: str
    title: str  # in operation names and members
    words: str  # in messages
    event_type: str
    list_member: str
    check: Callable[[sqlite3.Connection, Scope, Mapping[str, Any]], dict[str, Any]]


class DefinitionOperations:
    def __init__(self, database: Database, listings: Listings) -> None:
        self._database = database
        self._listings = listings

    def handlers(self) -> dict[str, Handler]:
        found: dict[str, Handler] = {}
        for kind in KINDS:
            found |= {
                f"Create{kind.title}": self._bound(self._create, kind),
                f"Describe{kind.title}": self._bound(self._describe, kind),
                f"List{kind.title}s": self._bound(self._list, kind),
                f"Delete{kind.title}": self._bound(self._delete, kind),
            }
        return found

    def _bound(
        self,
        method: Callable[[DefinitionKind, Scope, Mapping[str, Any]], Awaitable[dict[str, Any] | None]],
        kind: DefinitionKind,
    ) -> Handler:
        async def handler(scope: Scope, request: Mapping[str, Any]) -> dict[str, Any] | None:
            return await method(kind, scope, request)

        return handler

    async def _create(self, kind: DefinitionKind, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = str(request[f"{kind.title}Name"])
        arn = scope.arn(kind.kind, name)
        wanted_tags = tags_of_request(request)
        now = time.time()

        def work(connection: sqlite3.Connection) -> None:
            checked = kind.check(connection, scope, request)
            kept = {member: value for member, value in checked.items() if member != "Tags"}
            definition = Definition(arn=arn, name=name, request=kept, created_at=now)
            if not resources.insert(connection, definition.record(kind.kind)):
                raise ValidationException(f'Cannot create already existing {kind.words} "{arn}".')
            tags.put(connection, arn, wanted_tags)
            detail = {**kept, f"{kind.title}Arn": arn, "CreationTime": round(now * 1000), "Tags": wanted_tags}
            outbox.add(connection, arn=arn, detail_type=kind.event_type, detail=detail, happened_at=now)

        await self._database.run(work)
        return {f"{kind.title}Arn": arn}

    async def _describe(
        self, kind: DefinitionKind, scope: Scope, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        arn = scope.arn(kind.kind, request[f"{kind.title}Name"])
        definition = await self._database.read(lambda connection: find(connection, kind.kind, arn))
        return {**definition.request, f"{kind.title}Arn": arn, "CreationTime": epoch(definition.created_at)}

    async def _list(self, kind: DefinitionKind, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        def summary(_: sqlite3.Connection, record: Record) -> dict[str, Any]:
            return {
                f"{kind.title}Name": record.name,
                f"{kind.title}Arn": record.arn,
                "CreationTime": epoch(record.created_at),
            }

        return await self._listings.of_resources(
            scope,
            request,
            operation=f"List{kind.title}s",
            kind=kind.kind,
            member=kind.list_member,
            summary=summary,
        )

    async def _delete(self, kind: DefinitionKind, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(kind.kind, request[f"{kind.title}Name"])

        def work(connection: sqlite3.Connection) -> None:
            find(connection, kind.kind, arn)
            resources.delete(connection, arn)

        await self._database.run(work)


KINDS = (
    DefinitionKind(
        kind=MODEL,
        title="Model",
        words="model",
        event_type="SageMaker Model State Change",
        list_member="Models",
        check=check_model,
    ),
    DefinitionKind(
        kind=ENDPOINT_CONFIG,
        title="EndpointConfig",
        words="endpoint configuration",
        event_type="SageMaker Endpoint Config State Change",
        list_member="EndpointConfigs",
        check=check_config,
    ),
)
