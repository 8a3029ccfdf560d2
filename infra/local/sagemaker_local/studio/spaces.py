"""The API operations on spaces."""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import APP, SPACE, USER_PROFILE, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ValidationException
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.studio import apps
from sagemaker_local.studio.app_settings import is_shared, largest_volume_gib
from sagemaker_local.studio.declared import Declared, deep_merge, find, from_record, load
from sagemaker_local.studio.domains import find_domain, find_profile, owner_of, without
from sagemaker_local.studio.home_folders import HomeFolders
from sagemaker_local.studio.listing import Lists

_APP_TYPES = ("JupyterLab",)

logger = logging.getLogger(__name__)


def find_space(
    connection: sqlite3.Connection, scope: Scope, domain_id: str, name: str, **how: Any
) -> Declared:
    find_domain(connection, scope, domain_id, **how)
    return find(connection, scope.arn(SPACE, f"{domain_id}/{name}"), f"Space [{name}]", **how)


def owner_profile(connection: sqlite3.Connection, space: Declared) -> Declared | None:
    """The profile that owns a space; None when it belongs to the whole domain."""
    prefix = space.arn.replace(f":{SPACE}/", f":{USER_PROFILE}/").rsplit("/", 1)[0]
    return load(connection, f"{prefix}/{owner_of(space).lower()}") if owner_of(space) else None


class SpaceOperations:
    def __init__(self, database: Database, lists: Lists, homes: HomeFolders, engine_url: str) -> None:
        self._database = database
        self._lists = lists
        self._homes = homes
        self._engine_url = engine_url
        self._removals: dict[str, asyncio.Task[None]] = {}

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateSpace": self.create,
            "DescribeSpace": self.describe,
            "ListSpaces": self.list,
            "UpdateSpace": self.update,
            "DeleteSpace": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id, name, now = request["DomainId"], request["SpaceName"], time.time()
        arn = scope.arn(SPACE, f"{domain_id}/{name}")
        wanted_tags = tags_of_request(request)
        if ("OwnershipSettings" in request) != ("SpaceSharingSettings" in request):
            raise ValidationException("OwnershipSettings and SpaceSharingSettings must be given together.")
        space = Declared(
            arn=arn,
            kind=SPACE,
            name=name,
            key=secrets.token_hex(16),
            domain_id=domain_id,
            status="InService",
            created_at=now,
            modified_at=now,
            request=without(request, "Tags"),
        )

        def work(connection: sqlite3.Connection) -> None:
            domain = find_domain(connection, scope, domain_id, error=ValidationException)
            owner = None
            if owner_of(space):
                owner = find_profile(connection, scope, domain_id, owner_of(space), error=ValidationException)
            _check_settings(space, owner, domain)
            if not resources.insert(connection, space.record()):
                raise ResourceInUse(f"Space [{name}] already exists in domain [{domain_id}].")
            tags.put(connection, arn, wanted_tags)

        await self._database.run(work)
        return {"SpaceArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        space = await self._database.read(
            lambda c: find_space(c, scope, request["DomainId"], request["SpaceName"])
        )
        return {
            **space.request,
            "SpaceArn": space.arn,
            "Status": space.status,
            "Url": f"{self._engine_url}{apps.base_url(space.domain_id, space.name)}",
            **space.times(),
            **space.reason(),
        }

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id = request.get("DomainIdEquals")
        return await self._lists.page(
            scope,
            request,
            operation="ListSpaces",
            kind=SPACE,
            member="Spaces",
            summary=_summary,
            below=f"{domain_id}/" if domain_id else "",
            default_order="Ascending",
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id, name = request["DomainId"], request["SpaceName"]

        def work(connection: sqlite3.Connection) -> str:
            space = find_space(connection, scope, domain_id, name)
            if space.status != "InService":
                raise ResourceInUse(f"Space [{name}] is {space.status} and cannot be updated.")
            changes = without(request, "DomainId", "SpaceName")
            wanted = space.merged_with(changes, time.time())
            if _volume(wanted) and (_volume(space) or 0) > (_volume(wanted) or 0):
                raise ValidationException("EbsVolumeSizeInGb of a space can only be increased.")
            domain = find_domain(connection, scope, domain_id)
            _check_settings(wanted, owner_profile(connection, space), domain)
            resources.update(connection, wanted.record())
            return space.arn

        return {"SpaceArn": await self._database.run(work)}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        domain_id, name = request["DomainId"], request["SpaceName"]

        def work(connection: sqlite3.Connection) -> Declared:
            space = find_space(connection, scope, domain_id, name)
            prefix = scope.arn(APP, f"{domain_id}/{name}/")
            for app in apps.all_below(connection, prefix):
                if app.status != "Deleted":
                    raise ResourceInUse(
                        f"Space [{name}] cannot be deleted because its app [{app.app_name}] of type "
                        f"{app.app_type} is {app.status}. Delete the app first."
                    )
                resources.delete(connection, app.arn)
            deleting = space.with_status("Deleting", time.time())
            resources.update(connection, deleting.record())
            return deleting

        self._begin_removal(await self._database.run(work))

    async def recover(self) -> int:
        """Go on with removals that an earlier engine began."""
        records = await self._database.read(lambda c: resources.all_of(c, SPACE, ("Deleting",)))
        for record in records:
            self._begin_removal(from_record(record))
        return len(records)

    async def close(self) -> None:
        for task in self._removals.values():
            task.cancel()
        await asyncio.gather(*self._removals.values(), return_exceptions=True)

    async def remove_unknown_homes(self) -> int:
        def work(connection: sqlite3.Connection) -> set[str]:
            return {from_record(one).key for one in resources.all_of(connection, SPACE)}

        found = await asyncio.to_thread(self._homes.keys)  # before the spaces: one made meanwhile is not ours
        unknown = found - await self._database.read(work)
        for key in unknown:
            await asyncio.to_thread(self._homes.remove, key)
        return len(unknown)

    def _begin_removal(self, space: Declared) -> None:
        if space.arn not in self._removals:
            task = asyncio.create_task(self._remove(space), name=f"remove space {space.name}")
            self._removals[space.arn] = task
            task.add_done_callback(lambda _: self._removals.pop(space.arn, None))

    async def _remove(self, space: Declared) -> None:
        try:
            await asyncio.to_thread(self._homes.remove, space.key)
        except OSError as error:
            logger.warning("the home folder of space %s cannot be removed: %s", space.name, error)
            failed = space.with_status(
                "Delete_Failed", time.time(), f"The home folder cannot be removed: {error}"[:1024]
            )
            await self._database.run(lambda c: resources.update(c, failed.record()))
            return
        await self._database.run(lambda c: resources.delete(c, space.arn))


def _check_settings(space: Declared, owner: Declared | None, domain: Declared) -> None:
    settings = space.request.get("SpaceSettings", {})
    app_type = settings.get("AppType")
    if app_type is not None and app_type not in _APP_TYPES:
        raise ValidationException(
            f"Spaces with AppType {app_type} are not supported by sagemaker-local; supported: JupyterLab."
        )
    unsupported = [name for name in ("CustomFileSystems",) if settings.get(name)]
    if unsupported:
        raise ValidationException(f"SpaceSettings.{unsupported[0]} is not supported by sagemaker-local.")
    if not is_shared(space) and owner is None:
        raise ValidationException("A private space needs OwnershipSettings.OwnerUserProfileName.")
    defaults = [] if owner is None else [owner.request.get("UserSettings", {})]
    largest = largest_volume_gib([*defaults, domain.request["DefaultUserSettings"]])
    if largest is not None and (_volume(space) or 0) > largest:
        raise ValidationException(
            f"EbsVolumeSizeInGb {_volume(space)} is larger than the {largest} GB that the domain or the "
            "user profile allows (MaximumEbsVolumeSizeInGb)."
        )


def _volume(space: Declared) -> int | None:
    storage = space.request.get("SpaceSettings", {}).get("SpaceStorageSettings", {})
    found = storage.get("EbsStorageSettings", {}).get("EbsVolumeSizeInGb")
    return None if found is None else int(found)


def _summary(space: Declared) -> dict[str, Any]:
    settings = space.request.get("SpaceSettings", {})
    summary: dict[str, Any] = {
        "DomainId": space.domain_id,
        "SpaceName": space.name,
        "Status": space.status,
        **space.times(),
        "SpaceSettingsSummary": {
            name: settings[name]
            for name in ("AppType", "RemoteAccess", "SpaceStorageSettings")
            if name in settings
        },
    }
    for member in ("SpaceSharingSettings", "OwnershipSettings"):
        if member in space.request:
            summary[f"{member}Summary"] = deep_merge({}, space.request[member])
    if "SpaceDisplayName" in space.request:
        summary["SpaceDisplayName"] = space.request["SpaceDisplayName"]
    return summary
