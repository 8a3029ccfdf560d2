"""Apps in the state file."""

import sqlite3
from collections.abc import Callable

from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.studio import apps
from sagemaker_local.studio.apps import App


class AppStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, arn: str) -> App | None:
        return await self._database.read(lambda connection: apps.load(connection, arn))

    async def live(self) -> list[App]:
        return await self._database.read(apps.all_live)

    async def change(self, arn: str, how: Callable[[App], App]) -> App | None:
        def work(connection: sqlite3.Connection) -> App | None:
            before = apps.load(connection, arn)
            if before is None:
                return None
            after = how(before)
            if after is not before:
                resources.update(connection, after.record())
            return after

        return await self._database.run(work)

    async def forget_old(self, now: float) -> int:
        def work(connection: sqlite3.Connection) -> int:
            old = [one for one in apps.all_below(connection, "") if one.is_forgotten(now)]
            for one in old:
                resources.delete(connection, one.arn)
            return len(old)

        return await self._database.run(work)
