"""A run with a search, from its request to its last job (spec 03 sections 2.10-2.12; checklist 23-30)."""

from typing import Any

import pytest

from openbml.compute.failures import Failure, Fault
from openbml.core.errors import InvalidRequestError
from openbml.training.events import UsageReported
from openbml.training.read_runs import RunView
from openbml.training.run_progress import Progress
from openbml.training.runs import RunState
from openbml.training.search.read_searches import reusable_searches, trial_list
from openbml.training.search.search_events import SearchProgressed
from openbml.training.search.searches import SearchNotReusableError
from openbml_formats.searches import SearchState, TrialState
from openbml_search.turns import next_trial
from tests.fakes.compute_samples import SCOPE
from tests.fakes.search_world import LEARNING_RATES, MemoryJournal, SearchWorld
from tests.fakes.training_samples import TrainingWorld

OUT_OF_MEMORY = Failure(fault=Fault.USER, message="the batch does not fit")
LOST = Failure(fault=Fault.PLATFORM, message="the machine went away")


def begun(strategy: str = "random", **config: Any) -> SearchWorld:
    return SearchWorld(strategy, config).begin()


def finished(*qualities: float, **config: Any) -> SearchWorld:
    world = begun(max_trials=len(qualities), **config)
    world.propose()
    for number, quality in enumerate(qualities):
        world.succeeds(number, quality)
    return world


def test_a_random_search_of_two_trials_ends_in_a_training_with_the_best_values() -> None:
    world = begun(max_trials=2)
    assert (world.run.state, world.search.state) == (RunState.RUNNING, SearchState.RUNNING)
    assert RunView.of(world.run, Progress()).stage == "searching"
    assert world.turn_job(1).environment["SEARCH_PARTITION"] == f"{SCOPE.key}#search#{world.search_id}"
    assert world.propose() == 2
    assert world.running == [0, 1]
    world.trains(0)
    world.epoch(0, 1, 0.4)
    world.succeeds(1, 0.9)
    world.succeeds(0, 0.6)
    assert world.search.state is SearchState.FINISHED
    assert world.search.best
    assert (world.search.best.number, world.search.best.quality) == (1, 0.9)
    final = world.world.jobs.jobs[world.run.job_id].request
    assert final.hyper_parameters["learning_rate"] == world.trials[1].parameters["learning_rate"]
    assert "trial" not in final.hyper_parameters
    assert (world.run.state, world.run.searching, world.search.settled) == (RunState.RUNNING, False, True)


def test_a_trial_trains_with_its_values_on_its_share_of_the_data_and_leaves_no_model() -> None:
    world = begun(max_trials=1, sampling_percent=30)
    world.propose()
    job = world.job(0)
    assert job.hyper_parameters["learning_rate"] == world.trials[0].parameters["learning_rate"]
    assert (job.hyper_parameters["data_sampling_ratio"], job.hyper_parameters["trial"]) == ("30", "1")
    assert job.hyper_parameters["seed"] == world.run.hyper_parameters["seed"]
    assert job.output_uri.endswith(f"runs/{world.run_id}/trials/0/job")
    assert job.owner.context == "training.search"


def test_the_use_of_all_trials_and_of_the_training_is_told_once_at_the_end() -> None:
    world = finished(0.5, 0.7)
    world.world.files.reports[world.data_uri(9)] = world.world.files.reports[world.data_uri(1)]
    run = world.run
    assert world.world.events.of(UsageReported) == []
    for _ in range(2):
        world.world.track(run, "failed", minutes=3, failure=OUT_OF_MEMORY)
    told = world.world.events.of(UsageReported)
    assert [(event.usage_id, len(event.intervals)) for event in told] == [(f"run:{run.run_id}", 3)]  # type: ignore[attr-defined]
    assert world.run.training_seconds == 5 * 60


def test_a_trial_that_the_platform_lost_is_not_billed() -> None:
    world = begun(max_trials=2)
    world.propose()
    world.fails(0, LOST, minutes=50)
    world.succeeds(1, 0.5, minutes=2)
    assert sum(1 for _ in world.run.search_intervals) == 1


def test_a_target_that_a_running_trial_reaches_ends_the_search_before_its_maximum() -> None:
    world = begun(max_trials=10, target=0.8)
    world.propose()
    world.epoch(2, 1, 0.85)
    assert world.search.state is SearchState.STOPPING
    assert sorted(world.world.jobs.stopped)[-1].startswith(f"trial{world.search_id}-")
    for number in world.running:
        world.change(f"trial/{number}", "stopped", minutes=1)
    assert (world.search.state, len(world.trials)) == (SearchState.FINISHED, 5)
    assert world.search.best
    assert world.search.best.number == 2
    assert world.run.hyper_parameters["learning_rate"] == world.trials[2].parameters["learning_rate"]


def test_proposals_that_are_no_longer_wanted_are_dropped() -> None:
    world = begun(max_trials=10, target=0.5)
    world.propose()
    world.succeeds(0, 0.4)
    world.propose()
    assert len(world.running) == 5
    world.succeeds(1, 0.9)
    assert world.search.state is SearchState.STOPPING
    assert world.propose() == 0


def test_proposals_beyond_the_room_wait_and_those_beyond_the_maximum_are_never_trained() -> None:
    world = begun("bayesian", max_trials=3, max_concurrent=2)
    journal = MemoryJournal(world.world, world.search_id)
    for _ in range(5):
        assert journal.propose(next_trial(journal.read(), world.world.now))
    world.tell_turn()
    assert world.running == [0, 1]
    world.succeeds(0, 0.5)
    assert world.running == [1, 2]
    world.succeeds(1, 0.5)
    assert world.running == [2]
    world.succeeds(2, 0.6)
    assert (world.search.state, world.search.best and world.search.best.number) == (SearchState.FINISHED, 2)
    assert world.numbers(TrialState.STOPPED) == [3, 4]


def test_a_stopped_run_stops_its_manager_and_trials_and_is_billed_for_them() -> None:
    world = begun(max_trials=4)
    world.propose()
    world.trains(0)
    world.world.stop(world.run)
    assert (world.run.state, world.search.state) == (RunState.STOPPING, SearchState.STOPPING)
    assert f"search{world.search_id}-1" in world.world.jobs.stopped
    for number in range(4):
        world.change(f"trial/{number}", "stopped", minutes=2)
    assert (world.run.state, world.search.state) == (RunState.STOPPED, SearchState.STOPPED)
    assert world.run.model_uri is None
    assert len(world.world.events.of(UsageReported)) == 1
    assert world.search.settled


def test_a_run_that_is_stopped_before_its_data_is_frozen_has_no_search_left() -> None:
    world = SearchWorld()
    world.world.stop(world.run)
    assert (world.run.state, world.search.state) == (RunState.STOPPED, SearchState.STOPPED)
    assert world.search.settled


def test_a_stop_between_the_search_and_its_training_reaches_the_training() -> None:
    world = begun(max_trials=1)
    world.propose()
    world.world.jobs.refusing = True
    with pytest.raises(ConnectionError):
        world.succeeds(0, 0.5)
    world.world.jobs.refusing = False
    assert world.run.searching
    world.world.stop(world.run)
    assert (world.run.state, world.run.searching) == (RunState.STOPPED, False)


def test_trials_that_all_fail_fail_the_run_with_the_first_reason_and_whose_fault_it_was() -> None:
    world = begun(max_trials=10)
    world.propose()
    for number in range(5):
        world.fails(number, OUT_OF_MEMORY)
    assert (world.search.state, world.run.state) == (SearchState.FAILED, RunState.FAILED)
    assert world.run.failure
    assert world.run.failure.fault is Fault.USER
    assert "the batch does not fit" in world.run.failure.message
    assert len(world.world.events.of(UsageReported)) == 1


def test_a_trial_without_a_report_has_failed_through_our_fault() -> None:
    world = begun(max_trials=2)
    world.propose()
    world.change("trial/0", "completed", minutes=1)
    trial = world.trials[0]
    assert trial.state is TrialState.FAILED
    assert trial.failure
    assert trial.failure.fault is Fault.PLATFORM


def test_a_failed_manager_begins_another_turn_and_in_the_end_the_search_fails() -> None:
    world = begun(max_trials=2)
    for turn in range(1, 5):
        assert world.search.turn == turn
        world.end_turn("failed", LOST)
    assert world.search.state is SearchState.RUNNING
    world.end_turn("failed", LOST)
    assert (world.search.state, world.run.state) == (SearchState.FAILED, RunState.FAILED)
    assert world.search.failure
    assert "the machine went away" in world.search.failure.message
    assert world.world.events.of(UsageReported) == []


def test_a_turn_that_ends_with_nothing_left_to_propose_is_not_followed_by_another() -> None:
    world = begun(max_trials=2)
    world.propose()
    world.end_turn()
    assert (world.search.turn, world.search.turn_open) == (1, False)


def test_a_result_that_makes_room_begins_the_next_turn() -> None:
    world = begun(max_trials=7)
    world.propose()
    world.end_turn()
    world.succeeds(0, 0.3)
    assert (world.search.turn, world.search.turn_open) == (2, True)


def test_a_function_that_is_killed_before_it_submits_leaves_nothing_undone() -> None:
    world = begun(max_trials=2)
    world.world.jobs.refusing = True
    with pytest.raises(ConnectionError):
        world.propose()
    world.world.jobs.refusing = False
    assert world.running == [0, 1]
    world.resume()
    assert {world.job(0).job_id, world.job(1).job_id} == {f"trial{world.search_id}-{n}" for n in (0, 1)}


def test_ends_that_were_not_heard_are_asked_for_again() -> None:
    world = begun(max_trials=2)
    world.propose()
    world.trains(0)
    assert world.resume() == 1
    assert set(world.world.jobs.announced) == {f"trial{world.search_id}-{n}" for n in (0, 1)} | {
        f"search{world.search_id}-1"
    }


def test_a_search_whose_run_was_never_recorded_is_given_up() -> None:
    world = SearchWorld()
    del world.world.runs.runs[world.run_id]
    world.resume(minutes=5)
    assert world.search.state is SearchState.PREPARING
    world.resume(minutes=60)
    assert (world.search.state, world.search.settled) == (SearchState.STOPPED, True)


def test_the_job_of_a_trial_that_was_given_up_is_stopped_when_it_shows() -> None:
    world = begun(max_trials=1, target=0.1)
    world.propose()
    world.succeeds(0, 0.5)
    world.trains(0)
    assert world.world.jobs.stopped[-1] == f"trial{world.search_id}-0"


@pytest.mark.parametrize("order", [(0.9, 0.3), (0.3, 0.9)])
def test_epochs_that_come_late_or_again_leave_the_best_figure(order: tuple[float, float]) -> None:
    world = begun(max_trials=2)
    world.propose()
    for epoch, quality in enumerate(order, start=1):
        world.epoch(0, epoch, quality)
        world.epoch(0, 1, order[0])
    assert (world.trials[0].quality, world.trials[0].epochs_done) == (0.9, 2)


def test_watchers_are_told_of_every_change_of_a_trial() -> None:
    world = begun(max_trials=1)
    world.propose()
    world.epoch(0, 1, 0.25)
    told = [event for event in world.world.events.published if isinstance(event, SearchProgressed)]
    assert told[-1].trials[0].quality == 0.25
    world.succeeds(0, 0.5)
    told = [event for event in world.world.events.published if isinstance(event, SearchProgressed)]
    assert told[-1].search.state is SearchState.FINISHED


def test_the_cost_estimate_counts_every_trial_and_the_training_after_them() -> None:
    single = TrainingWorld().create()
    assert SearchWorld("random", {"max_trials": 4}).run.cost_estimate == single.cost_estimate * 5


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"strategy": "bayesian", "initial_points": 21}, "initial_points"),
        ({"strategy": "random", "rounds": 5}, "rounds"),
        ({"strategy": "random", "space": {"batch_size": {"type": "uniform", "low": 2, "high": 4}}}, "type"),
    ],
)
def test_a_search_that_breaks_a_rule_is_refused_with_its_field(config: Any, field: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        TrainingWorld().create(hyper_parameter_source={"kind": "search", "search": config})
    assert refused.value.details["field"].startswith("hyper_parameter_source.search.")
    assert field in refused.value.details["field"]


def test_an_existing_result_is_listed_for_the_same_network_and_family_only_and_copied() -> None:
    world = finished(0.4, 0.8)
    listed = reusable_searches(
        SCOPE,
        searches=world.world.searches,
        experiment_id=None,
        network="ResNet18_vd",
        weights_family="public",
    )
    assert [view.search_id for view in listed.items] == [world.search_id]
    source = {"kind": "existing", "search_id": world.search_id}
    run = world.world.create(hyper_parameter_source=source)
    assert run.hyper_parameters["learning_rate"] == world.trials[1].parameters["learning_rate"]
    assert not run.has_search
    for changes in (
        {"network": "ResNet50_vd"},
        {"hyper_parameters": {"weights_family": "very_large_scale"}},
        {"weights": "none"},
    ):
        with pytest.raises(SearchNotReusableError):
            world.world.create(hyper_parameter_source=source, **changes)


def test_a_search_that_goes_on_cannot_be_reused() -> None:
    world = begun(max_trials=2)
    with pytest.raises(SearchNotReusableError, match="running"):
        world.world.create(hyper_parameter_source={"kind": "existing", "search_id": world.search_id})


def test_trials_are_shown_with_typed_values() -> None:
    space = {
        "batch_size": {"type": "discrete", "values": [8, 16]},
        "mix_up": {"type": "boolean"},
        **LEARNING_RATES,
    }
    world = begun(max_trials=1, space=space)
    world.propose()
    shown = trial_list(SCOPE, world.search_id, searches=world.world.searches).items[0].parameters
    assert shown["batch_size"] in (8, 16)
    assert isinstance(shown["mix_up"], bool)
    assert isinstance(shown["learning_rate"], float)
    assert world.job(0).hyper_parameters["mixup_alpha"] == ("0.2" if shown["mix_up"] else "0.0")


def evolution(**config: Any) -> SearchWorld:
    fields = {"population": 2, "rounds": 5, "perturb_interval": 3, **config}
    world = SearchWorld("evolutionary", fields).begin()
    world.propose()
    return world


def test_an_evolving_trial_trains_for_a_round_and_leaves_a_whole_model() -> None:
    job = evolution().job(0)
    assert (job.hyper_parameters["epochs"], job.hyper_parameters["schedule"]) == ("3", "constant")
    assert "trial" not in job.hyper_parameters
    assert {channel.name for channel in job.channels} == {"train"}


def test_the_worse_individual_goes_on_from_the_weights_of_the_better_one() -> None:
    world = evolution()
    world.succeeds(0, 0.9)
    world.succeeds(1, 0.2)
    world.propose()
    for number in (2, 3):
        channels = {channel.name: channel.uri for channel in world.job(number).channels}
        assert channels["base"] == world.data_uri(0)
        assert world.job(number).hyper_parameters["warmup_epochs"] == "0"
    better, worse = world.trials[2], world.trials[3]
    assert (better.parent, worse.parent, worse.generation) == (0, 0, 1)
    assert better.parameters == world.trials[0].parameters
    assert worse.parameters != world.trials[1].parameters


def test_an_evolutionary_search_delivers_its_best_model_directly() -> None:
    world = evolution(max_trials=4)
    for number, quality in enumerate((0.3, 0.6)):
        world.succeeds(number, quality)
    world.propose()
    world.succeeds(2, 0.5)
    world.succeeds(3, 0.4)
    run = world.run
    assert (run.state, run.data_uri) == (RunState.SUCCEEDED, world.data_uri(1))
    assert run.model_uri
    assert run.metrics == {"accuracy": 0.6}
    assert run.job_id not in world.world.jobs.jobs
    assert run.training_seconds == 4 * 60
    assert len(world.world.events.of(UsageReported)) == 1


def test_a_target_ends_an_evolution_once_the_model_that_reached_it_is_there() -> None:
    world = evolution(target=0.8)
    world.epoch(0, 1, 0.85)
    assert world.search.state is SearchState.RUNNING
    world.succeeds(0, 0.85)
    assert world.search.state is SearchState.STOPPING
    world.change("trial/1", "stopped", minutes=1)
    assert (world.run.state, world.run.data_uri) == (RunState.SUCCEEDED, world.data_uri(0))


def test_a_stopped_evolution_keeps_its_best_model_so_far() -> None:
    world = evolution()
    world.succeeds(0, 0.5)
    world.world.stop(world.run)
    world.change("trial/1", "stopped", minutes=1)
    assert (world.run.state, world.run.data_uri) == (RunState.STOPPED, world.data_uri(0))


def test_a_search_that_cannot_be_pushed_on_does_not_hold_up_the_others() -> None:
    world = begun(max_trials=2)
    name, taken = f"search{world.search_id}-1", world.world.jobs.jobs.pop(f"search{world.search_id}-1")
    other = world.search.model_copy(update={"search_id": 1})
    world.world.searches.searches = {1: other, world.search_id: world.search}
    world.world.jobs.jobs["search1-1"] = taken  # a job of other work has its id
    assert world.resume() == 2
    assert name in world.world.jobs.jobs


def test_a_stop_ends_trials_that_never_got_a_job() -> None:
    world = begun(max_trials=2)
    world.world.jobs.refusing = True
    with pytest.raises(ConnectionError):
        world.propose()
    world.world.stop(world.run)
    assert (world.run.state, world.search.state) == (RunState.STOPPED, SearchState.STOPPED)
    assert world.world.events.of(UsageReported) == []
