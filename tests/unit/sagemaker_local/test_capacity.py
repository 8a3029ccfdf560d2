"""Slots of a machine and the queue for them."""

import asyncio

import pytest

from sagemaker_local.capacity.machine import CapacityError, Machine, load_instance_types
from sagemaker_local.capacity.queue import SlotQueue

SMALL = Machine(cpus=2, memory_mib=8192, gpus=0)


def test_a_type_is_cut_to_the_machine_and_a_missing_gpu_is_said() -> None:
    slot = load_instance_types(SMALL, strict_gpu=False).slot("ml.g5.12xlarge")
    assert (slot.cpus, slot.memory_mib, slot.gpus, slot.wanted_gpus) == (2, 8192, 0, 4)
    assert slot.variables()["SML_GPU"] == "none"
    assert slot.variables()["OMP_NUM_THREADS"] == "2"


def test_a_strict_machine_refuses_gpu_types_and_every_machine_unknown_ones() -> None:
    with pytest.raises(CapacityError, match="needs 1 GPU"):
        load_instance_types(SMALL, strict_gpu=True).slot("ml.g5.xlarge")
    with pytest.raises(CapacityError, match="not known"):
        load_instance_types(SMALL, strict_gpu=False).slot("ml.zz9.large")


def test_jobs_are_admitted_in_order_and_only_while_they_fit() -> None:
    async def scene() -> list[str]:
        queue = SlotQueue(Machine(cpus=4, memory_mib=100, gpus=0), max_jobs=2)
        order: list[str] = []

        async def job(name: str, cpus: int) -> None:
            await queue.acquire(queue.claim(name, nodes=1, cpus=cpus, memory_mib=1))
            order.append(name)

        await job("a", 2)
        await job("b", 2)
        waiting = [asyncio.create_task(job(name, cpus)) for name, cpus in (("big", 4), ("small", 1))]
        await asyncio.sleep(0)
        queue.release("a")
        await asyncio.sleep(0)
        assert order == ["a", "b"]  # `small` would fit, but it is not its turn
        queue.release("b")
        await asyncio.sleep(0)
        assert order == ["a", "b", "big"]
        queue.release("big")
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(scene()) == ["a", "b", "big", "small"]


def test_a_job_that_gives_up_waiting_frees_its_place() -> None:
    async def scene() -> int:
        queue = SlotQueue(SMALL, max_jobs=1)
        queue.take(queue.claim("a", nodes=1, cpus=2, memory_mib=1))
        task = asyncio.create_task(queue.acquire(queue.claim("b", nodes=1, cpus=2, memory_mib=1)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        queue.release("a")
        return len(queue.running) + queue.waiting

    assert asyncio.run(scene()) == 0
