"""Drives one inference component: its copies, their updates and its end."""

import asyncio
import logging
import math
import time
from collections.abc import MutableMapping
from typing import Protocol

from sagemaker_local.hosting.adapters import Adapters
from sagemaker_local.hosting.artifact_cache import ArtifactError
from sagemaker_local.hosting.component_store import ComponentStore, NoRoomError
from sagemaker_local.hosting.components import Component, ComponentPlan
from sagemaker_local.hosting.container_process import ContainerProcess, LogPlace, WorkerId, instance_id
from sagemaker_local.hosting.deployment import (
    DeploymentError,
    HostingServices,
    PoolKey,
    adopt,
    all_healthy,
    fetched,
)
from sagemaker_local.hosting.pool import PoolPlan, WorkerPool
from sagemaker_local.hosting.resource_run import PooledRun
from sagemaker_local.hosting.scaling import ScalingRule
from sagemaker_local.hosting.variants import ManagedScaling
from sagemaker_local.images.registry import ImageError
from sagemaker_local.state.processes import ProcessRecord

_DEPLOYING = ("Creating", "Updating")
_BUSY_PER_COPY = 4

logger = logging.getLogger(__name__)

#: The component pools of an endpoint by lower-case component name; its route reads it.
Directory = MutableMapping[str, WorkerPool]


class VariantScaling(Protocol):
    """Port to what is known of the variant that lends the instances."""

    async def __call__(self, component: Component) -> ManagedScaling | None: ...


class ComponentRun(PooledRun[Component]):
    def __init__(
        self,
        component: Component,
        store: ComponentStore,
        services: HostingServices,
        directory: Directory,
        scaling_of: VariantScaling,
        adapters: Adapters,
    ) -> None:
        super().__init__(component.arn, f"inference component {component.name}", store.get)
        self.name = component.name
        self._store = store
        self._services = services
        self._directory = directory
        self._scaling_of = scaling_of
        self._adapters = adapters

    async def _advance(self, component: Component) -> bool:
        if component.status not in _DEPLOYING or component.target is None:
            return False
        await self._deploy(component, component.target)
        return True

    async def _adopt(self, component: Component) -> None:
        sizes: dict[PoolKey, int] = {}
        if component.status != "Deleting":
            for plan in (component.active, component.target):
                if plan is not None and all(one.key for one in plan.model.artifacts):
                    await self._make_pool(component, plan)
                    sizes[(plan.generation, component.variant)] = max(
                        plan.copies, sizes.get((plan.generation, component.variant), 0)
                    )
        await adopt(self._services.supervisor, self.arn, self._pools, sizes)
        if component.active is not None and component.status != "Deleting":
            pool = self._pools[(component.active.generation, component.variant)]
            pool.resize(component.active.copies)
            self._show(pool, component.active)

    async def _deploy(self, component: Component, target: ComponentPlan) -> None:
        try:
            plan = await self._brought_up(component, target)
        except (DeploymentError, NoRoomError, ArtifactError, ImageError) as error:
            logger.warning("deployment of %s failed: %s", component.name, error)
            await self._give_up(component, str(error))
            return
        if plan is None:
            return  # another wish came in between
        done = await self._store.change(
            self.arn,
            lambda now: now.with_target(plan).in_service(time.time()) if now.status in _DEPLOYING else now,
        )
        if done is not None and done.active is not None and done.status == "InService":
            pool = self._pools[(done.active.generation, component.variant)]
            pool.resize(done.active.copies)
            self._show(pool, done.active)
            self._end_all_but(pool)

    async def _brought_up(self, component: Component, target: ComponentPlan) -> ComponentPlan | None:
        placed = await self._store.with_room(self.arn, target)
        if placed is None:
            return None
        model = await fetched(placed.model, self._services, component.region, self._wake)
        if model is None:
            return None
        plan = placed.model_copy(update={"model": model})
        # An engine that starts anew must know what this deployment has started.
        kept = await self._store.change(
            self.arn, lambda now: now.with_target(plan) if now.status in _DEPLOYING else now
        )
        if kept is None or kept.status not in _DEPLOYING:
            return None
        pool = await self._make_pool(component, plan)
        pool.watch.rule = await self._rule(component, plan)
        # Copies that go leave only after those that come are healthy.
        pool.resize(max(pool.instance_count, plan.copies))
        if not await all_healthy([pool], self._health, self._wake, self._ping_failure):
            return None
        return plan

    async def _give_up(self, component: Component, reason: str) -> None:
        failed = await self._store.change(
            self.arn,
            lambda now: now.failed(reason, time.time()) if now.status in _DEPLOYING else now,
        )
        if failed is None:
            return
        active = failed.active
        serving = self._pools.get((active.generation, component.variant)) if active is not None else None
        if active is not None and serving is not None:
            serving.resize(active.copies)
            serving.watch.rule = await self._rule(failed, active)
        self._end_all_but(serving)

    async def _tear_down(self, _: Component) -> None:
        self._directory.pop(self.name.lower(), None)
        self._end_all_but(None)
        await self._all_ended()
        await self._store.delete(self.arn)

    async def _make_pool(self, component: Component, plan: ComponentPlan) -> WorkerPool:
        key = (plan.generation, component.variant)
        if key not in self._pools:
            types, need = self._services.instance_types, plan.need
            slot = types.cut(
                cpus=max(1, math.ceil(need.cpus)),
                # The minimum is a reservation; only a maximum limits what a copy may take.
                memory_mib=plan.max_memory_mib or types.machine.memory_mib,
                gpus=math.ceil(need.gpus),
            )
            specs = await asyncio.to_thread(self._services.make_specs, plan.model, slot, component.region)
            self._pools[key] = WorkerPool(
                PoolPlan(
                    owner_arn=self.arn,
                    generation=plan.generation,
                    variant=component.variant,
                    model=plan.model,
                    specs=specs,
                    log=LogPlace(f"/aws/sagemaker/InferenceComponents/{component.name}", _stream),
                    prepare=self._load_adapters,
                ),
                self._services.workers,
                self._health,
                rule=await self._rule(component, plan),
            )
        return self._pools[key]

    async def _rule(self, component: Component, plan: ComponentPlan) -> ScalingRule:
        """With managed scaling the engine moves the copies, between what was asked for and what fits."""
        scaling = await self._scaling_of(component)
        low = high = plan.copies
        if scaling is not None:
            low = 0 if scaling.minimum == 0 else component.asked_copies
            high = max(component.asked_copies, self._services.instance_types.machine.cpus, 1)
        return ScalingRule(
            minimum=low, maximum=high, idle_s=self._services.idle_s, busy_per_worker=_BUSY_PER_COPY
        )

    def _show(self, pool: WorkerPool, plan: ComponentPlan) -> None:
        self._directory[self.name.lower()] = pool

        async def move(copies: int) -> int:
            allowed = await self._store.scale(self.arn, plan.generation, copies)
            if allowed != pool.instance_count:
                logger.info("inference component %s: %d copies", self.name, allowed)
            return allowed

        pool.drive(move)

    def _end_all_but(self, kept: WorkerPool | None) -> None:
        """End the pools of other generations."""
        for key in [key for key, pool in self._pools.items() if pool is not kept]:
            self._end_pool(key, successor=kept)

    async def _load_adapters(self, container: ContainerProcess) -> None:
        await self._adapters.load_all(self.name, container, self._services.workers.http)

    def _ping_failure(self, _: WorkerPool, reason: str) -> str:
        return (
            f"The container of inference component {self.name} did not pass the ping health check: {reason}. "
            f"Please check CloudWatch logs for this inference component."
        )


def _stream(worker: WorkerId, record: ProcessRecord, _: str) -> str:
    return f"{instance_id(record)}/{worker.ordinal}"
