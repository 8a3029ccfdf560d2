"""Use cases of data jobs: repeats, races, crashes, what becomes of results."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.failures import Failure, Fault
from openbml.compute.jobs import ProcessingJobRequest
from openbml.compute.owners import Owner
from openbml.datasets.events import DataJobStateChanged
from openbml.datasets.jobs.data_jobs import DataJob, DataJobState, StartDataJob, WorkProgress, result_key
from openbml.datasets.jobs.job_plans import plan_from_job
from openbml.datasets.jobs.start_data_jobs import request_data_job, resume_data_jobs
from openbml.datasets.jobs.track_data_jobs import (
    JobChange,
    JobOutput,
    cancel_data_job,
    record_work_progress,
    track_data_job,
)
from openbml_formats.data_jobs import DataJobKind
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.data_jobs_memory import (
    KEY,
    SCOPE,
    InMemoryDataJobRepository,
    RecordedHook,
    RecordedRuntime,
    data_job,
)
from tests.fakes.datasets_memory import EventLog, ListQueue, MemoryObjectStore, ids

STATES = ("queued", "running", "stopping", "completed", "failed", "stopped")


class World:
    def __init__(self) -> None:
        self.jobs = InMemoryDataJobRepository()
        self.runtime = RecordedRuntime()
        self.hook = RecordedHook()
        self.scratch = MemoryObjectStore()
        self.events = EventLog()
        self.starting = ListQueue()
        self.clock = Ticking()

    def running(self, job_id: int = 700, **changes: Any) -> DataJob:
        """A job that compute has taken."""
        job = data_job(job_id, state=DataJobState.QUEUED, **changes)
        self.jobs.add(job)
        request = ProcessingJobRequest(
            job_id=job.compute_id,
            owner=Owner(context="datasets", id=str(job_id)),
            scope=SCOPE,
            image="data",
            machine_type="CPU_4C_16G",
            order_uri="s3://uploads/order/",
            max_runtime_s=60,
        )
        self.runtime.submit_processing(request)
        return job

    def leave(self, job: DataJob, result: Any) -> None:
        self.scratch.objects[result_key(SCOPE, job.job_id)] = json.dumps(result).encode()

    def told(self, state: str, job_id: int = 700, **members: Any) -> DataJob | None:
        owner = {"context": "datasets", "id": str(job_id)}
        change = JobChange.model_validate({"owner": owner, "state": state, "at": NOON, **members})
        return track_data_job(
            change,
            jobs=self.jobs,
            scratch=self.scratch,
            runtime=self.runtime,
            hooks=dict.fromkeys(DataJobKind, self.hook),
            events=self.events,
        )

    def cancelled(self, job: DataJob) -> DataJob:
        return cancel_data_job(
            job.version_key,
            job.job_id,
            jobs=self.jobs,
            runtime=self.runtime,
            hooks=dict.fromkeys(DataJobKind, self.hook),
            events=self.events,
            now=self.clock,
        )

    def resumed(self) -> int:
        return resume_data_jobs(jobs=self.jobs, starting=self.starting, runtime=self.runtime, now=self.clock)

    def printed(self, *records: Any, job_id: int = 700) -> DataJob | None:
        owner = {"context": "datasets", "id": str(job_id)}
        output = JobOutput.model_validate({"owner": owner, "records": records})
        return record_work_progress(output, jobs=self.jobs, runtime=self.runtime, events=self.events)

    def requested(self, job_id: int | None = None) -> DataJob:
        return request_data_job(
            KEY,
            DataJobKind.CLEANING,
            selection=None,
            settings={},
            user_id=7,
            jobs=self.jobs,
            starting=self.starting,
            new_id=ids().__next__,
            now=self.clock,
            job_id=job_id,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_asking_again_for_the_same_job_asks_for_its_start_again(world: World) -> None:
    first = world.requested(4711)
    world.clock.pass_time(minutes=1)
    assert world.requested(4711) == first
    assert world.starting.messages == [StartDataJob(job_id=4711)] * 2


def test_a_result_is_taken_before_the_job_is_finished(world: World) -> None:
    job = world.running()
    world.leave(job, {"rows": 3})
    world.told("running")
    ended = world.told("completed")
    assert ended is not None
    assert (ended.state, ended.result) == (DataJobState.FINISHED, {"rows": 3})
    assert world.hook.results == [{"rows": 3}]
    states = [event.state for event in world.events.events if isinstance(event, DataJobStateChanged)]
    assert states == [DataJobState.RUNNING, DataJobState.FINISHED]


def test_a_repeated_end_takes_the_result_once(world: World) -> None:
    world.leave(world.running(), {"rows": 3})
    world.told("completed")
    world.told("completed")
    world.told("failed")
    assert len(world.hook.results) == 1
    job = world.jobs.find(700)
    assert job is not None
    assert job.state is DataJobState.FINISHED


def test_a_hook_that_breaks_leaves_the_job_to_the_next_delivery(world: World) -> None:
    world.leave(world.running(), {})
    world.hook.failing = ConnectionError("the table is busy")
    with pytest.raises(ConnectionError):
        world.told("completed")
    world.hook.failing = None
    ended = world.told("completed")
    assert ended is not None
    assert ended.state is DataJobState.FINISHED


@pytest.mark.parametrize("left", [None, b"", b"[1]", b"{half"])
def test_a_result_that_cannot_be_read_fails_the_job_as_our_fault(world: World, left: bytes | None) -> None:
    job = world.running()
    if left is not None:
        world.scratch.objects[result_key(SCOPE, job.job_id)] = left
    ended = world.told("completed")
    assert ended is not None
    assert ended.failure is not None
    assert (ended.state, ended.failure.fault) == (DataJobState.FAILED, Fault.PLATFORM)
    assert world.hook.ended == [ended]


def test_a_large_result_is_left_to_its_kind(world: World) -> None:
    world.leave(world.running(), {"rows": "x" * 200_000})
    ended = world.told("completed")
    assert ended is not None
    assert (ended.result, len(world.hook.results)) == (None, 1)


def test_a_failure_is_told_with_its_fault(world: World) -> None:
    world.running()
    failure = Failure(fault=Fault.USER, message="the bucket refuses")
    ended = world.told("failed", failure=failure)
    assert ended is not None
    assert (ended.state, ended.failure) == (DataJobState.FAILED, failure)


def test_a_job_whose_time_is_over_has_failed_and_not_been_cancelled(world: World) -> None:
    world.running()
    ended = world.told("stopped", failure=Failure(fault=Fault.USER, message="too long"))
    assert ended is not None
    assert ended.state is DataJobState.FAILED


def test_a_job_that_waits_is_cancelled_at_once(world: World) -> None:
    job = data_job()
    world.jobs.add(job)
    assert world.cancelled(job).state is DataJobState.CANCELLED
    assert (world.runtime.stopped, len(world.hook.ended)) == ([], 1)


def test_a_running_job_is_stopped_and_ends_as_compute_says(world: World) -> None:
    job = world.running()
    assert world.cancelled(job).state is DataJobState.STOPPING
    assert world.runtime.stopped == ["data700"]
    ended = world.told("stopped")
    assert ended is not None
    assert ended.state is DataJobState.CANCELLED
    assert world.cancelled(job) == ended


def test_a_job_that_ends_before_its_cancellation_keeps_its_result(world: World) -> None:
    job = world.running()
    world.leave(job, {"rows": 3})
    world.cancelled(job)
    ended = world.told("completed")
    assert ended is not None
    assert ended.state is DataJobState.FINISHED


def test_a_job_cancelled_while_it_was_handed_over_is_stopped_when_it_shows(world: World) -> None:
    job = world.running()
    world.jobs.save(job.ended(DataJobState.CANCELLED, NOON))
    world.told("running")
    assert world.runtime.stopped == ["data700"]


def test_the_compute_job_of_a_removed_job_is_stopped(world: World) -> None:
    world.running()
    world.jobs.remove_all(KEY)
    assert world.told("running") is None
    assert world.runtime.stopped == ["data700"]


def test_other_contexts_jobs_are_passed_over(world: World) -> None:
    world.running()
    assert world.told("failed", owner={"context": "training", "id": "700"}) is None


def test_the_furthest_progress_counts_and_other_lines_do_not(world: World) -> None:
    world.running()
    lines = [{"kind": "progress", "done": done, "total": 9} for done in (3, 5, 4)]
    job = world.printed({"kind": "stage", "stage": "x"}, *lines, {"kind": "progress", "done": -1, "total": 2})
    assert job is not None
    assert job.progress == WorkProgress(done=5, total=9)
    told = len(world.events.events)
    world.printed(*lines)
    assert len(world.events.events) == told
    assert world.printed({"kind": "progress", "done": "many", "total": 9}) is None


def test_what_was_left_behind_is_pushed_on(world: World) -> None:
    waiting, stopping, working = data_job(1), world.running(2), world.running(3)
    world.jobs.add(waiting)
    world.jobs.add(data_job(4, state=DataJobState.RUNNING))  # compute knows nothing of it
    world.jobs.save(stopping.stopping(NOON))
    assert world.resumed() == 0
    world.clock.pass_time(minutes=5)
    assert world.resumed() == 4
    assert world.starting.messages == [StartDataJob(job_id=1)]
    assert world.runtime.stopped == ["data2"]
    assert set(world.runtime.announced) == {stopping.compute_id, working.compute_id}


def test_a_planning_job_leaves_its_shards_in_their_order() -> None:
    plan = plan_from_job(data_job(), {"shards": 2, "samples": 1500, "more": "facts"})
    assert plan.shard_keys == [
        "projects/42/jobs/700/shards/000000.json.z",
        "projects/42/jobs/700/shards/000001.json.z",
    ]


def test_a_removed_job_that_goes_on_is_stopped(world: World) -> None:
    world.running()
    world.jobs.remove_all(KEY)
    assert world.printed({"kind": "progress", "done": 1, "total": 9}) is None
    assert world.runtime.stopped == ["data700"]


@given(st.lists(st.sampled_from(STATES)))
def test_no_report_moves_a_job_out_of_a_final_state(states: list[str]) -> None:
    world = World()
    world.leave(world.running(), {"rows": 1})
    before = world.jobs.find(700)
    for state in states:
        after = world.told(state)
        assert before is not None
        assert after is not None
        assert not before.state.is_final or after == before
        before = after
