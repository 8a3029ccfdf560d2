"""A run's way from its creation to its end, with repeats, crashes and races."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.failures import Failure, Fault
from openbml.training.events import RunStateChanged, UsageReported
from openbml.training.runs import Observation, Run, RunConflictError, RunEndedError, RunState
from openbml.training.training_data import SnapshotState
from tests.fakes.compute_memory import NOON
from tests.fakes.training_samples import DATA_URI, REPORT, TrainingWorld


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


def usages(world: TrainingWorld) -> list[UsageReported]:
    return [event for event in world.events.published if isinstance(event, UsageReported)]


def states(world: TrainingWorld) -> list[RunState]:
    return [event.state for event in world.events.published if isinstance(event, RunStateChanged)]


def test_a_run_goes_from_its_data_to_a_model_with_metrics_and_one_bill(world: TrainingWorld) -> None:
    run = world.create()
    assert (run.version_number, run.state, run.labels) == (1, RunState.PREPARING, ("cat", "dog"))
    world.start(run)
    request = world.jobs.jobs[str(run.run_id)].request
    assert request.hyper_parameters["labels"] == '["cat", "dog"]'
    assert request.hyper_parameters["max_training_time_s"] == "3600"
    assert request.hyper_parameters["epochs"] == "3"
    world.track(run, "running")
    world.files.reports[DATA_URI] = REPORT
    world.track(run, "completed", minutes=12.5)
    ended = world.stored(run)
    assert ended.state is RunState.SUCCEEDED
    assert ended.metrics is not None
    assert ended.metrics["accuracy"] == 0.92
    assert ended.recommended_threshold == 0.4
    assert ended.training_seconds == 750
    assert states(world) == [RunState.PREPARING, RunState.QUEUED, RunState.RUNNING, RunState.SUCCEEDED]
    (usage,) = usages(world)
    assert (usage.usage_id, usage.machine, usage.units, usage.closed) == (
        f"run:{run.run_id}",
        "GPU_P4",
        1,
        True,
    )


def test_versions_count_up_per_experiment(world: TrainingWorld) -> None:
    assert [world.create().version_number for _ in range(3)] == [1, 2, 3]


def test_events_that_come_twice_or_out_of_order_change_nothing(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.files.reports[DATA_URI] = REPORT
    world.track(run, "completed", minutes=5)
    ended = world.stored(run)
    world.track(run, "completed", minutes=5)
    world.track(run, "running")
    world.track(run, "queued")
    assert world.stored(run) == ended
    assert len(usages(world)) == 1


def test_a_crash_between_publishing_and_saving_repeats_the_same_usage_entry(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.files.reports[DATA_URI] = REPORT
    before = world.stored(run)
    world.track(run, "completed", minutes=5)
    world.runs.runs[run.run_id] = before  # the save was lost
    world.track(run, "completed", minutes=5)
    first, second = usages(world)
    assert first == second
    assert world.stored(run).state is RunState.SUCCEEDED


def test_a_lost_announcement_is_made_good_by_resuming(world: TrainingWorld) -> None:
    world.events.refusing = True
    with pytest.raises(ConnectionError):
        world.create()
    world.events.refusing = False
    (run,) = world.runs.runs.values()
    assert world.resume() == []  # it may still be on its way
    world.now.pass_time(minutes=2)
    assert world.resume() == [run.run_id]
    assert world.start(run).state is RunState.QUEUED
    assert world.resume() == []


def test_a_run_waits_for_its_snapshot_and_starts_when_it_is_ready(world: TrainingWorld) -> None:
    world.data.snapshot_state = SnapshotState.PREPARING
    run = world.create()
    assert world.start(run).state is RunState.PREPARING
    assert world.stored(run).snapshot_id == "snapshot-5"
    world.data.snapshot_state = SnapshotState.READY
    assert world.snapshot_ended("snapshot-other") == []
    assert world.snapshot_ended("snapshot-5") == [run.run_id]
    assert world.start(run).state is RunState.QUEUED


def test_starting_twice_submits_one_job(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.start(run)
    assert len(world.jobs.jobs) == 1


def test_a_start_killed_after_the_submission_is_continued(world: TrainingWorld) -> None:
    run = world.create()
    before = world.stored(run)
    world.start(run)
    world.runs.runs[run.run_id] = before
    world.start(run)
    assert world.stored(run).state is RunState.QUEUED
    assert len(world.jobs.jobs) == 1


def test_a_dataset_deleted_while_preparing_fails_the_run_with_the_cause(world: TrainingWorld) -> None:
    run = world.create()
    world.data.views.clear()
    broken = world.start(run)
    assert broken.state is RunState.FAILED
    assert broken.failure is not None
    assert broken.failure.fault is Fault.USER
    assert "dataset 5 V1" in broken.failure.message
    assert usages(world) == []


def test_a_failed_snapshot_fails_the_run_with_the_cause(world: TrainingWorld) -> None:
    world.data.snapshot_state = SnapshotState.FAILED
    broken = world.start(world.create())
    assert broken.failure is not None
    assert "the disk is full" in broken.failure.message


def test_labels_that_changed_while_preparing_fail_the_run(world: TrainingWorld) -> None:
    world.data.snapshot_labels = ["cat"]
    assert world.start(world.create()).state is RunState.FAILED


def test_a_snapshot_that_never_comes_fails_the_run_as_our_fault(world: TrainingWorld) -> None:
    world.data.snapshot_state = SnapshotState.PREPARING
    run = world.create()
    world.now.pass_time(hours=13)
    broken = world.start(run)
    assert broken.failure is not None
    assert broken.failure.fault is Fault.PLATFORM


def test_a_run_stopped_while_preparing_never_gets_a_job(world: TrainingWorld) -> None:
    run = world.create()
    assert world.stop(run).state is RunState.STOPPED
    world.start(run)
    assert world.jobs.jobs == {}


def test_a_running_run_is_stopped_through_its_job(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.track(run, "running")
    assert world.stop(run).state is RunState.STOPPING
    assert world.jobs.stopped == [str(run.run_id)]
    world.track(run, "stopped", minutes=2)
    assert world.stored(run).state is RunState.STOPPED
    assert len(usages(world)) == 1


def test_a_stop_that_meets_a_completion_leaves_the_true_end(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.stop(run)
    world.files.reports[DATA_URI] = REPORT
    world.track(run, "completed", minutes=1)
    assert world.stored(run).state is RunState.SUCCEEDED


def test_an_ended_run_cannot_be_stopped(world: TrainingWorld) -> None:
    run = world.create()
    world.stop(run)
    with pytest.raises(RunEndedError):
        world.stop(run)


def test_a_job_that_outlived_its_stopped_run_is_stopped(world: TrainingWorld) -> None:
    run = world.create()
    before = world.stored(run)
    world.start(run)
    world.runs.runs[run.run_id] = before.cancelled(NOON)  # the stop was saved first
    world.track(run, "running")
    assert world.jobs.stopped == [str(run.run_id)]


def test_the_submission_that_loses_against_a_stop_stops_its_job(world: TrainingWorld) -> None:
    run = world.create()
    submit = world.jobs.submit_training

    def stop_meanwhile(request: object) -> object:
        world.stop(run)
        return submit(request)  # type: ignore[arg-type]  # handed through

    world.jobs.submit_training = stop_meanwhile  # type: ignore[method-assign,assignment]  # a race, by hand
    assert world.start(run).state is RunState.STOPPED
    assert world.jobs.stopped == [str(run.run_id)]


def test_a_failure_of_the_platform_is_not_billed_and_one_of_the_user_is(world: TrainingWorld) -> None:
    for fault, billed in ((Fault.PLATFORM, 0), (Fault.USER, 1)):
        world.events.published.clear()
        run = world.create()
        world.start(run)
        world.track(run, "failed", minutes=3, failure=Failure(fault=fault, message="why"))
        assert len(usages(world)) == billed
        assert world.stored(run).failure == Failure(fault=fault, message="why")


def test_a_completed_job_without_a_report_fails_the_run_unbilled(world: TrainingWorld) -> None:
    run = world.create()
    world.start(run)
    world.track(run, "completed", minutes=3)
    ended = world.stored(run)
    assert ended.state is RunState.FAILED
    assert usages(world) == []


def test_the_slower_of_two_changes_is_refused_and_repeated_from_the_truth(world: TrainingWorld) -> None:
    run = world.create()
    stale = world.stored(run)
    world.start(run)
    with pytest.raises(RunConflictError):
        world.runs.save(stale.cancelled(NOON))


@given(st.lists(st.sampled_from([state for state in RunState if state is not RunState.PREPARING])))
def test_no_report_moves_a_run_back_or_out_of_a_final_state(seen: list[RunState]) -> None:
    run: Run = TrainingWorld().create()
    for state in seen:
        before, run = run, run.observed(Observation(state=state, at=NOON))
        assert run is before or before.state.may_become(run.state)
        assert not before.state.is_final or run is before
        assert run.state.is_final == (run.finished_at is not None)
        assert run.revision in (before.revision, before.revision + 1)


@given(st.lists(st.sampled_from(["submit", "cancel", "break", "run", "stop", "succeed"]), max_size=12))
def test_any_order_of_happenings_ends_in_one_end_at_most(steps: list[str]) -> None:
    run: Run = TrainingWorld().create()
    ends = 0
    for step in steps:
        was_final = run.state.is_final
        run = _happen(run, step)
        ends += run.state.is_final and not was_final
    assert ends == run.state.is_final


def _happen(run: Run, step: str) -> Run:
    match step:
        case "submit":
            return run.submitted(NOON)
        case "cancel":
            return run if run.state.is_final else run.cancelled(NOON)
        case "break":
            return run.broken(Failure(fault=Fault.USER, message="why"), NOON)
        case "run":
            return run.observed(Observation(state=RunState.RUNNING, at=NOON))
        case "stop":
            return run.observed(Observation(state=RunState.STOPPED, at=NOON))
        case _:
            return run.observed(Observation(state=RunState.SUCCEEDED, at=NOON))
