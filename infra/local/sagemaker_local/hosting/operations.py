"""The API operations on endpoints."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Protocol

from sagemaker_local.hosting import definitions, endpoint_store
from sagemaker_local.hosting.endpoints import Endpoint, Plan, variant_plan
from sagemaker_local.hosting.views import described, summary
from sagemaker_local.protocol.arns import ENDPOINT, ENDPOINT_CONFIG, MODEL, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.protocol.paging import PageTokens, list_filter, page
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database

_UPDATABLE = ("InService", "Failed")


class Fleets(Protocol):
    """Port to what runs the workers."""

    def wake(self, endpoint: Endpoint) -> None: ...


class EndpointOperations:
    def __init__(self, database: Database, fleet: Fleets, tokens: PageTokens) -> None:
        self._database = database
        self._fleet = fleet
        self._tokens = tokens

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
        wanted_tags = tags_of_request(request)
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            plan = _plan(connection, scope, request["EndpointConfigName"], generation=1, at=now)
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
        wanted, question = list_filter(
            request, operation="ListEndpoints", kind=ENDPOINT, scope=scope, tokens=self._tokens
        )
        records, more = await self._database.read(lambda connection: resources.search(connection, wanted))
        return page(
            records=records,
            more=more,
            wanted=wanted,
            question=question,
            tokens=self._tokens,
            member="Endpoints",
            summary=summary,
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(ENDPOINT, request["EndpointName"])
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            before = _updatable(connection, arn)
            plan = _plan(
                connection, scope, request["EndpointConfigName"], generation=before.generations + 1, at=now
            )
            if request.get("RetainAllVariantProperties") and before.active is not None:
                plan = _retained(plan, before.active, request.get("ExcludeRetainedVariantProperties", []))
            after = before.updating_to(plan, now, request.get("DeploymentConfig"))
            endpoint_store.save(connection, before, after)
            return after

        self._fleet.wake(await self._database.run(work))
        return {"EndpointArn": arn}

    async def resize(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = scope.arn(ENDPOINT, request["EndpointName"])
        wanted = request["DesiredWeightsAndCapacities"]
        names = [one["VariantName"] for one in wanted]
        for name in names:
            if names.count(name) > 1:
                raise ValidationException(f'The variant name "{name}" was non-unique within the request.')
        sizes = {
            one["VariantName"]: (one.get("DesiredWeight"), one.get("DesiredInstanceCount")) for one in wanted
        }
        now = time.time()

        def work(connection: sqlite3.Connection) -> Endpoint:
            before = _updatable(connection, arn)
            active = before.active
            if active is None:
                raise ValidationException(f'Endpoint "{arn}" has no variants to change.')
            unknown = [name for name in names if active.variant(name) is None]
            if unknown:
                raise ValidationException(
                    f'The variant name(s) "{", ".join(unknown)}" is/are not present within endpoint '
                    f'configuration "{active.config_name}".'
                )
            after = before.updating_to(active.resized(sizes), now, before.deployment_config)
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


def _plan(
    connection: sqlite3.Connection, scope: Scope, config_name: str, *, generation: int, at: float
) -> Plan:
    config = definitions.find(connection, ENDPOINT_CONFIG, scope.arn(ENDPOINT_CONFIG, config_name))
    variants = tuple(
        variant_plan(
            variant, definitions.find(connection, MODEL, scope.arn(MODEL, variant["ModelName"])).request, at
        )
        for variant in config.request["ProductionVariants"]
    )
    return Plan(
        generation=generation,
        config_name=config.name,
        variants=variants,
        capture=config.request.get("DataCaptureConfig"),
        async_config=config.request.get("AsyncInferenceConfig"),
    )


def _retained(plan: Plan, active: Plan, excluded: list[Mapping[str, Any]]) -> Plan:
    """Keep today's weights and counts of variants that both plans have."""
    without = {one["VariantPropertyType"] for one in excluded}
    sizes = {
        one.name: (
            None if "DesiredWeight" in without else one.weight,
            None if "DesiredInstanceCount" in without else one.count,
        )
        for one in active.variants
    }
    return plan.resized(sizes)
