"""The job of a run of tabular prediction: what it is given, and what it tells while it trains."""

from typing import Any

import pytest

from openbml.compute.jobs import ChannelKind, TrainingJobRequest
from openbml.compute.owners import Owner
from openbml.training.events import RunProgressed
from openbml.training.read_runs import run_leaderboard
from openbml.training.runs import Run, RunState
from openbml.training.track_runs import JobOutput, record_progress
from tests.fakes.compute_samples import SCOPE
from tests.fakes.tabular_samples import COLUMNS, TabularWorld

BEST = {"name": "LGBM_1", "model": "LGBM", "score": -0.31, "weight": 0.6, "fit_s": 4.2, "state": "done"}


@pytest.fixture
def world() -> TabularWorld:
    return TabularWorld()


def job(world: TabularWorld, run: Run) -> TrainingJobRequest:
    assert world.start(run).state is RunState.QUEUED
    request = world.jobs.jobs[run.job_id].request
    assert isinstance(request, TrainingJobRequest)
    return request


def told(world: TabularWorld, run: Run, *records: dict[str, Any]) -> None:
    output = JobOutput(
        scope=SCOPE, owner=Owner(context="training", id=str(run.run_id)), records=list(records)
    )
    record_progress(output, store=world.store, events=world.events)


def test_a_job_gets_the_snapshot_and_the_parts_it_names(world: TabularWorld) -> None:
    request = job(world, world.create())
    assert [(row.name, row.kind) for row in request.channels] == [
        ("train", ChannelKind.S3_PREFIX),
        ("train_parts", ChannelKind.MANIFEST_FILE),
    ]
    folder = request.channels[0].uri
    assert request.channels[1].uri == f"{folder}parts.json"
    assert request.image == "tabular"


def test_an_evaluation_set_has_channels_of_its_own(world: TabularWorld) -> None:
    other = world.data.add_table(7, COLUMNS)
    request = job(world, world.create(evaluation_data=[other]))
    names = [row.name for row in request.channels]
    assert names == ["train", "eval", "train_parts", "eval_parts"]


def test_the_settings_are_a_hyper_parameter_and_there_are_no_labels(world: TabularWorld) -> None:
    run = world.create()
    assert job(world, run).hyper_parameters == {
        "tabular": '{"target":"churn"}',
        "task": "tabular_prediction",
        "network": "AutoML",
        "run_id": str(run.run_id),
        "max_training_time_s": "3600",
    }


def test_an_expert_run_gets_its_script(world: TabularWorld) -> None:
    run = world.expert()
    channels = {row.name: row.uri for row in job(world, run).channels}
    assert channels["code"].endswith(f"runs/{run.run_id}/code/")


def test_a_table_that_lost_its_target_meanwhile_fails_the_run_before_a_machine_starts(
    world: TabularWorld,
) -> None:
    run = world.create()
    world.data.add_table(6, {"id": "bigint", "age": "int"})
    failed = world.start(run)
    assert failed.failure is not None
    assert (failed.state, failed.failure.fault) == (RunState.FAILED, "user")
    assert "no column 'churn'" in failed.failure.message
    assert world.jobs.jobs == {}


def test_the_newest_leaderboard_is_shown_whatever_the_order_of_deliveries(world: TabularWorld) -> None:
    run = world.create()
    newer = {"kind": "leaderboard", "entries": [BEST], "at": "2026-03-01T12:00:05Z"}
    older = {"kind": "leaderboard", "entries": [], "at": "2026-03-01T12:00:01Z"}
    for records in ([newer], [older], [newer, older]):
        told(world, run, *records)
    board = run_leaderboard(SCOPE, run.run_id, runs=world.runs, store=world.store)
    assert board.at == "2026-03-01T12:00:05Z"
    assert [(row.name, row.score) for row in board.entries] == [("LGBM_1", -0.31)]


def test_a_leaderboard_is_pushed_to_whoever_watches(world: TabularWorld) -> None:
    run = world.create()
    told(world, run, {"kind": "leaderboard", "entries": [BEST], "at": "2026-03-01T12:00:05Z"})
    pushed = world.events.published[-1]
    assert isinstance(pushed, RunProgressed)
    assert pushed.leaderboard is not None
    assert pushed.leaderboard.entries[0].model == "LGBM"


@pytest.mark.parametrize(
    "entries",
    [
        None,
        "all",
        [{"name": "LGBM_1"}],
        [{**BEST, "score": "good"}],
        [{**BEST, "score": float("nan")}],
        [BEST] * 21,
    ],
)
def test_a_leaderboard_of_another_shape_is_passed_over(world: TabularWorld, entries: Any) -> None:
    run = world.create()
    told(world, run, {"kind": "leaderboard", "entries": entries, "at": "2026-03-01T12:00:05Z"})
    assert run_leaderboard(SCOPE, run.run_id, runs=world.runs, store=world.store).entries == ()


def test_figures_too_small_to_be_kept_become_zero(world: TabularWorld) -> None:
    run = world.create()
    board = {"kind": "leaderboard", "entries": [{**BEST, "weight": 1e-200}], "at": "2026-03-01T12:00:05Z"}
    told(world, run, board)
    assert run_leaderboard(SCOPE, run.run_id, runs=world.runs, store=world.store).entries[0].weight == 0
