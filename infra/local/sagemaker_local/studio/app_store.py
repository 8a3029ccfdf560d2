"""Apps in the state file."""

import sqlite3

from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.state.entity_store import EntityStore
from sagemaker_local.studio import apps
from sagemaker_local.studio.apps import App


class AppStore(EntityStore[App]):
    def __init__(self, database: Database) -> None:
        super().__init__(database, apps.load, _save)

    async def live(self) -> list[App]:
        return await self._database.read(apps.all_live)

    async def forget_old(self, now: float) -> int:
        def work(connection: sqlite3.Connection) -> int:
            old = [one for one in apps.all_below(connection, "") if one.is_forgotten(now)]
            for one in old:
                resources.delete(connection, one.arn)
            return len(old)

        return await self._database.run(work)


def _save(connection: sqlite3.Connection, _: App, after: App) -> None:
    resources.update(connection, after.record())
