"""The API operations on apps."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes
from sagemaker_local.protocol.arns import APP, Scope
from sagemaker_local.protocol.control import Handler, epoch
from sagemaker_local.protocol.errors import (
    ResourceInUse,
    ResourceLimitExceeded,
    ResourceNotFound,
    ValidationException,
)
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.studio import apps
from sagemaker_local.studio.app_planning import plan_app
from sagemaker_local.studio.app_server import ServerStatus
from sagemaker_local.studio.apps import App
from sagemaker_local.studio.domains import find_domain
from sagemaker_local.studio.spaces import find_space, owner_profile

_APP_TYPE = "JupyterLab"
_APP_NAME = "default"


class Fleet(Protocol):
    """Port to what runs the apps."""

    def wake(self, app: App) -> None: ...
    def status(self, arn: str) -> ServerStatus | None: ...


class AppOperations:
    def __init__(
        self, database: Database, fleet: Fleet, listings: Listings, instance_types: InstanceTypes
    ) -> None:
        self._database = database
        self._fleet = fleet
        self._listings = listings
        self._instance_types = instance_types

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateApp": self.create,
            "DescribeApp": self.describe,
            "ListApps": self.list,
            "DeleteApp": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        _check_kind(request)
        wanted_tags, now = tags_of_request(request), time.time()

        def work(connection: sqlite3.Connection) -> App:
            app = self._planned(connection, scope, request, now)
            before = apps.load(connection, app.arn)
            if before is not None and before.status != "Deleted":
                raise ResourceInUse(
                    f"App [{app.app_name}] of type {app.app_type} already exists in space "
                    f"[{app.space_name}] with status {before.status}."
                )
            if before is not None and not before.is_forgotten(now):
                # Within a day it counts as the same app, started again.
                app = app.model_copy(update={"created_at": before.created_at})
                resources.update(connection, app.record())
            else:
                resources.delete(connection, app.arn)
                resources.insert(connection, app.record())
            tags.put(connection, app.arn, wanted_tags)
            return app

        app = await self._database.run(work)
        self._fleet.wake(app)
        return {"AppArn": app.arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        app = await self._database.read(lambda connection: _find(connection, scope, request))
        reply = {**app.summary(), "AppArn": app.arn}
        if app.recovery_mode is not None:
            reply["RecoveryMode"] = app.recovery_mode
        if app.failure_reason:
            reply["FailureReason"] = app.failure_reason
        status = self._fleet.status(app.arn)
        if status is not None:
            reply["LastHealthCheckTimestamp"] = epoch(status.checked_at)
            reply["LastUserActivityTimestamp"] = epoch(status.active_at)
        return reply

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        place = self._listings.place(request, "ListApps")
        found = await self._database.read(lambda c: apps.all_below(c, scope.prefix(APP)))
        found = [app for app in found if _is_asked_for(app, request)]
        if request.get("SortOrder") == "Descending":
            found.reverse()
        return self._listings.page(place, found, member="Apps", summary=App.summary)

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        def work(connection: sqlite3.Connection) -> App:
            app = _find(connection, scope, request)
            if app.status in ("Deleting", "Deleted"):
                return app
            deleting = app.with_status("Deleting", time.time())
            resources.update(connection, deleting.record())
            return deleting

        app = await self._database.run(work)
        if app.status == "Deleting":
            self._fleet.wake(app)

    def _planned(
        self, connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any], now: float
    ) -> App:
        domain_id, space_name = request["DomainId"], request["SpaceName"]
        domain = find_domain(connection, scope, domain_id, error=ValidationException)
        space = find_space(connection, scope, domain_id, space_name, error=ValidationException)
        if space.status != "InService":
            raise ValidationException(f"Space [{space.name}] is {space.status}; an app needs it InService.")
        spec, plan = plan_app(
            connection,
            scope,
            requested=request.get("ResourceSpec", {}),
            space=space,
            owner=owner_profile(connection, space),
            domain=domain,
        )
        self._check_capacity(plan.instance_type)
        return App(
            arn=scope.arn(APP, f"{domain_id}/{space.name}/{_APP_TYPE}/{_APP_NAME}"),
            region=scope.region,
            domain_id=domain_id,
            space_name=space.name,
            app_type=_APP_TYPE,
            app_name=_APP_NAME,
            status="Pending",
            created_at=now,
            modified_at=now,
            resource_spec=spec,
            recovery_mode=request.get("RecoveryMode"),
            plan=plan,
        )

    def _check_capacity(self, instance_type: str) -> None:
        try:
            self._instance_types.slot(instance_type)
        except CapacityError as error:
            raise ResourceLimitExceeded(str(error)) from error


def _check_kind(request: Mapping[str, Any]) -> None:
    app_type, name = request["AppType"], request["AppName"]
    if app_type != _APP_TYPE:
        raise ValidationException(
            f"Apps of type {app_type} are not supported by sagemaker-local; supported: {_APP_TYPE}."
        )
    if "SpaceName" not in request or "UserProfileName" in request:
        raise ValidationException(f"A {_APP_TYPE} app needs SpaceName, and no UserProfileName.")
    if name != _APP_NAME:
        raise ValidationException(f"AppName of a {_APP_TYPE} app must be [{_APP_NAME}], not [{name}].")


def _find(connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any]) -> App:
    owner = request.get("SpaceName") or request.get("UserProfileName")
    if owner is None or ("SpaceName" in request and "UserProfileName" in request):
        raise ValidationException("Exactly one of SpaceName and UserProfileName is required.")
    name = request["AppName"]
    app = apps.load(connection, scope.arn(APP, f"{request['DomainId']}/{owner}/{request['AppType']}/{name}"))
    if app is None or "SpaceName" not in request:
        raise ResourceNotFound(f"App [{name}] of type {request['AppType']} does not exist for [{owner}].")
    return app


def _is_asked_for(app: App, request: Mapping[str, Any]) -> bool:
    space = request.get("SpaceNameEquals")
    return (
        request.get("DomainIdEquals", app.domain_id) == app.domain_id
        and (space is None or space.lower() == app.space_name.lower())
        and "UserProfileNameEquals" not in request  # no app here belongs to a profile directly
    )
