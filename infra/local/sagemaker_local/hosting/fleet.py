"""All endpoints and inference components of this machine."""

import asyncio

import aiohttp

from sagemaker_local.core import Core
from sagemaker_local.guarded_runs import GuardedRuns
from sagemaker_local.hosting.adapter_run import AdapterRun
from sagemaker_local.hosting.adapters import Adapters
from sagemaker_local.hosting.component_run import ComponentRun, Directory
from sagemaker_local.hosting.component_store import ComponentStore
from sagemaker_local.hosting.components import Component
from sagemaker_local.hosting.container_process import WorkerServices
from sagemaker_local.hosting.deployment import HostingServices
from sagemaker_local.hosting.endpoint_run import EndpointRun
from sagemaker_local.hosting.endpoint_store import EndpointStore
from sagemaker_local.hosting.endpoints import Endpoint
from sagemaker_local.hosting.routing import EndpointRoute
from sagemaker_local.hosting.variants import ManagedScaling
from sagemaker_local.hosting.worker_http import worker_session
from sagemaker_local.hosting.worker_specs import SpecMaker, serving_place

HostingRun = EndpointRun | ComponentRun | AdapterRun


class Fleet:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._endpoints = EndpointStore(core.database)
        self._components = ComponentStore(core.database, core.instance_types)
        self._specs = SpecMaker(
            images=core.images,
            artifacts=core.artifacts,
            place=serving_place(core.settings, core.mode),
        )
        self._runs: GuardedRuns[HostingRun] = GuardedRuns(self._ended)
        self._routes: dict[str, EndpointRoute] = {}
        self._directories: dict[str, Directory] = {}
        self._adapters: dict[str, Adapters] = {}
        self._http: aiohttp.ClientSession | None = None
        self.is_recovered = False  # until then it does not know all endpoints

    async def open(self) -> None:
        self._http = worker_session()

    @property
    def http(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("the fleet is not open")
        return self._http

    async def recover(self) -> int:
        endpoints, components = await self._endpoints.all(), await self._components.all()
        for endpoint in endpoints:
            self.wake(endpoint)
        for component in components:  # before any copy comes up and asks for its adapters
            if component.base is not None and component.active is not None:
                key = component.active.model.artifacts[0].key
                self._adapters_of(component.endpoint_arn).add(component.base, component.name, key)
        for component in components:
            self.wake_component(component)
        self.is_recovered = True
        return len(endpoints) + len(components)

    def wake(self, endpoint: Endpoint) -> None:
        if not self._runs.wake(endpoint.arn):
            run = EndpointRun(
                endpoint,
                self._endpoints,
                self._hosting_services(),
                self._directory(endpoint.arn),
                self._adapters_of(endpoint.arn),
            )
            self._routes[endpoint.arn] = run.route
            self._runs.begin(run)

    def wake_component(self, component: Component) -> None:
        if not self._runs.wake(component.arn):
            self._runs.begin(self._component_run(component))

    def _component_run(self, component: Component) -> ComponentRun | AdapterRun:
        store, services = self._components, self._hosting_services()
        directory = self._directory(component.endpoint_arn)
        adapters = self._adapters_of(component.endpoint_arn)
        if component.base is not None:
            return AdapterRun(component, store, services, directory, adapters)
        return ComponentRun(component, store, services, directory, self._scaling_of, adapters)

    def route(self, arn: str) -> EndpointRoute | None:
        return self._routes.get(arn)

    def copies_of(self, component: Component) -> int:
        """Return how many copies of a component take requests now."""
        name = component.base or component.name
        pool = self._directory(component.endpoint_arn).get(name.lower())
        return sum(worker.healthy for worker in pool.workers) if pool is not None else 0

    async def remove_unused_artifacts(self) -> int:
        endpoints, components = await self._endpoints.all(), await self._components.all()
        statuses = {*(one.status for one in endpoints), *(one.status for one in components)}
        if statuses & {"Creating", "Updating"}:
            return 0  # an artefact may be coming in that no plan names yet
        plans = [plan for one in endpoints for plan in (one.active, one.target) if plan]
        models = [variant.model for plan in plans for variant in plan.variants if variant.model]
        models += [plan.model for one in components for plan in (one.active, one.target) if plan]
        used = {artifact.key for model in models for artifact in model.artifacts}
        return await asyncio.to_thread(self._core.artifacts.remove_unused, used)

    async def suspend(self) -> None:
        await self._runs.suspend()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    def _directory(self, endpoint_arn: str) -> Directory:
        return self._directories.setdefault(endpoint_arn, {})

    def _adapters_of(self, endpoint_arn: str) -> Adapters:
        return self._adapters.setdefault(endpoint_arn, Adapters(self._core.artifacts))

    async def _ended(self, run: HostingRun) -> None:
        if run.is_woken:  # the name was taken again before this run had ended
            self._runs.begin(run)
        else:
            self._routes.pop(run.arn, None)

    async def _scaling_of(self, component: Component) -> ManagedScaling | None:
        endpoint = await self._endpoints.get(component.endpoint_arn)
        variant = endpoint.active.variant(component.variant) if endpoint and endpoint.active else None
        return variant.scaling if variant else None

    def _hosting_services(self) -> HostingServices:
        settings = self._core.settings
        return HostingServices(
            supervisor=self._core.supervisor,
            artifacts=self._core.artifacts,
            workers=WorkerServices(
                database=self._core.database,
                supervisor=self._core.supervisor,
                ports=self._core.worker_ports,
                http=self.http,
                ping_interval_s=settings.ping_interval_s,
                drain_s=settings.drain_s,
            ),
            instance_types=self._core.instance_types,
            make_specs=self._specs.make,
            idle_s=settings.idle_s,
        )
