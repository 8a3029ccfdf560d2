"""Endpoints in the state file; every change is written with the event that tells of it."""

import sqlite3
from collections.abc import Callable

from sagemaker_local.hosting.endpoints import KIND, Endpoint, from_record
from sagemaker_local.hosting.views import EVENT_TYPE, event_detail
from sagemaker_local.state import outbox, resources, tags
from sagemaker_local.state.database import Database


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


class EndpointStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, arn: str) -> Endpoint | None:
        return await self._database.read(lambda connection: load(connection, arn))

    async def change(self, arn: str, how: Callable[[Endpoint], Endpoint]) -> Endpoint | None:
        def work(connection: sqlite3.Connection) -> Endpoint | None:
            before = load(connection, arn)
            if before is None:
                return None
            after = how(before)
            if after is not before:
                save(connection, before, after)
            return after

        return await self._database.run(work)

    async def delete(self, arn: str) -> None:
        await self._database.run(lambda connection: resources.delete(connection, arn))

    async def all(self) -> list[Endpoint]:
        records = await self._database.read(lambda connection: resources.all_of(connection, KIND))
        return [from_record(record) for record in records]
