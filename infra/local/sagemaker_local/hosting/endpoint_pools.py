"""From the variants of a plan to pools of workers."""

import asyncio
from collections.abc import Callable

from sagemaker_local.capacity.machine import CapacityError, InstanceTypes, Slot
from sagemaker_local.hosting.container_process import LogPlace, WorkerId, instance_id
from sagemaker_local.hosting.deployment import DeploymentError, HostingServices
from sagemaker_local.hosting.endpoints import Endpoint, Plan
from sagemaker_local.hosting.pool import PoolPlan, WorkerPool
from sagemaker_local.hosting.scaling import ScalingRule
from sagemaker_local.hosting.variants import Serverless, VariantPlan
from sagemaker_local.state.processes import ProcessRecord

_BUSY_PER_INSTANCE = 4
_MIB_PER_SERVERLESS_CPU = 3072


def start_count(variant: VariantPlan, types: InstanceTypes) -> int:
    """How many workers a deployment starts, so that its health is known before it gets traffic."""
    if variant.serverless is not None:
        return max(1, _provisioned(variant.serverless, types))
    return variant.scaling.clamp(variant.count) if variant.scaling else variant.count


def scaling_rule(variant: VariantPlan, types: InstanceTypes, idle_s: float) -> ScalingRule:
    if variant.serverless is not None:
        return ScalingRule(
            minimum=_provisioned(variant.serverless, types),
            maximum=min(variant.serverless.max_concurrency, types.machine.cpus),
            idle_s=idle_s,
            busy_per_worker=1,
        )
    low, high = variant.count, variant.count
    if variant.scaling is not None:
        low, high = variant.scaling.minimum, variant.scaling.maximum
    return ScalingRule(minimum=low, maximum=high, idle_s=idle_s, busy_per_worker=_BUSY_PER_INSTANCE)


def check_instances(plan: Plan, types: InstanceTypes) -> None:
    """Refuse instance types that mean nothing here.

    Raises:
        DeploymentError: a type is not known, or this machine has not what it needs.
    """
    for variant in plan.variants:
        _slot(variant, types)


async def make_pool(
    endpoint: Endpoint,
    generation: int,
    variant: VariantPlan,
    services: HostingServices,
    changed: asyncio.Event,
) -> WorkerPool:
    """Make the pool of a variant, without workers yet.

    Raises:
        DeploymentError: the variant has no model, or this machine cannot run its instance type.
        ImageError: an image has no local environment.
    """
    if variant.model is None:
        raise DeploymentError(f"variant {variant.name} has no model")
    slot = _slot(variant, services.instance_types)
    specs = await asyncio.to_thread(services.make_specs, variant.model, slot, endpoint.region)
    plan = PoolPlan(
        owner_arn=endpoint.arn,
        generation=generation,
        variant=variant.name,
        model=variant.model,
        specs=specs,
        log=LogPlace(f"/aws/sagemaker/Endpoints/{endpoint.name}", _stream(len(specs))),
        is_random=variant.routing == "RANDOM",
        body_limit=variant.body_limit,
    )
    pool = WorkerPool(
        plan, services.workers, changed, rule=scaling_rule(variant, services.instance_types, services.idle_s)
    )
    adjust(pool, variant, services)
    return pool


def adjust(pool: WorkerPool, variant: VariantPlan, services: HostingServices) -> None:
    """Give a pool the weight and limits of its variant."""
    pool.weight = variant.weight
    pool.max_open = variant.serverless.max_concurrency if variant.serverless else None
    pool.watch.rule = scaling_rule(variant, services.instance_types, services.idle_s)


def _provisioned(serverless: Serverless, types: InstanceTypes) -> int:
    return min(serverless.provisioned or 0, types.machine.cpus)


def _slot(variant: VariantPlan, types: InstanceTypes) -> Slot:
    if variant.serverless is not None:
        memory_mib = variant.serverless.memory_mib
        return types.cut(cpus=-(-memory_mib // _MIB_PER_SERVERLESS_CPU), memory_mib=memory_mib, gpus=0)
    try:
        return types.slot(variant.instance_type or "")
    except CapacityError as error:
        raise DeploymentError(f"Variant {variant.name}: {error}") from error


def _stream(container_count: int) -> Callable[[WorkerId, ProcessRecord, str], str]:
    def name(worker: WorkerId, record: ProcessRecord, container: str) -> str:
        base = f"{worker.variant}/{instance_id(record)}"
        return base if container_count == 1 else f"{base}/{container}"

    return name
