"""Admission to a pool of workers."""

import asyncio
from typing import Any, cast

import pytest

from sagemaker_local.hosting.container_process import LogPlace, WorkerServices
from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.pool import PoolPlan, WorkerPool
from sagemaker_local.hosting.scaling import ScalingRule
from sagemaker_local.hosting.targets import ConcurrencyLimitError, NotReadyError, NoWorkerError


def pool(*, minimum: int = 1, maximum: int = 1, startup_s: int = 0, **more: Any) -> WorkerPool:
    """A pool that has no workers and cannot start any."""
    plan = PoolPlan(
        owner_arn="arn",
        generation=1,
        variant="main",
        model=ModelPlan(name="m", containers=(), startup_timeout_s=startup_s),
        specs=(),
        log=LogPlace("group", lambda *_: "stream"),
    )
    rule = ScalingRule(minimum=minimum, maximum=maximum, idle_s=1, busy_per_worker=1)
    return WorkerPool(plan, cast(WorkerServices, None), asyncio.Event(), rule=rule, **more)


def test_a_fixed_pool_without_workers_says_so_at_once() -> None:
    async def scene() -> None:
        with pytest.raises(NoWorkerError):
            await pool().admit()

    asyncio.run(scene())


def test_a_sleeping_pool_waits_for_a_worker_as_long_as_its_startup_may_take() -> None:
    async def scene() -> None:
        with pytest.raises(NotReadyError, match="within 0 s"):
            await pool(minimum=0).admit()

    asyncio.run(scene())


def test_a_sleeping_pool_that_gets_no_room_says_so() -> None:
    async def no_room(_: int) -> int:
        return 0

    async def scene() -> None:
        sleeping = pool(minimum=0, startup_s=60)
        sleeping.drive(no_room)
        with pytest.raises(NoWorkerError):
            await sleeping.admit()
        await sleeping.end(drain=False)

    asyncio.run(scene())


def test_a_request_that_comes_after_the_end_of_a_pool_goes_to_its_successor() -> None:
    async def scene() -> None:
        ended = pool()
        ended.successor = pool(max_open=0)
        with pytest.raises(ConcurrencyLimitError):
            await ended.admit()

    asyncio.run(scene())


def test_a_pool_has_capacity_while_it_may_have_a_worker() -> None:
    async def scene() -> tuple[bool, bool]:
        return pool(minimum=0, maximum=0).has_capacity, pool(minimum=0, maximum=1).has_capacity

    assert asyncio.run(scene()) == (False, True)
