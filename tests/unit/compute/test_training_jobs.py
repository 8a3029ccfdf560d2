"""Use cases of training jobs: repeats, crashes and races."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.events import JobStateChanged
from openbml.compute.failures import Fault, classify
from openbml.compute.gateway import ComputeGateway
from openbml.compute.intervals import Interval
from openbml.compute.jobs import Job, JobConflictError, JobReport, JobRuntimes, JobState
from tests.fakes.compute_memory import (
    NOON,
    InMemoryHostingRepository,
    InMemoryHostingRuntime,
    InMemoryJobRepository,
    InMemoryJobRuntime,
    RecordedEvents,
    Ticking,
)
from tests.fakes.compute_samples import SCOPE, job, job_request, processing_request


class World:
    def __init__(self) -> None:
        self.jobs = InMemoryJobRepository()
        self.runtime = InMemoryJobRuntime()
        self.processing = InMemoryJobRuntime()
        self.events = RecordedEvents()
        self.now = Ticking()
        self.compute = ComputeGateway(
            jobs=self.jobs,
            runtimes=JobRuntimes(training=self.runtime, processing=self.processing),
            hostings=InMemoryHostingRepository(),
            hosting=InMemoryHostingRuntime(),
            events=self.events,
            now=self.now,
        )

    def told(self) -> list[JobState]:
        return [event.state for event in self.events.published if isinstance(event, JobStateChanged)]


@pytest.fixture
def world() -> World:
    return World()


def test_submitting_twice_makes_one_job(world: World) -> None:
    first = world.compute.submit_training(job_request())
    again = world.compute.submit_training(job_request())
    assert (first, len(world.runtime.submitted)) == (again, 1)


def test_an_id_with_different_work_is_refused(world: World) -> None:
    world.compute.submit_training(job_request())
    with pytest.raises(JobConflictError):
        world.compute.submit_training(job_request(node_count=2))


def test_a_job_recorded_but_never_handed_over_is_handed_over_by_reconciling(world: World) -> None:
    world.jobs.add(job())
    world.compute.reconcile_jobs()
    assert [request.job_id for request in world.runtime.submitted] == ["1001"]
    assert world.jobs.get("1001").submitted


def test_a_busy_runtime_gets_the_job_later(world: World) -> None:
    world.runtime.busy = True
    waiting = world.compute.submit_training(job_request())
    assert (waiting.state, waiting.submitted) == (JobState.QUEUED, False)
    world.runtime.busy = False
    world.compute.reconcile_jobs()
    assert world.jobs.get("1001").submitted


def test_a_job_that_never_finds_room_fails_as_our_fault(world: World) -> None:
    world.jobs.add(job())
    world.now.pass_time(hours=25)
    given_up = world.compute.follow_job("1001")
    assert given_up.failure is not None
    assert given_up.failure.fault is Fault.PLATFORM


def test_changes_are_published_once_and_in_order(world: World) -> None:
    world.compute.submit_training(job_request())
    for state in (JobState.QUEUED, JobState.RUNNING, JobState.RUNNING, JobState.QUEUED, JobState.COMPLETED):
        world.runtime.reports["1001"] = JobReport(state=state)
        world.compute.follow_job("1001")
    world.compute.follow_job("1001")
    assert world.told() == [JobState.RUNNING, JobState.COMPLETED]


def test_a_crash_between_publishing_and_saving_repeats_the_event(world: World) -> None:
    world.compute.submit_training(job_request())
    world.runtime.reports["1001"] = JobReport(state=JobState.RUNNING)

    def crash(_: Job) -> None:
        raise MemoryError

    world.jobs.before_save = crash
    with pytest.raises(MemoryError):
        world.compute.follow_job("1001")
    world.jobs.before_save = lambda job: None
    world.compute.follow_job("1001")
    assert world.told() == [JobState.RUNNING, JobState.RUNNING]


def test_the_slower_of_two_followers_looks_again(world: World) -> None:
    world.compute.submit_training(job_request())
    world.runtime.reports["1001"] = JobReport(state=JobState.RUNNING)

    def overtake(_: Job) -> None:
        world.jobs.before_save = lambda job: None
        world.compute.follow_job("1001")
        world.runtime.reports["1001"] = JobReport(state=JobState.COMPLETED)

    world.jobs.before_save = overtake
    assert world.compute.follow_job("1001").state is JobState.COMPLETED


def test_an_unreachable_bus_keeps_the_change_for_later(world: World) -> None:
    world.compute.submit_training(job_request())
    world.runtime.reports["1001"] = JobReport(state=JobState.RUNNING)
    world.events.refusing = True
    with pytest.raises(ConnectionError):
        world.compute.follow_job("1001")
    world.events.refusing = False
    assert world.compute.follow_job("1001").state is JobState.RUNNING
    assert world.told() == [JobState.RUNNING]


def test_a_job_the_runtime_forgot_fails_as_our_fault_and_keeps_no_open_interval(world: World) -> None:
    world.compute.submit_training(job_request())
    world.runtime.reports["1001"] = JobReport(state=JobState.RUNNING, intervals=[Interval(start=NOON)])
    world.compute.follow_job("1001")
    del world.runtime.reports["1001"]
    assert world.compute.follow_job("1001").state is JobState.RUNNING  # it may only be late
    world.now.pass_time(minutes=3)
    gone = world.compute.follow_job("1001")
    assert gone.state is JobState.FAILED
    assert gone.failure is not None
    assert gone.failure.fault is Fault.PLATFORM
    assert all(span.end for span in gone.intervals)


def test_a_stop_that_came_too_late_yields_to_the_true_end(world: World) -> None:
    world.compute.submit_training(job_request())
    world.runtime.reports["1001"] = JobReport(state=JobState.COMPLETED)
    assert world.compute.stop_training("1001").state is JobState.COMPLETED


def test_a_stop_lost_in_a_crash_is_asked_for_again(world: World) -> None:
    world.compute.submit_training(job_request())
    world.jobs.save(world.jobs.get("1001").stopping(NOON))
    world.compute.reconcile_jobs()
    assert world.runtime.stopped == ["1001"]


def test_a_job_stopped_before_it_was_handed_over_never_starts(world: World) -> None:
    world.runtime.busy = True
    world.compute.submit_training(job_request())
    world.compute.stop_training("1001")
    world.runtime.busy = False
    world.now.pass_time(minutes=3)
    world.compute.reconcile_jobs()
    assert world.jobs.get("1001").state is JobState.STOPPED
    assert world.runtime.submitted == []


def test_a_job_stopped_while_being_handed_over_is_stopped(world: World) -> None:
    def stop_meanwhile(_: Job) -> None:
        world.jobs.before_save = lambda job: None
        world.jobs.save(world.jobs.get("1001").stopping(NOON))

    world.jobs.before_save = stop_meanwhile
    world.compute.submit_training(job_request())
    assert world.runtime.stopped == ["1001"]


@given(st.lists(st.sampled_from(JobState)))
def test_no_report_moves_a_job_back_or_out_of_a_final_state(states: list[JobState]) -> None:
    seen = job()
    for state in states:
        before, seen = seen, seen.observed(JobReport(state=state), NOON)
        assert seen is before or before.state.may_become(seen.state)
        assert not before.state.is_final or seen is before


@pytest.mark.parametrize(
    ("reason", "fault", "message"),
    [
        (
            "AlgorithmError: user: label cat has one image\n\nTraceback, exit code: 1",
            Fault.USER,
            "label cat has one image",
        ),
        (
            "AlgorithmError: platform: onnx differs by 0.1, exit code: 1",
            Fault.PLATFORM,
            "onnx differs by 0.1",
        ),
        (
            "AlgorithmError: CUDA out of memory, exit code: 137 (out of memory?)",
            Fault.USER,
            "CUDA out of memory",
        ),
        ("ClientError: no S3 object at prefix", Fault.USER, "no S3 object at prefix"),
        ("InternalServerError: the machine died", Fault.PLATFORM, "the machine died"),
        ("CapacityError: no ml.p3.2xlarge", Fault.PLATFORM, "no ml.p3.2xlarge"),
        ("something odd", Fault.PLATFORM, "something odd"),
        ("", Fault.PLATFORM, "the job failed without a reason"),
    ],
)
def test_a_failure_is_laid_at_the_right_door(reason: str, fault: Fault, message: str) -> None:
    failure = classify(reason)
    assert (failure.fault, failure.message) == (fault, message)


@given(st.text(max_size=5000))
def test_any_reason_gives_a_cause_of_shown_length(reason: str) -> None:
    assert 0 <= len(classify(reason).message) <= 1024


def test_a_processing_job_is_run_followed_and_stopped_by_its_own_runtime(world: World) -> None:
    world.compute.submit_processing(processing_request())
    world.compute.submit_processing(processing_request())
    assert [request.job_id for request in world.processing.submitted] == ["data7"]
    assert not world.runtime.submitted
    world.processing.reports["data7"] = JobReport(state=JobState.RUNNING)
    assert world.compute.follow_job("data7").state is JobState.RUNNING
    assert world.compute.stop_processing("data7").state is JobState.STOPPING
    assert world.processing.stopped == ["data7"]
    world.processing.reports["data7"] = JobReport(state=JobState.STOPPED)
    world.compute.reconcile_jobs()
    assert world.told() == [JobState.RUNNING, JobState.STOPPING, JobState.STOPPED]


def test_a_training_job_kept_before_there_were_kinds_is_read_as_one() -> None:
    document = job().model_dump(mode="json")
    del document["request"]["kind"]
    assert Job.model_validate(document) == job()
    kept = Job(request=processing_request(), created_at=NOON, changed_at=NOON)
    assert Job.model_validate(kept.model_dump(mode="json")) == kept
    assert kept.request.scope == SCOPE


def test_the_end_of_a_job_is_told_again_to_an_owner_who_asks(world: World) -> None:
    world.compute.submit_processing(processing_request())
    world.compute.announce_end("data7")
    assert world.told() == []
    world.processing.reports["data7"] = JobReport(state=JobState.COMPLETED)
    world.compute.follow_job("data7")
    world.compute.announce_end("data7")
    assert world.told() == [JobState.COMPLETED, JobState.COMPLETED]
