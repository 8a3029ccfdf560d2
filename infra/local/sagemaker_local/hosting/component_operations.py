"""The API operations on inference components."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.hosting import endpoint_store
from sagemaker_local.hosting.component_lookups import (
    base_component,
    find_component,
    host_of,
    refuse_existing,
    refuse_with_adapters,
    updatable_component,
    variant_of,
)
from sagemaker_local.hosting.component_plans import adapter_plan, check_size, component_plan
from sagemaker_local.hosting.component_views import described, summary
from sagemaker_local.hosting.components import Component, ComponentPlan
from sagemaker_local.hosting.endpoints import Plan
from sagemaker_local.protocol.arns import INFERENCE_COMPONENT, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.protocol.paging import Listings
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database


class Fleets(Protocol):
    """Port to what runs the copies."""

    def wake_component(self, component: Component) -> None: ...
    def copies_of(self, component: Component) -> int: ...


class ComponentOperations:
    def __init__(self, database: Database, fleet: Fleets, listings: Listings, types: InstanceTypes) -> None:
        self._database = database
        self._fleet = fleet
        self._listings = listings
        self._types = types

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateInferenceComponent": self.create,
            "DescribeInferenceComponent": self.describe,
            "ListInferenceComponents": self.list,
            "UpdateInferenceComponent": self.update,
            "UpdateInferenceComponentRuntimeConfig": self.resize,
            "DeleteInferenceComponent": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = str(request["InferenceComponentName"])
        arn = scope.arn(INFERENCE_COMPONENT, name)
        wanted_tags = tags_of_request(request)
        specification = _specification(request)
        if specification.get("BaseInferenceComponentName"):
            return await self._create_adapter(scope, request, specification)
        copies = _asked_copies(request)
        now = time.time()

        def work(connection: sqlite3.Connection) -> Component:
            refuse_existing(connection, arn)
            endpoint, shape = host_of(connection, scope, request["EndpointName"])
            variant = variant_of(shape, request.get("VariantName"))
            plan = component_plan(
                connection,
                scope,
                specification,
                name=name,
                endpoint=shape,
                generation=1,
                copies=copies,
                at=now,
            )
            check_size(plan, variant, self._types)
            component = Component(
                arn=arn,
                name=name,
                region=scope.region,
                endpoint_name=endpoint.name,
                endpoint_arn=endpoint.arn,
                variant=variant.name,
                created_at=now,
                modified_at=now,
                status="Creating",
                asked_copies=copies,
                target=plan,
            )
            resources.insert(connection, component.record())
            tags.put(connection, arn, wanted_tags)
            return component

        self._fleet.wake_component(await self._database.run(work))
        return {"InferenceComponentArn": arn}

    async def _create_adapter(
        self, scope: Scope, request: Mapping[str, Any], specification: Mapping[str, Any]
    ) -> dict[str, Any]:
        name = str(request["InferenceComponentName"])
        arn = scope.arn(INFERENCE_COMPONENT, name)
        wanted_tags = tags_of_request(request)
        now = time.time()

        def work(connection: sqlite3.Connection) -> Component:
            refuse_existing(connection, arn)
            endpoint, _ = host_of(connection, scope, request["EndpointName"])
            base = base_component(connection, scope, endpoint, specification["BaseInferenceComponentName"])
            shape = base.active or base.target
            if shape is None:
                raise ValidationException(f"Inference component {base.name} has nothing to adapt.")
            component = Component(
                arn=arn,
                name=name,
                region=scope.region,
                endpoint_name=endpoint.name,
                endpoint_arn=endpoint.arn,
                variant=base.variant,
                base=base.name,
                created_at=now,
                modified_at=now,
                status="Creating",
                asked_copies=0,
                target=adapter_plan(specification, name=name, base=shape, at=now),
            )
            resources.insert(connection, component.record())
            tags.put(connection, arn, wanted_tags)
            return component

        self._fleet.wake_component(await self._database.run(work))
        return {"InferenceComponentArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(INFERENCE_COMPONENT, request["InferenceComponentName"])
        component = await self._database.read(lambda connection: find_component(connection, arn))
        return described(component, self._fleet.copies_of(component))

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        members = {"EndpointNameEquals": "endpoint_name", "VariantNameEquals": "variant"}
        equal = {field: request[name] for name, field in members.items() if name in request}
        return await self._listings.of_resources(
            scope,
            request,
            operation="ListInferenceComponents",
            kind=INFERENCE_COMPONENT,
            member="InferenceComponents",
            summary=lambda _, record: summary(record),
            narrow=lambda wanted: replace(wanted, equal=equal),
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(INFERENCE_COMPONENT, request["InferenceComponentName"])
        if not request.keys() & {"Specification", "Specifications", "RuntimeConfig"}:
            raise ValidationException("Give a Specification, a RuntimeConfig, or both.")
        now = time.time()

        def work(connection: sqlite3.Connection) -> Component:
            before = updatable_component(connection, arn)
            copies = _asked_copies(request) if "RuntimeConfig" in request else before.asked_copies
            if not request.keys() & {"Specification", "Specifications"}:
                return self._resized(connection, before, copies, now, request.get("DeploymentConfig"))
            _, shape = host_of(connection, scope, before.endpoint_name)
            plan = component_plan(
                connection,
                scope,
                _specification(request),
                name=before.name,
                endpoint=shape,
                generation=before.generations + 1,
                copies=copies,
                at=now,
            )
            return self._saved(connection, before, plan, shape, now, request.get("DeploymentConfig"))

        self._fleet.wake_component(await self._database.run(work))
        return {"InferenceComponentArn": arn}

    async def resize(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(INFERENCE_COMPONENT, request["InferenceComponentName"])
        copies = int(request["DesiredRuntimeConfig"]["CopyCount"])
        now = time.time()

        def work(connection: sqlite3.Connection) -> Component:
            before = updatable_component(connection, arn)
            return self._resized(connection, before, copies, now, before.deployment_config)

        self._fleet.wake_component(await self._database.run(work))
        return {"InferenceComponentArn": arn}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        arn = scope.arn(INFERENCE_COMPONENT, request["InferenceComponentName"])

        def work(connection: sqlite3.Connection) -> Component:
            before = find_component(connection, arn)
            if before.status == "Deleting":
                return before
            refuse_with_adapters(connection, before)
            after = before.deleting(time.time())
            resources.update(connection, after.record())
            return after

        self._fleet.wake_component(await self._database.run(work))

    def _resized(
        self,
        connection: sqlite3.Connection,
        before: Component,
        copies: int,
        at: float,
        deployment_config: dict[str, Any] | None,
    ) -> Component:
        """The same copies in another number; a component that failed starts anew."""
        plan = before.active or before.target
        endpoint = endpoint_store.load(connection, before.endpoint_arn)
        if plan is None or endpoint is None or endpoint.active is None:
            raise ValidationException(f'Inference component "{before.arn}" has nothing to run.')
        wanted = {"copies": copies}
        if before.active is None:
            wanted["generation"] = before.generations + 1
        changed = plan.model_copy(update=wanted)
        return self._saved(connection, before, changed, endpoint.active, at, deployment_config)

    def _saved(
        self,
        connection: sqlite3.Connection,
        before: Component,
        plan: ComponentPlan,
        shape: Plan,
        at: float,
        deployment_config: dict[str, Any] | None,
    ) -> Component:
        check_size(plan, variant_of(shape, before.variant), self._types)
        after = before.updating_to(plan, at, asked_copies=plan.copies, deployment_config=deployment_config)
        resources.update(connection, after.record())
        return after


def _specification(request: Mapping[str, Any]) -> Mapping[str, Any]:
    several = request.get("Specifications")
    if several:
        raise ValidationException(
            "Specifications is not supported by sagemaker-local; give one Specification."
        )
    if "Specification" not in request:
        raise ValidationException("Specification is required.")
    specification: Mapping[str, Any] = request["Specification"]
    return specification


def _asked_copies(request: Mapping[str, Any]) -> int:
    if "RuntimeConfig" not in request:
        raise ValidationException("RuntimeConfig is required: CopyCount says how many copies to run.")
    return int(request["RuntimeConfig"]["CopyCount"])
