"""Drives one adapter: an inference component that lives in the copies of its base component."""

import logging
import time

from sagemaker_local.hosting.adapters import AdapterError, Adapters, serving_containers
from sagemaker_local.hosting.artifact_cache import ArtifactError
from sagemaker_local.hosting.component_run import Directory
from sagemaker_local.hosting.component_store import ComponentStore
from sagemaker_local.hosting.components import Component, ComponentPlan
from sagemaker_local.hosting.container_process import ContainerProcess
from sagemaker_local.hosting.deployment import DeploymentError, HostingServices, fetched
from sagemaker_local.hosting.resource_run import ResourceRun

logger = logging.getLogger(__name__)


class AdapterRun(ResourceRun[Component]):
    def __init__(
        self,
        component: Component,
        store: ComponentStore,
        services: HostingServices,
        directory: Directory,
        adapters: Adapters,
    ) -> None:
        super().__init__(component.arn, f"inference component {component.name}", store.get)
        self._store = store
        self._services = services
        self._directory = directory
        self._adapters = adapters

    async def suspend(self) -> None:
        """It has no process of its own."""

    async def _adopt(self, component: Component) -> None:
        """Its base component's copies load it when they come up."""

    async def _advance(self, component: Component) -> bool:
        if component.status != "Creating" or component.target is None:
            return False
        await self._load(component, component.target)
        return True

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
