"""Drives one adapter: an inference component that lives in the copies of its base component."""

import asyncio
import logging
import time

from sagemaker_local.hosting.adapters import AdapterError, Adapters, serving_containers
from sagemaker_local.hosting.artifact_cache import ArtifactError
from sagemaker_local.hosting.component_run import Directory
from sagemaker_local.hosting.component_store import ComponentStore
from sagemaker_local.hosting.components import Component, ComponentPlan
from sagemaker_local.hosting.container_process import ContainerProcess
from sagemaker_local.hosting.deployment import DeploymentError, HostingServices, fetched

logger = logging.getLogger(__name__)


class AdapterRun:
    def __init__(
        self,
        component: Component,
        store: ComponentStore,
        services: HostingServices,
        directory: Directory,
        adapters: Adapters,
    ) -> None:
        self.arn = component.arn
        self._store = store
        self._services = services
        self._directory = directory
        self._adapters = adapters
        self._wake = asyncio.Event()

    @property
    def is_woken(self) -> bool:
        return self._wake.is_set()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until the adapter is deleted."""
        while True:
            self._wake.clear()
            component = await self._store.get(self.arn)
            if component is None:
                return
            if component.status == "Deleting":
                await self._tear_down(component)
                return
            if component.status == "Creating" and component.target is not None:
                await self._load(component, component.target)
            else:
                await self._wake.wait()

    async def suspend(self) -> None:
        """It has no process of its own."""

    async def _load(self, component: Component, plan: ComponentPlan) -> None:
        try:
            model = await fetched(plan.model, self._services, component.region, self._wake)
            if model is None:
                return  # it is being deleted
            self._adapters.add(component.base or "", component.name, model.artifacts[0].key)
            for container in self._containers(component):
                await self._adapters.load(
                    component.name, model.artifacts[0].key, container, self._services.workers.http
                )
        except (AdapterError, ArtifactError, DeploymentError) as error:
            logger.warning("adapter %s: %s", component.name, error)
            reason = str(error)
            self._adapters.discard(component.name)
            await self._store.change(
                self.arn, lambda now: now.failed(reason, time.time()) if now.status == "Creating" else now
            )
            return
        ready = plan.model_copy(update={"model": model})
        await self._store.change(
            self.arn,
            lambda now: now.with_target(ready).in_service(time.time()) if now.status == "Creating" else now,
        )

    async def _tear_down(self, component: Component) -> None:
        self._adapters.discard(component.name)
        for container in self._containers(component):
            try:
                await self._adapters.unload(component.name, container, self._services.workers.http)
            except AdapterError as error:  # the copy keeps it until it is replaced; nobody can call it
                logger.warning("adapter %s: %s", component.name, error)
        await self._store.delete(self.arn)

    def _containers(self, component: Component) -> list[ContainerProcess]:
        pool = self._directory.get((component.base or "").lower())
        return serving_containers(pool.workers) if pool is not None else []
