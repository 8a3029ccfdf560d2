"""What decides over a job whose nodes run."""

import asyncio
from typing import Any, cast

import pytest

from sagemaker_local.jobs.nodes import Node
from sagemaker_local.jobs.signals import RunSignals
from sagemaker_local.jobs.supervision import Verdict, supervise
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.training.jobs import TrainingJob

RECORD = ProcessRecord(
    process_id="p", owner_arn="a", group="1", ordinal=0, run_dir="/nowhere", started_at=1.0
)


class FakeChild:
    """A process that ends when the test says so."""

    def __init__(self) -> None:
        self.ending: asyncio.Future[ProcessExit] = asyncio.get_running_loop().create_future()
        self.stopped = False

    async def wait(self) -> ProcessExit:
        return await asyncio.shield(self.ending)

    def stop(self) -> None:
        self.stopped = True

    def ends(self, code: int) -> None:
        self.ending.set_result(ProcessExit(exit_code=code))


def nodes_of(*children: FakeChild) -> list[Node]:
    return [Node(RECORD, cast(ChildProcess, child)) for child in children]


def job(max_runtime_s: int = 3600) -> TrainingJob:
    request = {
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": max_runtime_s},
    }
    return TrainingJob(arn="a", name="n", region="r", request=request, created_at=1.0, modified_at=1.0)


async def breaks_off() -> None:
    raise RuntimeError("the data broke off")


async def goes_on() -> None:
    await asyncio.Event().wait()


async def after(child: FakeChild, code: int) -> None:
    child.ends(code)
    await goes_on()


@pytest.mark.asyncio
async def test_a_node_that_ends_well_waits_for_the_others_and_one_that_fails_stops_them() -> None:
    first, second = FakeChild(), FakeChild()
    first.ends(0)
    verdict = await supervise(job(), nodes_of(first, second), RunSignals(), [goes_on(), after(second, 3)])
    assert verdict == Verdict("ended")
    third, fourth = FakeChild(), FakeChild()
    await supervise(job(), nodes_of(third, fourth), RunSignals(), [after(third, 3)])
    assert fourth.stopped


@pytest.mark.asyncio
async def test_a_companion_that_fails_fails_the_job_unless_the_machine_took_both() -> None:
    with pytest.raises(RuntimeError, match="broke off"):
        await supervise(job(), nodes_of(FakeChild()), RunSignals(), [breaks_off()])
    lost = [Node(RECORD, None, ProcessExit(lost=True))]
    assert (await supervise(job(), lost, RunSignals(), [breaks_off()])).why == "ended"


@pytest.mark.asyncio
async def test_a_companion_that_is_done_ends_nothing() -> None:
    async def done() -> None:
        return

    child = FakeChild()
    verdict = await supervise(job(), nodes_of(child), RunSignals(), [done(), after(child, 0)])
    assert verdict == Verdict("ended")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("ask", "why", "stops"),
    [("stop", "stop", False), ("interrupt", "interrupt", True), ("suspend", "suspend", True)],
)
async def test_what_is_asked_decides_at_once(ask: str, why: str, stops: bool) -> None:
    signals, child = RunSignals(), FakeChild()
    getattr(signals, ask)()
    verdict: Any = await supervise(job(), nodes_of(child), signals, [goes_on()])
    assert (verdict.why, child.stopped) == (why, stops)


@pytest.mark.asyncio
async def test_a_job_beyond_its_runtime_is_at_its_limit() -> None:
    late = job(max_runtime_s=5).moved("Downloading", 10.0)
    assert await supervise(late, nodes_of(FakeChild()), RunSignals(), []) == Verdict("limit", "runtime")
