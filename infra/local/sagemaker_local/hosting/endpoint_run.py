"""Drives one endpoint: deployments, roll-backs, deletion; its workers heal themselves."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sagemaker_local.hosting.artifact_cache import ArtifactCache, ArtifactError
from sagemaker_local.hosting.endpoint_store import EndpointStore
from sagemaker_local.hosting.endpoints import Endpoint, Plan, VariantPlan
from sagemaker_local.hosting.routing import EndpointRoute, WorkerPool
from sagemaker_local.hosting.worker import Worker, WorkerId, WorkerServices
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.images.registry import ImageError
from sagemaker_local.processes.launcher import ChildProcess
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.storage.objects_s3 import ObjectStoreUnavailable

_MAX_BACKOFF_S = 15.0
_DEPLOYING = ("Creating", "Updating")

logger = logging.getLogger(__name__)


class DeploymentError(Exception):
    """The plan cannot be served; the message becomes the failure reason."""


@dataclass(frozen=True)
class EndpointServices:
    store: EndpointStore
    supervisor: Supervisor
    artifacts: ArtifactCache
    workers: WorkerServices
    make_specs: Callable[[Endpoint, VariantPlan], WorkerSpecs]  # blocking: may build an environment


class EndpointRun:
    def __init__(self, endpoint: Endpoint, services: EndpointServices) -> None:
        self.arn = endpoint.arn
        self.route = EndpointRoute(arn=endpoint.arn, name=endpoint.name, status=endpoint.status)
        self._services = services
        self._workers: dict[WorkerId, Worker] = {}
        self._wake = asyncio.Event()
        self._health = asyncio.Event()
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> list[Worker]:
        return list(self._workers.values())

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until the endpoint is deleted."""
        adopted = False
        while True:
            self._wake.clear()
            endpoint = await self._services.store.get(self.arn)
            if endpoint is None:
                return
            if not adopted:
                await self._adopt(endpoint)
                adopted = True
            self.route.status = endpoint.status
            if endpoint.status == "Deleting":
                await self._tear_down()
                return
            if endpoint.status in _DEPLOYING and endpoint.target is not None:
                await self._deploy(endpoint, endpoint.target)
            elif endpoint.status == "RollingBack" and endpoint.active is not None:
                await self._roll_back(endpoint.active)
            else:
                await self._wake.wait()

    async def suspend(self) -> None:
        """Stop all workers, keep the endpoint: the next start brings them back."""
        await asyncio.gather(*self._retiring, *(worker.retire(drain=False) for worker in self.workers))

    # -- start and adoption --------------------------------------------------------------

    async def _adopt(self, endpoint: Endpoint) -> None:
        """Take over workers that are alive, end those nobody wants, start what is missing."""
        wanted = {plan.generation: plan for plan in (endpoint.active, endpoint.target) if plan is not None}
        for record in await self._services.supervisor.of_owner(self.arn):
            found = await self._services.supervisor.find(record) if record.state != "ended" else None
            if not isinstance(found, ChildProcess):
                if record.state != "ended":
                    await self._services.supervisor.ended(record)
                continue
            plan = wanted.get(int(record.group))
            variant = plan.variant(record.variant) if plan else None
            worker_id = WorkerId(self.arn, int(record.group), record.variant, record.ordinal)
            if variant is None or record.ordinal >= variant.count or worker_id in self._workers:
                found.stop()
                await found.wait()
                await self._services.supervisor.ended(record)
                continue
            worker = await self._new_worker(endpoint, variant, worker_id)
            worker.begin(record, found)
        if endpoint.active is not None:
            await self._start_missing(endpoint, endpoint.active)
            self._show(endpoint.active)

    async def _new_worker(self, endpoint: Endpoint, variant: VariantPlan, worker_id: WorkerId) -> Worker:
        specs = await asyncio.to_thread(self._services.make_specs, endpoint, variant)
        worker = Worker(worker_id, variant, specs.spec, self._services.workers, self._health)
        self._workers[worker_id] = worker
        return worker

    async def _start_missing(self, endpoint: Endpoint, plan: Plan) -> None:
        for variant in plan.variants:
            for ordinal in range(variant.count):
                worker_id = WorkerId(self.arn, plan.generation, variant.name, ordinal)
                if worker_id not in self._workers:
                    (await self._new_worker(endpoint, variant, worker_id)).begin()

    # -- deployments ---------------------------------------------------------------------

    async def _deploy(self, endpoint: Endpoint, target: Plan) -> None:
        try:
            plan = await self._fetch(endpoint, target)
            if plan is None:
                return  # another wish came in between
            await self._start_missing(endpoint, plan)
            if not await self._all_healthy(plan):
                return
        except (DeploymentError, ArtifactError, ImageError) as error:
            logger.warning("deployment of %s failed: %s", endpoint.name, error)
            await self._give_up(str(error))
            return
        self._show(plan)
        done = await self._services.store.change(
            self.arn,
            lambda now: now.with_target(plan).in_service(time.time()) if now.status in _DEPLOYING else now,
        )
        if done is not None:
            self.route.status = done.status
        self._retire_all_but(plan)

    async def _give_up(self, reason: str) -> None:
        failed = await self._services.store.change(
            self.arn,
            lambda now: now.rolling_back(reason, time.time()) if now.status in _DEPLOYING else now,
        )
        if failed is not None and failed.status == "Failed":
            self.route.status = failed.status
            self._retire_all_but(None)

    async def _fetch(self, endpoint: Endpoint, plan: Plan) -> Plan | None:
        """Bring all artefacts here and note their exact content in the plan."""
        for variant in plan.variants:
            key = await self._until_available(variant, endpoint.region)
            if key is None:
                return None
            plan = plan.with_artifact(variant.name, key)
        return plan

    async def _until_available(self, variant: VariantPlan, region: str) -> str | None:
        backoff_s = 0.5
        while not self._wake.is_set():
            try:
                return await asyncio.to_thread(self._services.artifacts.fetch, variant, region)
            except ObjectStoreUnavailable as error:
                logger.warning("endpoint %s waits %.1f s for S3: %s", self.route.name, backoff_s, error)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
        return None

    async def _all_healthy(self, plan: Plan) -> bool:
        """False when another wish came; DeploymentError when a worker does not come up."""
        while True:
            self._health.clear()
            mine = [worker for key, worker in self._workers.items() if _belongs(key, plan)]
            failed = next((worker for worker in mine if worker.has_failed), None)
            if failed is not None:
                raise DeploymentError(
                    f"The primary container for production variant {failed.worker_id.variant} did not pass "
                    f"the ping health check: {failed.last_failure}. Please check CloudWatch logs for this "
                    "endpoint."
                )
            if all(worker.healthy for worker in mine):
                return True
            waits = [asyncio.create_task(self._health.wait()), asyncio.create_task(self._wake.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for task in waits:
                task.cancel()
            if self._wake.is_set():
                return False

    async def _roll_back(self, active: Plan) -> None:
        self._show(active)
        self._retire_all_but(active)
        done = await self._services.store.change(
            self.arn, lambda now: now.rolled_back(time.time()) if now.status == "RollingBack" else now
        )
        if done is not None:
            self.route.status = done.status

    async def _tear_down(self) -> None:
        self.route.variants = []
        self._retire_all_but(None)
        await asyncio.gather(*self._retiring)
        await self._services.store.delete(self.arn)

    def _show(self, plan: Plan) -> None:
        """Route to this plan from now on, in one step."""
        self.route.plan = plan
        self.route.variants = [
            WorkerPool(
                name=variant.name,
                weight=variant.weight,
                is_random=variant.routing == "RANDOM",
                log_group=self._services.workers.log_group,
                workers=[
                    worker
                    for key, worker in self._workers.items()
                    if _belongs(key, plan) and key.variant == variant.name
                ],
            )
            for variant in plan.variants
        ]

    def _retire_all_but(self, plan: Plan | None) -> None:
        for key in [key for key in self._workers if plan is None or not _belongs(key, plan)]:
            task = asyncio.create_task(self._workers.pop(key).retire(drain=True))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)


def _belongs(key: WorkerId, plan: Plan) -> bool:
    variant = plan.variant(key.variant)
    return key.generation == plan.generation and variant is not None and key.ordinal < variant.count
