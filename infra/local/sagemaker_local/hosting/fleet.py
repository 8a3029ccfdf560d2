"""All endpoints of this machine."""

import asyncio
import logging
from dataclasses import dataclass

import aiohttp

from sagemaker_local.capacity.machine import InstanceTypes
from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.endpoint_run import EndpointRun, EndpointServices
from sagemaker_local.hosting.endpoint_store import EndpointStore
from sagemaker_local.hosting.endpoints import Endpoint, VariantPlan
from sagemaker_local.hosting.ports import WorkerPorts
from sagemaker_local.hosting.routing import EndpointRoute
from sagemaker_local.hosting.worker import WorkerServices
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.images.resolver import Images
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.settings import Settings
from sagemaker_local.state.database import Database

#: Shorter than the keep-alive of any server in use, so a reused connection is not a closed one.
_KEEPALIVE_S = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class FleetServices:
    database: Database
    supervisor: Supervisor
    images: Images
    instance_types: InstanceTypes
    artifacts: ArtifactCache
    mode: str
    settings: Settings


class Fleet:
    def __init__(self, services: FleetServices) -> None:
        self._services = services
        settings = services.settings
        self._store = EndpointStore(services.database)
        self._ports = WorkerPorts(settings.worker_port_first, settings.worker_port_last)
        self._runs: dict[str, EndpointRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the fleet is not open")
        return self._http

    async def recover(self) -> int:
        endpoints = await self._store.all()
        for endpoint in endpoints:
            self.wake(endpoint)
        return len(endpoints)

    def wake(self, endpoint: Endpoint) -> None:
        run = self._runs.get(endpoint.arn)
        if run is not None:
            run.wake()
            return
        run = EndpointRun(endpoint, self._endpoint_services(endpoint))
        task = asyncio.create_task(self._guarded(run), name=f"endpoint {endpoint.name}")
        self._runs[endpoint.arn], self._tasks[endpoint.arn] = run, task

    def route(self, arn: str) -> EndpointRoute | None:
        run = self._runs.get(arn)
        return run.route if run else None

    def runs(self) -> list[EndpointRun]:
        return list(self._runs.values())

    async def remove_unused_artifacts(self) -> int:
        plans = [plan for one in await self._store.all() for plan in (one.active, one.target) if plan]
        used = {variant.artifact_key for plan in plans for variant in plan.variants}
        if any(one.status in ("Creating", "Updating") for one in await self._store.all()):
            return 0  # an artefact may be coming in that no plan names yet
        return await asyncio.to_thread(self._services.artifacts.remove_unused, used)

    async def suspend(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.gather(*(run.suspend() for run in self._runs.values()))

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def _guarded(self, run: EndpointRun) -> None:
        backoff_s = 1.0
        while True:
            try:
                await run.run()
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("endpoint %s; trying again in %.0f s", run.route.name, backoff_s)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, 30.0)
                continue
            del self._runs[run.arn], self._tasks[run.arn]
            return

    def _endpoint_services(self, endpoint: Endpoint) -> EndpointServices:
        settings = self._services.settings
        return EndpointServices(
            store=self._store,
            supervisor=self._services.supervisor,
            artifacts=self._services.artifacts,
            workers=WorkerServices(
                database=self._services.database,
                supervisor=self._services.supervisor,
                ports=self._ports,
                http=self.http,
                ping_interval_s=settings.ping_interval_s,
                drain_s=settings.drain_s,
                log_group=f"/aws/sagemaker/Endpoints/{endpoint.name}",
            ),
            make_specs=self._make_specs,
        )

    def _make_specs(self, endpoint: Endpoint, variant: VariantPlan) -> WorkerSpecs:
        images, settings = self._services.images, self._services.settings
        return WorkerSpecs(
            plan=variant,
            runtime=images.runtime(variant.image, "serve"),
            slot=self._services.instance_types.slot(variant.instance_type),
            artifacts=self._services.artifacts,
            mode=self._services.mode,
            region=endpoint.region,
            endpoint_url=settings.endpoint_url,
            engine_url=settings.url,
            port_range=f"{settings.worker_port_first}-{settings.worker_port_last}",
            grace_s=settings.drain_s,
            max_tasks=settings.max_tasks,
        )
