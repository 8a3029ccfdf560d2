"""Entities of one kind in the state file, read and changed one at a time."""

import sqlite3
from collections.abc import Callable
from typing import Generic, TypeVar

from sagemaker_local.state.database import Database

E = TypeVar("E")


class EntityStore(Generic[E]):
    """``save`` gets an entity before and after a change, in the transaction of that change."""

    def __init__(
        self,
        database: Database,
        load: Callable[[sqlite3.Connection, str], E | None],
        save: Callable[[sqlite3.Connection, E, E], None],
    ) -> None:
        self._database = database
        self._load = load
        self._save = save

    async def get(self, arn: str) -> E | None:
        return await self._database.read(lambda connection: self._load(connection, arn))

    async def change(self, arn: str, how: Callable[[E], E]) -> E | None:
        """Apply ``how`` to the entity as it is now and commit; None when there is none."""

        def work(connection: sqlite3.Connection) -> E | None:
            before = self._load(connection, arn)
            if before is None:
                return None
            after = how(before)
            if after is not before:
                self._save(connection, before, after)
            return after

        return await self._database.run(work)
