"""Models, endpoints and invocations as a part of the engine."""

from collections.abc import Mapping

from aiohttp import web

from sagemaker_local.core import Core, Part
from sagemaker_local.hosting.component_operations import ComponentOperations
from sagemaker_local.hosting.definitions import DefinitionOperations
from sagemaker_local.hosting.fleet import Fleet, FleetServices
from sagemaker_local.hosting.invocations import InvocationRoute
from sagemaker_local.hosting.operations import EndpointOperations
from sagemaker_local.protocol.control import Handler


class HostingPart(Part):
    def __init__(self, core: Core) -> None:
        self._fleet = Fleet(
            FleetServices(
                database=core.database,
                supervisor=core.supervisor,
                images=core.images,
                instance_types=core.instance_types,
                artifacts=core.artifacts,
                ports=core.worker_ports,
                mode=core.mode,
                settings=core.settings,
            )
        )
        self._definitions = DefinitionOperations(core.database, core.tokens)
        self._endpoints = EndpointOperations(core.database, self._fleet, core.tokens)
        self._components = ComponentOperations(core.database, self._fleet, core.tokens, core.instance_types)
        self._invocations = InvocationRoute(self._fleet, core.models.runtime, core.settings)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **self._definitions.handlers(),
            **self._endpoints.handlers(),
            **self._components.handlers(),
        }

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/endpoints/{name}/invocations", self._invocations.handle)
        app.router.add_post("/endpoints/{name}/{operation}", self._invocations.refuse)

    async def open(self) -> None:
        await self._fleet.open()

    async def recover(self) -> int:
        return await self._fleet.recover()

    async def suspend(self) -> None:
        await self._fleet.suspend()

    async def close(self) -> None:
        await self._fleet.close()

    async def collect_garbage(self) -> Mapping[str, int]:
        return {"artifacts": await self._fleet.remove_unused_artifacts()}
