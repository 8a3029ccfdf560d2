"""Models, endpoints and invocations as a part of the engine."""

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from aiohttp import web

from sagemaker_local.core import Core, Part
from sagemaker_local.hosting.async_notices import NoticeDelivery
from sagemaker_local.hosting.async_operations import AsyncOperations
from sagemaker_local.hosting.async_runner import AsyncRunner, AsyncServices
from sagemaker_local.hosting.call_route import CallRoute
from sagemaker_local.hosting.calls import CallHandler
from sagemaker_local.hosting.component_operations import ComponentOperations
from sagemaker_local.hosting.data_capture import CaptureFiles, DataCapture
from sagemaker_local.hosting.definitions import DefinitionOperations
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.invocations import Invocations
from sagemaker_local.hosting.operations import EndpointOperations
from sagemaker_local.hosting.proxy import Proxy
from sagemaker_local.hosting.traffic_metrics import TrafficMetrics
from sagemaker_local.hosting.worker_connections import WorkerConnections
from sagemaker_local.protocol.control import Handler


class HostingPart(Part):
    def __init__(self, core: Core) -> None:
        self._fleet = Fleet(core)
        self._definitions = DefinitionOperations(core.database, core.listings)
        self._endpoints = EndpointOperations(core.database, self._fleet, core.listings)
        self._components = ComponentOperations(core.database, self._fleet, core.listings, core.instance_types)
        self._connections = WorkerConnections(core.settings.max_body_bytes)
        self._metrics = TrafficMetrics(core.clients, core.settings.traffic_metrics_s)
        proxy = Proxy(self._connections, self._metrics)
        self._async_runner = AsyncRunner(
            AsyncServices(
                database=core.database,
                fleet=self._fleet,
                proxy=proxy,
                clients=core.clients,
                roles=core.roles,
                folder=core.settings.state_dir / "async",
            )
        )
        self._notices = NoticeDelivery(core.database, core.clients, core.roles)
        self._capture = DataCapture(
            CaptureFiles(
                core.settings.state_dir / "capture",
                max_age_s=core.settings.capture_flush_s,
                max_bytes=core.settings.capture_flush_bytes,
            ),
            core.clients,
            core.roles,
            flush_s=core.settings.capture_flush_s,
        )
        self._invocations = Invocations(
            self._fleet,
            core.models.runtime,
            core.settings,
            proxy,
            AsyncOperations(core.database, self._async_runner.wake),
            self._capture,
        )
        self._metrics_s = core.settings.traffic_metrics_s
        self._max_body_bytes = core.settings.max_body_bytes

    def handlers(self) -> Mapping[str, Handler]:
        return {
            **self._definitions.handlers(),
            **self._endpoints.handlers(),
            **self._components.handlers(),
        }

    def add_routes(self, app: web.Application) -> None:
        route = CallRoute(self._invocations.answer, self._max_body_bytes)
        app.router.add_post("/endpoints/{name}/{operation}", route.handle)

    def call_handler(self) -> CallHandler:
        return self._invocations.answer

    def background(self) -> Sequence[Coroutine[Any, Any, None]]:
        return (
            self._connections.close_idle(),
            self._metrics.run(),
            self._async_runner.run(),
            self._async_runner.measure(self._metrics, self._metrics_s),
            self._notices.run(),
            self._capture.write(),
            self._capture.deliver(),
        )

    async def open(self) -> None:
        await self._fleet.open()

    async def recover(self) -> int:
        return await self._fleet.recover()

    async def suspend(self) -> None:
        await self._async_runner.suspend()
        await self._fleet.suspend()

    async def close(self) -> None:
        self._connections.close()
        await self._capture.close()
        await self._metrics.flush()
        await self._fleet.close()

    async def collect_garbage(self) -> Mapping[str, int]:
        return {"artifacts": await self._fleet.remove_unused_artifacts()}
