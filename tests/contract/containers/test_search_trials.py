"""Searches whose trials really train: what a trial asks, the deep image does."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from openbml.compute.jobs import TrainingJobRequest
from openbml.training.job_files import Report
from openbml.training.job_files_s3 import parsed_report
from openbml.training.runs import RunState
from openbml_formats.searches import SearchState, TrialState
from tests.contract.containers.conftest import drawing, file_of
from tests.contract.containers.environments import Finished, Job
from tests.fakes.search_world import SearchWorld
from tests.fakes.snapshot_files import Pair, write_snapshot

pytestmark = pytest.mark.contract
SHAPES = {"cat": "disc", "dog": "cross"}
TINY = {"input_size": 32, "batch_size": 8, "epochs": 2, "ema_decay": 0.0}


class Bench:
    """Carries out the trials of a search as processes of this machine, one after the other."""

    def __init__(self, folder: Path, world: SearchWorld) -> None:
        self.folder, self.world = folder, world

    def carry_out(self, number: int) -> Finished:
        request = self.world.job(number)
        job = Job(self.folder / str(number))
        self._bring(request, job.base)
        finished = job.run()
        assert finished.exit_code == 0, finished.err
        for record in finished.records("epoch"):
            self.world.epoch(number, record["epoch"], record["eval_accuracy"])
        self.world.world.files.reports[self.world.data_uri(number)] = self.report(number)
        self.world.change(f"trial/{number}", "completed", minutes=1)
        return finished

    def report(self, number: int) -> Report:
        return parsed_report((self.folder / str(number) / "output" / "data" / "report.json").read_bytes())

    def _bring(self, request: TrainingJobRequest, base: Path) -> None:
        config = base / "input" / "config"
        config.mkdir(parents=True)
        (config / "hyperparameters.json").write_text(json.dumps(dict(request.hyper_parameters)))
        for channel in request.channels:
            target = base / "input" / "data" / channel.name
            if channel.name == "train":
                write_snapshot(target, images())
            elif channel.name == "base":
                parent = channel.uri.rstrip("/").split("/")[-3]
                shutil.copytree(self.folder / parent / "output" / "data", target)


def images() -> list[Pair]:
    names = list(SHAPES)
    return [
        Pair(seed, names[seed % 2], file_of(drawing(SHAPES[names[seed % 2]], seed)), "jpeg")
        for seed in range(40)
    ]


def searching(strategy: str, **config: Any) -> SearchWorld:
    world = SearchWorld(strategy, config, hyper_parameters=TINY)
    return world.begin()


@pytest.mark.slow
def test_a_trial_trains_on_its_share_and_leaves_its_figures_but_no_model(tmp_path: Path) -> None:
    world = searching("random", max_trials=1, sampling_percent=50)
    bench = Bench(tmp_path, world)
    world.propose()
    bench.carry_out(0)
    trial = world.trials[0]
    assert (trial.state, trial.epochs_done) == (TrialState.SUCCEEDED, 2)
    assert trial.quality == bench.report(0).overall["eval_accuracy"]
    basis = bench.report(0).document["basis"]
    assert (basis["training_count"], basis["evaluated_count"]) == (16, 10)  # 30 without the held-out ones
    assert not list((tmp_path / "0" / "model").glob("*.onnx"))
    final = world.world.jobs.jobs[world.run.job_id].request
    assert final.hyper_parameters["learning_rate"] == trial.parameters["learning_rate"]


@pytest.mark.slow
def test_individuals_train_on_from_their_parents_and_the_best_model_is_the_runs(tmp_path: Path) -> None:
    world = searching("evolutionary", population=2, rounds=5, perturb_interval=1, max_trials=4)
    bench = Bench(tmp_path, world)
    world.propose()
    for number in (0, 1):
        bench.carry_out(number)
    world.propose()
    for number in (2, 3):
        bench.carry_out(number)
        assert bench.report(number).document["weights_source"] != "scratch"
    assert world.search.state is SearchState.FINISHED
    assert world.search.best
    best = world.search.best.number
    assert (world.run.state, world.run.data_uri) == (RunState.SUCCEEDED, world.data_uri(best))
    assert (tmp_path / str(best) / "model" / "model.onnx").exists()
    assert world.run.metrics
    assert world.run.metrics["accuracy"] == world.search.best.quality
