"""Drives one endpoint: deployments, roll-backs, deletion; its workers heal themselves."""

import asyncio
import logging
import time
from collections.abc import Mapping

from sagemaker_local.hosting.adapters import Adapters
from sagemaker_local.hosting.artifact_cache import ArtifactError
from sagemaker_local.hosting.deployment import (
    DeploymentError,
    HostingServices,
    PoolKey,
    adopt,
    all_healthy,
    fetched,
    first_of,
    raise_failed,
)
from sagemaker_local.hosting.endpoint_pools import adjust, check_instances, make_pool, start_count
from sagemaker_local.hosting.endpoint_store import EndpointStore
from sagemaker_local.hosting.endpoints import Endpoint, Plan
from sagemaker_local.hosting.pool import WorkerPool
from sagemaker_local.hosting.resource_run import PooledRun
from sagemaker_local.hosting.routing import EndpointRoute
from sagemaker_local.hosting.traffic import Step, execution_limit_s, termination_wait_s, traffic_steps
from sagemaker_local.images.registry import ImageError

_DEPLOYING = ("Creating", "Updating")

logger = logging.getLogger(__name__)


class EndpointRun(PooledRun[Endpoint]):
    def __init__(
        self,
        endpoint: Endpoint,
        store: EndpointStore,
        services: HostingServices,
        components: Mapping[str, WorkerPool],
        adapters: Adapters,
    ) -> None:
        super().__init__(endpoint.arn, f"endpoint {endpoint.name}", store.get)
        self.route = EndpointRoute(
            arn=endpoint.arn,
            name=endpoint.name,
            status=endpoint.status,
            components=components,
            adapters=adapters,
        )
        self._store = store
        self._services = services

    async def _advance(self, endpoint: Endpoint) -> bool:
        self.route.status = endpoint.status
        if endpoint.status in _DEPLOYING and endpoint.target is not None:
            await self._deploy(endpoint, endpoint.target)
        elif endpoint.status == "RollingBack" and endpoint.active is not None:
            await self._roll_back(endpoint.active)
        else:
            return False
        return True

    # -- start and adoption --------------------------------------------------------------

    async def _adopt(self, endpoint: Endpoint) -> None:
        sizes: dict[PoolKey, int] = {}
        if endpoint.status != "Deleting":
            for plan in (endpoint.active, endpoint.target):
                if plan is not None:
                    found = await self._prepared(endpoint, plan)
                    sizes |= {key: max(size, sizes.get(key, 0)) for key, size in found.items()}
        await adopt(self._services.supervisor, self.arn, self._pools, sizes)
        if endpoint.active is not None and endpoint.status != "Deleting":
            for variant in endpoint.active.variants:
                if variant.model is not None:
                    self._pools[(endpoint.active.generation, variant.name)].resize(variant.count)
            self._show(endpoint.active)

    async def _prepared(self, endpoint: Endpoint, plan: Plan) -> dict[PoolKey, int]:
        """Make the pools of a plan that was running; returns how many workers each may adopt."""
        if any(not artifact.key for one in plan.variants if one.model for artifact in one.model.artifacts):
            return {}  # it was not fetched yet, so nothing of it runs
        try:
            await self._make_pools(endpoint, plan)
        except (DeploymentError, ImageError):
            if plan is endpoint.active:
                raise
            return {}  # the deployment that comes next says so
        types = self._services.instance_types
        is_active = plan is endpoint.active
        return {
            (plan.generation, one.name): one.count if is_active else max(one.count, start_count(one, types))
            for one in plan.variants
            if one.model is not None
        }

    async def _make_pools(self, endpoint: Endpoint, plan: Plan) -> None:
        for variant in plan.variants:
            key = (plan.generation, variant.name)
            if variant.model is not None and key not in self._pools:
                self._pools[key] = await make_pool(
                    endpoint, plan.generation, variant, self._services, self._health
                )

    # -- deployments ---------------------------------------------------------------------

    async def _deploy(self, endpoint: Endpoint, target: Plan) -> None:
        limit_s = execution_limit_s(endpoint.deployment_config)
        try:
            async with asyncio.timeout(limit_s):
                plan = await self._brought_up(endpoint, target)
                if plan is None:
                    return  # another wish came in between
        except (DeploymentError, ArtifactError, ImageError) as error:
            logger.warning("deployment of %s failed: %s", endpoint.name, error)
            await self._give_up(str(error))
            return
        except TimeoutError:
            await self._give_up(f"The deployment did not finish within {limit_s:.0f} seconds.")
            return
        done = await self._store.change(
            self.arn,
            lambda now: now.with_target(plan).in_service(time.time()) if now.status in _DEPLOYING else now,
        )
        if done is not None and done.active is not None and done.status == "InService":
            self.route.status = done.status
            self._show(done.active)
            self._end_all_but(done.active)

    async def _brought_up(self, endpoint: Endpoint, target: Plan) -> Plan | None:
        """Fetch, start, wait for health and shift the traffic; None when another wish came."""
        plan = await self._fetched(endpoint, target)
        if plan is None:
            return None
        check_instances(plan, self._services.instance_types)
        await self._make_pools(endpoint, plan)
        pools = self._pools_of(plan)
        if endpoint.active is not None and plan.generation == endpoint.active.generation:
            return plan if await self._resized(plan, pools) else None
        # The size with which it starts is what the endpoint has once it is in service.
        plan = plan.started(lambda one: start_count(one, self._services.instance_types))
        for pool in pools:
            pool.resize(plan.variant_of(pool.name).count)
        if not await all_healthy(pools, self._health, self._wake, _ping_failure):
            return None
        if endpoint.active is None or plan.hosts_components:
            return plan
        return plan if await self._shifted(endpoint, plan, pools) else None

    async def _resized(self, plan: Plan, pools: list[WorkerPool]) -> bool:
        for pool in pools:
            variant = plan.variant_of(pool.name)
            # Workers that go leave only after those that come are healthy.
            pool.resize(max(pool.instance_count, variant.count))
        if not await all_healthy(pools, self._health, self._wake, _ping_failure):
            return False
        for pool in pools:
            variant = plan.variant_of(pool.name)
            pool.resize(variant.count)
            adjust(pool, variant, self._services)
        return True

    async def _shifted(self, endpoint: Endpoint, plan: Plan, pools: list[WorkerPool]) -> bool:
        config = endpoint.deployment_config
        steps = traffic_steps(config, sum(pool.instance_count for pool in pools))
        self.route.incoming = pools
        for step in [*steps, Step(1.0, termination_wait_s(config))]:
            self.route.share = step.share
            if not await self._watched(pools, step.wait_s):
                return False
        return True

    async def _watched(self, pools: list[WorkerPool], seconds: float) -> bool:
        """Let time pass; False when another wish came, DeploymentError when the new workers fail."""
        deadline = time.monotonic() + seconds
        while (left_s := deadline - time.monotonic()) > 0:
            self._health.clear()
            raise_failed(pools, _ping_failure)
            try:
                async with asyncio.timeout(left_s):
                    await first_of(self._health, self._wake)
            except TimeoutError:
                return True
            if self._wake.is_set():
                return False
        return True

    async def _fetched(self, endpoint: Endpoint, plan: Plan) -> Plan | None:
        """Bring all artefacts here and note their exact content in the plan."""
        for variant in plan.variants:
            if variant.model is None:
                continue
            model = await fetched(variant.model, self._services, endpoint.region, self._wake)
            if model is None:
                return None
            plan = plan.with_model(variant.name, model)
        # An engine that starts anew must know what this deployment has started.
        kept = await self._store.change(
            self.arn, lambda now: now.with_target(plan) if _is_target(now, plan) else now
        )
        return plan if kept is not None and _is_target(kept, plan) else None

    async def _give_up(self, reason: str) -> None:
        self.route.incoming = ()
        failed = await self._store.change(
            self.arn,
            lambda now: now.rolling_back(reason, time.time()) if now.status in _DEPLOYING else now,
        )
        if failed is not None and failed.status == "Failed":
            self.route.status = failed.status
            self._end_all_but(None)

    async def _roll_back(self, active: Plan) -> None:
        self._show(active)
        self._end_all_but(active)
        for pool in self._pools_of(active):
            pool.resize(active.variant_of(pool.name).count)
        done = await self._store.change(
            self.arn, lambda now: now.rolled_back(time.time()) if now.status == "RollingBack" else now
        )
        if done is not None:
            self.route.status = done.status

    async def _tear_down(self, endpoint: Endpoint) -> None:
        self.route.status = endpoint.status
        self.route.pools = self.route.incoming = ()
        self._end_all_but(None)
        await self._all_ended()
        await self._store.delete(self.arn)

    # -- pools ---------------------------------------------------------------------------

    def _pools_of(self, plan: Plan) -> list[WorkerPool]:
        return [self._pools[(plan.generation, one.name)] for one in plan.variants if one.model is not None]

    def _show(self, plan: Plan) -> None:
        """Route to this plan from now on, in one step."""
        self.route.plan = plan
        self.route.pools = self._pools_of(plan)
        self.route.incoming = ()
        for pool in self.route.pools:
            self._drive(pool, plan.generation)

    def _drive(self, pool: WorkerPool, generation: int) -> None:
        async def move(size: int) -> int:
            logger.info("endpoint %s, variant %s: %d workers", self.route.name, pool.name, size)
            await self._store.change(
                self.arn,
                lambda now: (
                    now.scaled(pool.name, size)
                    if now.active is not None and now.active.generation == generation
                    else now
                ),
            )
            return size

        pool.drive(move)

    def _end_all_but(self, plan: Plan | None) -> None:
        """End the pools of other generations."""
        kept = None if plan is None else plan.generation
        for key in [key for key in self._pools if key[0] != kept]:
            self._end_pool(key, successor=None if kept is None else self._pools.get((kept, key[1])))


def _is_target(endpoint: Endpoint, plan: Plan) -> bool:
    return (
        endpoint.status in _DEPLOYING
        and endpoint.target is not None
        and endpoint.target.generation == plan.generation
    )


def _ping_failure(pool: WorkerPool, reason: str) -> str:
    return (
        f"The primary container for production variant {pool.name} did not pass the ping health check: "
        f"{reason}. Please check CloudWatch logs for this endpoint."
    )
