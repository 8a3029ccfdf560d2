"""Endpoints in the state file; every change is written with the event that tells of it."""

import sqlite3

from sagemaker_local.hosting.endpoints import KIND, Endpoint, from_record
from sagemaker_local.hosting.views import EVENT_TYPE, event_detail
from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.state.entity_store import EntityStore


def load(connection: sqlite3.Connection, arn: str) -> Endpoint | None:
    record = resources.get(connection, arn)
    return from_record(record) if record else None


def save(connection: sqlite3.Connection, before: Endpoint | None, after: Endpoint) -> None:
    resources.update(connection, after.record())
    if before is None or before.status != after.status:
        emit(connection, after)


def emit(connection: sqlite3.Connection, endpoint: Endpoint) -> None:
    detail = event_detail(endpoint, tags.of(connection, endpoint.arn))
    outbox.add(
        connection, arn=endpoint.arn, detail_type=EVENT_TYPE, detail=detail, happened_at=endpoint.modified_at
    )


class EndpointStore(EntityStore[Endpoint]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, load, save)

    async def delete(self, arn: str) -> None:
        await self._database.run(lambda connection: resources.delete(connection, arn))

    async def all(self) -> list[Endpoint]:
        records = await self._database.read(lambda connection: resources.all_of(connection, KIND))
        return [from_record(record) for record in records]
