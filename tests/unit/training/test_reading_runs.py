"""What readers of runs see: lists by page, progress, reports with thumbnails."""

import pytest
from pydantic import JsonValue

from openbml.compute.events import LogLine
from openbml.compute.owners import Owner
from openbml.core.pages import CursorCodec
from openbml.training.events import RunProgressed
from openbml.training.read_runs import (
    list_runs,
    run_log,
    run_metrics,
    run_samples,
    run_view,
)
from openbml.training.run_progress import sorted_records
from openbml.training.runs import RunNotFoundError
from openbml.training.track_runs import JobOutput, record_progress
from tests.fakes.compute_memory import NOON
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_samples import TrainingWorld


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


def output(run_id: int) -> JobOutput:
    return JobOutput.model_validate(
        {
            "scope": SCOPE.model_dump(),
            "owner": Owner(context="training", id=run_id).model_dump(),
            "records": [
                {"kind": "stage", "stage": "training", "at": "2026-03-01T12:00:00.000Z"},
                {"kind": "epoch", "epoch": 1, "epochs": 3, "train_loss": 0.7, "at": "t"},
                {"kind": "note", "level": "warning", "message": "from scratch"},
            ],
            "lines": [LogLine(id="00000-a", at=NOON, text="hello").model_dump(mode="json")],
        }
    )


def test_progress_is_kept_once_and_passed_on_each_time(world: TrainingWorld) -> None:
    run = world.create()
    for _ in range(2):
        assert record_progress(output(run.run_id), store=world.store, events=world.events) == 4
    epochs = run_metrics(SCOPE, run.run_id, runs=world.runs, store=world.store)["epochs"]
    assert epochs == [{"epoch": 1, "epochs": 3, "train_loss": 0.7, "at": "t"}]
    page = run_log(SCOPE, run.run_id, after=None, runs=world.runs, store=world.store)
    assert [line.message for line in page.items] == ["hello"]
    again = run_log(SCOPE, run.run_id, after=page.next_after, runs=world.runs, store=world.store)
    assert (list(again.items), again.next_after) == ([], page.next_after)
    told = [event for event in world.events.published if isinstance(event, RunProgressed)]
    assert told[0].epochs == [{"epoch": 1, "epochs": 3, "train_loss": 0.7, "at": "t"}]
    assert told[0].notes == ["from scratch"]


def predictions(epoch: int, *sample_ids: str) -> dict[str, JsonValue]:
    said: list[JsonValue] = [{"label": "cat", "score": 0.8}]
    items: list[JsonValue] = [
        {"sample_id": name, "name": f"{name}.jpg", "true": [{"label": "dog"}], "predicted": said}
        for name in sample_ids
    ]
    return {"kind": "samples", "epoch": epoch, "items": items, "at": "t"}


def test_the_newest_epochs_predictions_are_shown_with_their_pictures(world: TrainingWorld) -> None:
    run = world.create()
    reading = {"runs": world.runs, "store": world.store, "data": world.data}
    assert run_samples(SCOPE, run.run_id, **reading).epoch is None
    for record in (predictions(2, "s1", "gone"), predictions(1, "s3")):
        told = output(run.run_id).model_copy(update={"records": [record]})
        record_progress(told, store=world.store, events=world.events)
    shown = run_samples(SCOPE, run.run_id, **reading)
    assert shown.epoch == 2
    assert [(row.sample_id, row.thumbnail_url) for row in shown.items] == [
        ("s1", "https://thumbnails/s1"),
        ("gone", None),
    ]
    assert [(row.label, row.score) for row in shown.items[0].predicted] == [("cat", 0.8)]


@pytest.mark.parametrize(
    "change",
    [{"epoch": "x"}, {"epoch": -1}, {"items": "many"}, {"items": [{"name": "no id"}]}, {"items": [[]] * 65}],
)
def test_predictions_of_another_shape_are_left_out(change: dict[str, JsonValue]) -> None:
    assert sorted_records([{**predictions(1, "s1"), **change}]).samples is None


def test_of_several_records_the_newest_epoch_counts() -> None:
    newest = sorted_records([predictions(1, "a"), predictions(3, "c"), predictions(2, "b")]).samples
    assert newest is not None
    assert (newest.epoch, newest.items[0].sample_id) == (3, "c")


def test_a_run_shows_where_it_is(world: TrainingWorld) -> None:
    run = world.create()
    record_progress(output(run.run_id), store=world.store, events=world.events)
    view = run_view(SCOPE, run.run_id, runs=world.runs, store=world.store)
    assert view.stage == "training"
    assert view.progress is not None
    assert (view.progress.epoch, view.progress.epochs) == (1, 3)
    assert view.model_dump(mode="json")["cost_estimate"] == "16.80"


def test_output_of_other_contexts_jobs_is_passed_over(world: TrainingWorld) -> None:
    foreign = output(1).model_copy(update={"owner": Owner(context="search", id="1")})
    assert record_progress(foreign, store=world.store, events=world.events) == 0


def test_runs_are_listed_by_page_and_a_foreign_cursor_is_refused(world: TrainingWorld) -> None:
    made = [world.create() for _ in range(3)]
    codec = CursorCodec(b"0123456789abcdef")
    reading = {
        "limit": 2,
        "experiments": world.experiments,
        "runs": world.runs,
        "store": world.store,
        "cursors": codec,
    }
    experiment_id = world.experiment.experiment_id
    first = list_runs(SCOPE, experiment_id, cursor=None, **reading)  # type: ignore[arg-type]  # one dict for both
    rest = list_runs(SCOPE, experiment_id, cursor=first.next_cursor, **reading)  # type: ignore[arg-type]  # as above
    listed = [view.run_id for view in [*first.items, *rest.items]]
    assert listed == [run.run_id for run in reversed(made)]
    assert rest.next_cursor is None


def test_a_run_of_another_project_is_not_found(world: TrainingWorld) -> None:
    run = world.create()
    other = SCOPE.model_copy(update={"project_id": 43})
    with pytest.raises(RunNotFoundError):
        run_view(other, run.run_id, runs=world.runs, store=world.store)
