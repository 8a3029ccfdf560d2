"""Slots of a machine and the queue for them."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.capacity.machine import CapacityError, Machine, load_instance_types
from sagemaker_local.capacity.queue import AGING_S, Priority, SlotQueue

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


def test_a_strict_machine_refuses_what_does_not_fit_and_others_cut_it() -> None:
    strict = load_instance_types(SMALL, strict_gpu=False, strict=True)
    assert strict.slot("ml.m5.large").cpus == 2
    with pytest.raises(CapacityError, match="needs 4 CPUs"):
        strict.slot("ml.m5.xlarge")
    assert load_instance_types(SMALL, strict_gpu=False).slot("ml.m5.xlarge").cpus == 2


def test_a_map_of_the_operator_replaces_types_inline_or_from_a_file(tmp_path: Path) -> None:
    text = "{ml.m5.large: {cpus: 1, memory_mib: 512}}"
    (tmp_path / "map.yaml").write_text(text)
    for given_map in (text, str(tmp_path / "map.yaml")):
        types = load_instance_types(SMALL, strict_gpu=False, instance_map=given_map)
        assert (types.slot("ml.m5.large").cpus, types.slot("ml.m5.large").memory_mib) == (1, 512)
        assert types.slot("ml.c5.large").memory_mib == 4096
    with pytest.raises(CapacityError, match="SML_INSTANCE_MAP"):
        load_instance_types(SMALL, strict_gpu=False, instance_map="{ml.m5.large: {cores: 1}}")


def test_two_jobs_share_a_machine_that_may_be_given_away_twice() -> None:
    queue = SlotQueue(SMALL, max_jobs=3, oversubscribe=2.0)
    claims = [queue.claim(name, nodes=1, cpus=2, memory_mib=8192) for name in ("a", "b", "c")]
    assert [queue.try_acquire(claim) for claim in claims] == [True, True, False]


def test_a_job_that_only_uploads_gives_its_slot_back_but_uploads_are_not_without_bounds() -> None:
    queue = SlotQueue(SMALL, max_jobs=1)
    for number in range(4):
        assert queue.try_acquire(queue.claim(f"j{number}", nodes=1, cpus=2, memory_mib=1))
        queue.finish(f"j{number}")
    last = queue.claim("last", nodes=1, cpus=2, memory_mib=1)
    assert not queue.try_acquire(last)
    assert len(queue.view().finishing) == 4
    queue.release("j0")
    assert queue.try_acquire(last)


def test_small_jobs_side_by_side_stay_on_cores_of_their_own() -> None:
    queue = SlotQueue(Machine(cpus=4, memory_mib=8192, gpus=0), max_jobs=4)
    for name, cpus in (("a", 1), ("b", 2), ("c", 1)):
        queue.take(queue.claim(name, nodes=1, cpus=cpus, memory_mib=1))
    given_away = [core for name in ("a", "b", "c") for core in queue.cores_of(name)]
    assert sorted(given_away) == [0, 1, 2, 3]
    queue.release("b")
    queue.take(queue.claim("d", nodes=4, cpus=4, memory_mib=1))
    assert queue.cores_of("d") == ()  # the whole machine


def test_processing_goes_before_training_before_tuning_and_each_in_order() -> None:
    waiting = [("t1", Priority.TUNING), ("a", Priority.TRAINING), ("b", Priority.TRAINING)]
    waiting += [("p", Priority.PROCESSING), ("t2", Priority.TUNING)]
    assert admission_order(waiting, waits_s=0) == ["p", "a", "b", "t1", "t2"]


def test_nobody_starves_behind_those_of_a_higher_priority() -> None:
    order = admission_order([("tuning", Priority.TUNING)], waits_s=2 * AGING_S, later=[("p", 1), ("a", 2)])
    assert order == ["tuning", "p", "a"]


@given(
    st.lists(st.tuples(st.sampled_from(Priority), st.integers(1, 4), st.booleans()), min_size=1, max_size=30),
    st.integers(1, 3),
)
def test_whatever_comes_everyone_runs_once_nothing_is_overbooked_and_lines_stay_in_order(
    jobs: list[tuple[Priority, int, bool]], max_jobs: int
) -> None:
    machine = Machine(cpus=4, memory_mib=100, gpus=0)
    admitted: list[int] = []

    async def scene() -> None:
        queue = SlotQueue(machine, max_jobs)
        blocker = queue.claim("blocker", nodes=1, cpus=4, memory_mib=100)
        queue.take(blocker)

        async def job(number: int, priority: Priority, cpus: int) -> None:
            claim = queue.claim(str(number), nodes=1, cpus=cpus, memory_mib=cpus, priority=priority)
            await queue.acquire(claim)
            admitted.append(number)
            assert sum(one.cpus for one in queue.running) <= machine.cpus
            assert len(queue.running) <= max_jobs
            await asyncio.sleep(0)
            queue.release(str(number))

        tasks = []
        for number, (priority, cpus, _) in enumerate(jobs):
            tasks.append(asyncio.create_task(job(number, priority, cpus)))
            await asyncio.sleep(0)
        for task, (_, _, gives_up) in zip(tasks, jobs, strict=True):
            if gives_up:
                task.cancel()
        queue.release("blocker")
        await asyncio.gather(*tasks, return_exceptions=True)
        assert queue.waiting == 0
        assert queue.running == ()

    asyncio.run(scene())
    assert sorted(admitted) == [number for number, (_, _, gives_up) in enumerate(jobs) if not gives_up]
    for priority in Priority:
        line = [number for number in admitted if jobs[number][0] is priority]
        assert line == sorted(line)


def admission_order(
    waiting: list[tuple[str, Priority]], *, waits_s: float, later: list[tuple[str, int]] | None = None
) -> list[str]:
    """Queue behind a blocker, let time pass, queue more, then admit one at a time."""
    now = [0.0]
    order: list[str] = []

    async def scene() -> None:
        queue = SlotQueue(SMALL, max_jobs=1, clock=lambda: now[0])
        queue.take(queue.claim("blocker", nodes=1, cpus=2, memory_mib=1))

        async def job(name: str, priority: Priority) -> None:
            await queue.acquire(queue.claim(name, nodes=1, cpus=2, memory_mib=1, priority=priority))
            order.append(name)
            queue.release(name)

        tasks = []
        for name, priority in waiting:
            tasks.append(asyncio.create_task(job(name, priority)))
            await asyncio.sleep(0)
        now[0] = waits_s
        for name, number in later or []:
            tasks.append(asyncio.create_task(job(name, Priority(number))))
            await asyncio.sleep(0)
        view = [claim.owner for claim in queue.view().waiting]
        queue.release("blocker")
        await asyncio.gather(*tasks)
        assert view == order

    asyncio.run(scene())
    return order
