"""Steps that endpoints and inference components share: artefacts, workers, health, adoption."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sagemaker_local.capacity.machine import InstanceTypes, Slot
from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.container_process import WorkerServices
from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.pool import WorkerPool
from sagemaker_local.hosting.worker import LeftProcesses
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.processes.launcher import ChildProcess
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.storage.objects_s3 import ObjectStoreUnavailable

_MAX_BACKOFF_S = 15.0

logger = logging.getLogger(__name__)

#: Pools by generation and variant.
PoolKey = tuple[int, str]


class DeploymentError(Exception):
    """The plan cannot be served; the message becomes the failure reason."""


@dataclass(frozen=True)
class HostingServices:
    """What runs of endpoints and components are built from."""

    supervisor: Supervisor
    artifacts: ArtifactCache
    workers: WorkerServices
    instance_types: InstanceTypes
    make_specs: Callable[[ModelPlan, Slot, str], tuple[WorkerSpecs, ...]]  # blocking: may build environments
    idle_s: float


async def fetched(
    model: ModelPlan, services: HostingServices, region: str, wake: asyncio.Event
) -> ModelPlan | None:
    """Bring the artefacts of a model here, however long S3 is away; None when ``wake`` came before.

    Raises:
        ArtifactError: an artefact is missing or refused.
        DeploymentError: the download took longer than the model allows.
    """
    backoff_s = 0.5
    try:
        async with asyncio.timeout(model.download_timeout_s):
            while not wake.is_set():
                try:
                    work = asyncio.to_thread(services.artifacts.fetch_model, model, region)
                    return await _unless(wake, work)
                except ObjectStoreUnavailable as error:
                    logger.warning("model %s waits %.1f s for S3: %s", model.name, backoff_s, error)
                await came_within(wake, backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
    except TimeoutError as error:
        raise DeploymentError(
            f"The model data of {model.name} was not downloaded within {model.download_timeout_s} seconds."
        ) from error
    return None


async def _unless(wake: asyncio.Event, work: Coroutine[Any, Any, ModelPlan]) -> ModelPlan | None:
    """Return what ``work`` does, or None as soon as ``wake`` comes; a thread then ends by itself."""
    task = asyncio.create_task(work)
    woken = asyncio.create_task(wake.wait())
    try:
        await asyncio.wait({task, woken}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, woken):
            one.cancel()


async def came_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def all_healthy(
    pools: Sequence[WorkerPool],
    health: asyncio.Event,
    wake: asyncio.Event,
    failure: Callable[[WorkerPool, str], str],
) -> bool:
    """Wait for all workers; False when another wish came in between.

    Raises:
        DeploymentError: a worker does not come up.
    """
    while True:
        health.clear()
        raise_failed(pools, failure)
        if all(worker.healthy for pool in pools for worker in pool.workers):
            return True
        await first_of(health, wake)
        if wake.is_set():
            return False


def raise_failed(pools: Sequence[WorkerPool], failure: Callable[[WorkerPool, str], str]) -> None:
    for pool in pools:
        failed = next((worker for worker in pool.workers if worker.has_failed), None)
        if failed is not None:
            raise DeploymentError(failure(pool, failed.last_failure))


async def first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()


async def adopt(
    supervisor: Supervisor, owner_arn: str, pools: Mapping[PoolKey, WorkerPool], sizes: Mapping[PoolKey, int]
) -> None:
    """Give each pool the workers that an earlier server left, and end those nobody wants."""
    unwanted: list[tuple[ProcessRecord, ChildProcess]] = []
    wanted: dict[tuple[PoolKey, int], LeftProcesses] = {}
    for record in await supervisor.of_owner(owner_arn):
        if record.state == "ended":
            continue
        found = await supervisor.find(record)
        if not isinstance(found, ChildProcess):
            await supervisor.ended(record)
            continue
        key = (int(record.group), record.variant)
        left = wanted.setdefault((key, record.ordinal), {})
        if record.ordinal < sizes.get(key, 0) and record.container not in left:
            left[record.container] = (record, found)
        else:
            unwanted.append((record, found))
    for (key, ordinal), left in wanted.items():
        if left:
            pools[key].adopt(ordinal, left)
    await asyncio.gather(*(_end(supervisor, record, child) for record, child in unwanted))


async def _end(supervisor: Supervisor, record: ProcessRecord, child: ChildProcess) -> None:
    child.stop()
    await child.wait()
    await supervisor.ended(record)
