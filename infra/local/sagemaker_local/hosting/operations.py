"""The API operations on endpoints."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.hosting import component_store, endpoint_store
from sagemaker_local.hosting.endpoint_plans import plan_of_config, resized, retained
from sagemaker_local.hosting.endpoints import Endpoint, Plan
from sagemaker_local.hosting.traffic import deployment_problems
from sagemaker_local.hosting.variants import VariantSize
from sagemaker_local.hosting.views import described, summary
from sagemaker_local.protocol.arns import ENDPOINT, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database

_UPDATABLE = ("InService", "Failed")


class Fleets(Protocol):
    """Port to what runs the workers."""

    def wake(self, endpoint: Endpoint) -> None: ...


class EndpointOperations:
    def __init__(self, database: Database, fleet: Fleets, listings: Listings) -> None:
        self._database = database
        self._fleet = fleet
        self._listings = listings

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateEndpoint": self.create,
            "DescribeEndpoint": self.describe,
            "ListEndpoints": self.list,
            "UpdateEndpoint": self.update,
            "UpdateEndpointWeightsAndCapacities": self.resize,
            "DeleteEndpoint": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = str(request["EndpointName"])
        arn = scope.arn(ENDPOINT, name)
        _check_deployment(request)
        wanted_tags = tags_of_request(request)
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            plan = plan_of_config(connection, scope, request["EndpointConfigName"], generation=1, at=now)
            endpoint = Endpoint(
                arn=arn,
                name=name,
                region=scope.region,
                created_at=now,
                modified_at=now,
                status="Creating",
                target=plan,
                deployment_config=request.get("DeploymentConfig"),
            )
            if not resources.insert(connection, endpoint.record()):
                raise ValidationException(f'Cannot create already existing endpoint "{arn}".')
            tags.put(connection, arn, wanted_tags)
            endpoint_store.emit(connection, endpoint)
            return endpoint

        self._fleet.wake(await self._database.run(work))
        return {"EndpointArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(ENDPOINT, request["EndpointName"])
        return described(await self._database.read(lambda connection: _find(connection, arn)))

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._listings.of_resources(
            scope,
            request,
            operation="ListEndpoints",
            kind=ENDPOINT,
            member="Endpoints",
            summary=lambda _, record: summary(record),
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(ENDPOINT, request["EndpointName"])
        _check_deployment(request)
        if request.get("ExcludeRetainedVariantProperties") and not request.get("RetainAllVariantProperties"):
            raise ValidationException(
                "ExcludeRetainedVariantProperties needs RetainAllVariantProperties to be true."
            )
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            before = _updatable(connection, arn)
            plan = plan_of_config(
                connection, scope, request["EndpointConfigName"], generation=before.generations + 1, at=now
            )
            if request.get("RetainAllVariantProperties") and before.active is not None:
                plan = retained(plan, before.active, request.get("ExcludeRetainedVariantProperties", []))
            if before.active is not None:
                plan = _with_components(connection, before, before.active, plan)
            after = before.updating_to(plan, now, _deployment_config(before, request))
            endpoint_store.save(connection, before, after)
            return after

        self._fleet.wake(await self._database.run(work))
        return {"EndpointArn": arn}

    async def resize(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(ENDPOINT, request["EndpointName"])
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            before = _updatable(connection, arn)
            plan = resized(before, request["DesiredWeightsAndCapacities"])
            plan = _with_room(connection, before, plan)
            after = before.updating_to(plan, now, before.deployment_config)
            endpoint_store.save(connection, before, after)
            return after

        self._fleet.wake(await self._database.run(work))
        return {"EndpointArn": arn}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(ENDPOINT, request["EndpointName"])

        def work(connection: sqlite3.Connection) -> Endpoint:
            before = _find(connection, arn)
            if before.status == "Deleting":
                return before
            hosted = component_store.of_endpoint(connection, arn)
            if hosted:
                raise ValidationException(
                    f'Cannot delete endpoint "{arn}" because it has inference components: '
                    f"{', '.join(one.name for one in hosted)}. Delete them first."
                )
            after = before.deleting(time.time())
            endpoint_store.save(connection, before, after)
            return after

        self._fleet.wake(await self._database.run(work))


def _find(connection: sqlite3.Connection, arn: str) -> Endpoint:
    endpoint = endpoint_store.load(connection, arn)
    if endpoint is None:
        raise ValidationException(f'Could not find endpoint "{arn}".')
    return endpoint


def _updatable(connection: sqlite3.Connection, arn: str) -> Endpoint:
    endpoint = _find(connection, arn)
    if endpoint.status not in _UPDATABLE:
        raise ValidationException(f'Cannot update in-progress endpoint "{arn}".')
    return endpoint


def _check_deployment(request: Mapping[str, Any]) -> None:
    problem = next(deployment_problems(request.get("DeploymentConfig", {})), None)
    if problem is not None:
        raise ValidationException(problem)


def _deployment_config(before: Endpoint, request: Mapping[str, Any]) -> dict[str, Any] | None:
    if request.get("RetainDeploymentConfig"):
        if "DeploymentConfig" in request:
            raise ValidationException("Give DeploymentConfig or RetainDeploymentConfig, not both.")
        return before.deployment_config
    return request.get("DeploymentConfig")


def _with_components(connection: sqlite3.Connection, endpoint: Endpoint, active: Plan, plan: Plan) -> Plan:
    if active.hosts_components != plan.hosts_components:
        raise ValidationException(
            f'Endpoint "{endpoint.arn}" hosts either models or inference components; that cannot change.'
        )
    return _with_room(connection, endpoint, plan)


def _with_room(connection: sqlite3.Connection, endpoint: Endpoint, plan: Plan) -> Plan:
    """Keep the instances that inference components stand on; managed scaling adds them by itself."""
    for component in component_store.of_endpoint(connection, endpoint.arn):
        variant = plan.variant(component.variant)
        if variant is None:
            raise ValidationException(
                f"Variant {component.variant} cannot go: inference component {component.name} is on it."
            )
        needed = max(component.reserved, default=-1) + 1
        if needed <= variant.count:
            continue
        if variant.scaling is None or needed > variant.scaling.maximum:
            raise ValidationException(
                f"Variant {variant.name} cannot have {variant.count} instances: inference component "
                f"{component.name} stands on more of them. Reduce its copy count first."
            )
        plan = plan.resized({variant.name: VariantSize(count=needed)})
    return plan
