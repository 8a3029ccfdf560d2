"""The API operations on app image configurations: how an image is run as an app."""

import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import APP_IMAGE_CONFIG, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.studio.declared import Declared, find
from sagemaker_local.studio.domains import without
from sagemaker_local.studio.listing import Lists

#: Where the home folder of a space appears to its app.
HOME = "/home/sagemaker-user"


def find_config(connection: sqlite3.Connection, scope: Scope, name: str, **how: Any) -> Declared:
    return find(connection, scope.arn(APP_IMAGE_CONFIG, name), f"AppImageConfig [{name}]", **how)


def problem_of(config: Declared) -> str | None:
    """Why an app cannot be started with a configuration; None when it can."""
    settings = config.request.get("JupyterLabAppImageConfig", {})
    mount_path = settings.get("FileSystemConfig", {}).get("MountPath", HOME)
    if mount_path.rstrip("/") != HOME:
        return f"AppImageConfig [{config.name}]: MountPath can only be {HOME} in sagemaker-local."
    container = settings.get("ContainerConfig", {})
    own = [name for name in ("ContainerEntrypoint", "ContainerArguments") if container.get(name)]
    if own:
        return (
            f"AppImageConfig [{config.name}]: {own[0]} is not supported by sagemaker-local, which runs the "
            "image's own command for apps."
        )
    return None


def environment_of(config: Declared) -> dict[str, str]:
    container = config.request.get("JupyterLabAppImageConfig", {}).get("ContainerConfig", {})
    return dict(container.get("ContainerEnvironmentVariables", {}))


class AppImageConfigOperations:
    def __init__(self, database: Database, lists: Lists) -> None:
        self._database = database
        self._lists = lists

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateAppImageConfig": self.create,
            "DescribeAppImageConfig": self.describe,
            "ListAppImageConfigs": self.list,
            "UpdateAppImageConfig": self.update,
            "DeleteAppImageConfig": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name, now = request["AppImageConfigName"], time.time()
        arn, wanted_tags = scope.arn(APP_IMAGE_CONFIG, name), tags_of_request(request)
        config = Declared(
            arn=arn,
            kind=APP_IMAGE_CONFIG,
            name=name,
            key=secrets.token_hex(8),
            status="",
            created_at=now,
            modified_at=now,
            request=without(request, "Tags"),
        )

        def work(connection: sqlite3.Connection) -> None:
            if not resources.insert(connection, config.record()):
                raise ResourceInUse(f"AppImageConfig [{name}] already exists.")
            tags.put(connection, arn, wanted_tags)

        await self._database.run(work)
        return {"AppImageConfigArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return _described(
            await self._database.read(lambda c: find_config(c, scope, request["AppImageConfigName"]))
        )

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._lists.page(
            scope,
            request,
            operation="ListAppImageConfigs",
            kind=APP_IMAGE_CONFIG,
            member="AppImageConfigs",
            summary=_described,
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        def work(connection: sqlite3.Connection) -> str:
            config = find_config(connection, scope, request["AppImageConfigName"])
            changes = without(request, "AppImageConfigName")
            resources.update(connection, config.with_members(changes, time.time()).record())
            return config.arn

        return {"AppImageConfigArn": await self._database.run(work)}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            config = find_config(connection, scope, request["AppImageConfigName"])
            resources.delete(connection, config.arn)

        await self._database.run(work)


def _described(config: Declared) -> dict[str, Any]:
    return {**config.request, "AppImageConfigArn": config.arn, **config.times()}
