"""Rebuilds: a run once more on its own frozen data, and how alike the two models are."""

from typing import Any

import pytest

from openbml.training.job_files import ModelFacts
from openbml.training.rebuild_runs import (
    NoRebuildError,
    RebuildComparison,
    RunNotRebuildableError,
    Verdict,
    compare_rebuild,
    rebuild_run,
)
from openbml.training.run_requests import PaidBillingNeededError
from openbml.training.runs import Run, RunState
from tests.fakes.training_samples import DATA_URI, REPORT, SCOPE, TrainingWorld

_PARTS = ("experiments", "runs", "data", "files", "events", "new_id", "now")


class World(TrainingWorld):
    def succeeded(self, run: Run) -> Run:
        self.files.reports[DATA_URI] = REPORT
        self.start(run)
        self.track(run, "completed", minutes=5)
        return self.stored(run)

    def rebuild(self, run: Run, *, paid_billing: bool = False) -> Run:
        parts: dict[str, Any] = {name: getattr(self, name) for name in _PARTS}
        return rebuild_run(run.run_id, scope=SCOPE, paid_billing=paid_billing, **parts)

    def compared(self, run: Run) -> RebuildComparison:
        return compare_rebuild(SCOPE, run.run_id, runs=self.runs, files=self.files)


@pytest.fixture
def world() -> World:
    return World()


def test_a_rebuild_repeats_everything_that_decides_the_result(world: World) -> None:
    original = world.succeeded(world.create())
    again = world.rebuild(original)

    repeated = ("network", "hyper_parameters", "labels", "training_data", "snapshot_id", "machine_type")
    assert all(getattr(again, name) == getattr(original, name) for name in repeated)
    assert again.run_id != original.run_id
    assert (again.rebuild_of, again.version_number) == (original.run_id, original.version_number + 1)
    assert again.state is RunState.PREPARING
    assert world.announced(0)[-1] == again.run_id


def test_it_trains_on_the_frozen_data_even_where_the_dataset_is_gone(world: World) -> None:
    again = world.rebuild(world.succeeded(world.create()))
    world.data.views.clear()

    started = world.start(again)

    assert started.state is RunState.QUEUED
    assert started.snapshot_id == again.snapshot_id


def test_data_that_is_no_longer_kept_is_told_before_and_after(world: World) -> None:
    original = world.succeeded(world.create())
    again = world.rebuild(original)
    world.data.swept.add(str(original.snapshot_id))

    with pytest.raises(RunNotRebuildableError, match="no longer kept"):
        world.rebuild(original)
    broken = world.start(again)
    assert broken.state is RunState.FAILED
    assert broken.failure is not None
    assert "no longer kept" in broken.failure.message


def test_only_a_run_that_succeeded_is_repeated(world: World) -> None:
    with pytest.raises(RunNotRebuildableError):
        world.rebuild(world.create())


def test_a_machine_that_must_be_paid_for_is_asked_for_again(world: World) -> None:
    original = world.succeeded(world.create(machine_type="GPU_V100", paid_billing=True))
    with pytest.raises(PaidBillingNeededError):
        world.rebuild(original)
    assert world.rebuild(original, paid_billing=True).machine_type == "GPU_V100"


def test_a_script_goes_along(world: World) -> None:
    original = world.succeeded(world.create())
    world.files.scripts[original.run_id] = "conf = {}"
    assert world.files.scripts[world.rebuild(original).run_id] == "conf = {}"


@pytest.mark.parametrize(
    ("digest", "verdict"), [("g1", Verdict.IDENTICAL), ("g2", Verdict.ALIKE), (None, Verdict.ALIKE)]
)
def test_graphs_and_figures_decide_how_alike_they_are(
    world: World, digest: str | None, verdict: Verdict
) -> None:
    original = world.succeeded(world.create())
    world.files.facts[DATA_URI] = ModelFacts(code_digest="c", graph_digest="g1")
    again = world.succeeded(world.rebuild(original))
    before = world.stored(original).model_copy(update={"model_uri": "s3://data/original/"})
    world.runs.save(before.model_copy(update={"revision": before.revision + 1}))
    world.files.facts["s3://data/original/"] = ModelFacts(code_digest="c", graph_digest=digest)

    comparison = world.compared(again)

    assert comparison.verdict is verdict
    facts = {fact.name: fact.equal for fact in comparison.facts}
    assert facts["snapshot_id"] is True
    assert facts["code_digest"] is True
    assert facts["image_digest"] is None
    assert facts["graph_digest"] is (None if digest is None else digest == "g1")
    assert {figure.difference for figure in comparison.figures} == {0.0}


def test_what_repeats_nothing_or_is_not_done_is_not_compared(world: World) -> None:
    original = world.succeeded(world.create())
    with pytest.raises(NoRebuildError):
        world.compared(original)
    with pytest.raises(NoRebuildError):
        world.compared(world.rebuild(original))
