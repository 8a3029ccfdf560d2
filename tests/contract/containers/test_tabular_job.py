"""The tabular image's training job, from its channels to what it leaves."""

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openbml_catalog.tabular.script import preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay, checked_tabular
from tests.contract.containers.environments import ROOT, Finished, Job, serving
from tests.fakes.table_snapshots import csv_table, table_of, write_table_snapshot

pytestmark = pytest.mark.contract

PENGUINS = ROOT / "examples" / "penguins"


def tabular_job(base: Path, table: Any, *, evaluation: Any = None, seconds: int = 60, **settings: Any) -> Job:
    write_table_snapshot(base, "train", table)
    if evaluation is not None:
        write_table_snapshot(base, "eval", evaluation)
    job = Job(base, "tabular")
    values = checked_tabular(settings)
    job.write_hyper_parameters(
        {
            "task": "tabular_prediction",
            "network": "AutoML" if values.mode == "automl" else "LGBM",
            "run_id": "7",
            "max_training_time_s": str(seconds),
            "tabular": values.as_text(),
        }
    )
    return job


def expert_script(job: Job, *changes: tuple[str, str]) -> None:
    text = preset_script("LGBM", AlgorithmType.MULTICLASS, TrainingWay.SINGLE)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    folder = job.base / "input" / "data" / "code"
    folder.mkdir(parents=True)
    (folder / "script.py").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def automl(tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, Finished]:
    """An AutoML run on real data, told nothing but the target, with an evaluation set."""
    job = tabular_job(
        tmp_path_factory.mktemp("automl"),
        csv_table(PENGUINS / "train.csv"),
        evaluation=csv_table(PENGUINS / "test.csv"),
        seconds=14,
        target="species",
    )
    return job, job.run()


@pytest.fixture(scope="module")
def regression() -> Any:
    """Rows with a number to predict, a category that matters and one column that is the target itself."""
    chance = np.random.default_rng(5)
    size, town = chance.uniform(20, 200, 240), chance.choice(["北京", "Paris", "O'Fallon"], 240)
    price = 3 * size + np.where(town == "Paris", 200.0, 0.0) + chance.normal(0, 5, 240)
    return table_of({"size": size, "town": town, "price": price, "constant": np.ones(240)})


def test_a_target_alone_leads_to_a_good_model(automl: tuple[Job, Finished]) -> None:
    job, finished = automl
    assert finished.exit_code == 0, finished.err
    report = job.report()

    assert report["problem"]["kind"] == "multiclass"
    assert report["overall"]["accuracy"] > 0.95
    assert report["basis"] == {**report["basis"], "source": "eval", "evaluated_count": 70}
    assert {row["model"] for row in report["leaderboard"]} >= {"Ensemble", "LGBM"}
    assert [record["stage"] for record in finished.records("stage")] == [
        "loading",
        "features",
        "training",
        "evaluating",
        "exporting",
        "done",
    ]


def test_the_leaderboard_and_the_score_were_told_live(automl: tuple[Job, Finished]) -> None:
    _, finished = automl
    boards, epochs = finished.records("leaderboard"), finished.records("epoch")

    assert boards
    assert len(epochs) >= 3
    assert {"name", "model", "score"} <= set(boards[-1]["entries"][0])
    best = [row["best_score"] for row in epochs]
    assert best == sorted(best)


def test_the_model_folder_has_a_proven_graph(automl: tuple[Job, Finished]) -> None:
    job, _ = automl
    manifest = job.model()

    assert (manifest["task"], manifest["network"]) == ("tabular_prediction", "AutoML")
    assert sorted(manifest["labels"]) == ["Adelie", "Chinstrap", "Gentoo"]
    assert manifest["onnx"]["max_abs_diff"] <= manifest["onnx"]["tolerance"]
    assert {path.name for path in (job.base / "model").iterdir()} == {
        "model.onnx",
        "model.json",
        "features.json",
        "background.json",
    }
    assert (job.base / "output" / "data" / "report.html").stat().st_size > 10_000


def test_the_model_is_served_as_it_was_evaluated(automl: tuple[Job, Finished]) -> None:
    job, _ = automl
    rows = csv_table(PENGUINS / "test.csv").to_pylist()
    species = [row.pop("species") for row in rows]
    with serving(job.base) as server:
        answers = server.post(json.dumps({"data": rows}).encode())["batch_results"]
        explained = server.post(json.dumps({"data": rows[:5], "explain": True}).encode())["batch_results"]

    right = [answer["label"] == label for answer, label in zip(answers, species, strict=True)]
    assert sum(right) / len(right) == pytest.approx(job.report()["overall"]["accuracy"])
    assert [answer["scores"] for answer in explained] == [
        pytest.approx(answer["scores"], abs=1e-6) for answer in answers[:5]
    ]
    for answer in explained:
        parts = answer["explanation"]["contributions"]
        told = answer["explanation"]["base"] + sum(part["contribution"] for part in parts)
        assert told == pytest.approx(answer["scores"][answer["label"]], abs=1e-5)
        assert {part["feature"] for part in parts} == set(rows[0])


@pytest.mark.slow
def test_an_expert_run_without_a_search_trains_once(tmp_path: Path) -> None:
    job = tabular_job(
        tmp_path,
        csv_table(PENGUINS / "train.csv"),
        target="species",
        mode="expert",
        algorithm_type="multiclass",
    )
    expert_script(job, ('"hyperparameter_tune": "True"', '"hyperparameter_tune": "False"'))
    finished = job.run()

    assert finished.exit_code == 0, finished.err
    report = job.report()
    assert report["basis"]["source"] == "cross_validation"
    assert report["basis"]["evaluated_count"] == 274
    assert len([row for row in report["leaderboard"] if row["model"] == "LGBM"]) == 1


@pytest.mark.slow
def test_settings_of_operators_are_searched_with_the_hyper_parameters(tmp_path: Path) -> None:
    operators = [{"name": "binning"}, {"name": "quantile_transform"}]
    job = tabular_job(
        tmp_path,
        csv_table(PENGUINS / "train.csv"),
        target="species",
        mode="expert",
        algorithm_type="multiclass",
        feature_engineering={"mode": "auto", "operators": operators},
    )
    expert_script(job, ('"max_trials": 50', '"max_trials": 3'))
    finished = job.run()

    assert finished.exit_code == 0, finished.err
    assert len(job.report()["trials"]) == 3
    assert len({row["features"] for row in job.report()["trials"]}) > 1


def test_a_script_with_a_renamed_key_is_the_users_fault_and_named(tmp_path: Path) -> None:
    job = tabular_job(
        tmp_path,
        csv_table(PENGUINS / "train.csv"),
        target="species",
        mode="expert",
        algorithm_type="multiclass",
    )
    expert_script(job, ('"num_leaves"', '"number_of_leaves"'))

    assert job.run().exit_code != 0
    assert job.failure().startswith("user: ")
    assert "number_of_leaves" in job.failure()


@pytest.mark.slow
def test_a_regression_is_recognised_and_a_constant_column_left_out(tmp_path: Path, regression: Any) -> None:
    job = tabular_job(tmp_path, regression, seconds=9, target="price", holdout_fraction=0.25)
    finished = job.run()

    assert finished.exit_code == 0, finished.err
    report = job.report()
    assert report["problem"]["kind"] == "regression"
    assert report["overall"]["r2"] > 0.9
    assert report["basis"]["source"] == "holdout"
    assert next(row for row in report["columns"] if row["name"] == "constant")["ignored_because"]
    assert job.model()["labels"] == []


@pytest.mark.slow
def test_a_stop_keeps_the_best_model_so_far(tmp_path: Path) -> None:
    job = tabular_job(tmp_path, csv_table(PENGUINS / "train.csv"), seconds=600, target="species")
    finished = job.run_until(lambda record: record["kind"] == "epoch", then=signal.SIGTERM)

    assert finished.exit_code == 0, finished.err
    assert job.report()["ended_early"] == "signal"
    assert (job.base / "model" / "model.onnx").exists()


@pytest.mark.slow
def test_a_killed_job_goes_on_where_it_was(tmp_path: Path) -> None:
    job = tabular_job(tmp_path, csv_table(PENGUINS / "train.csv"), seconds=25, target="species")
    killed = job.run_until(
        lambda record: record["kind"] == "epoch" and record["epoch"] >= 2, then=signal.SIGKILL
    )
    assert killed.exit_code == -signal.SIGKILL
    finished = job.run()

    assert finished.exit_code == 0, finished.err
    assert finished.records("epoch")[0]["models"] > 2


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([None] * 12, "no value"),
        (["yes"] * 12, "nothing to predict"),
        ([f"class {number}" for number in range(12)], "single row"),
    ],
)
def test_a_target_that_teaches_nothing_is_the_users_fault(
    tmp_path: Path, column: list[str | None], said: str
) -> None:
    table = table_of({"a": np.arange(12.0), "b": ["x", "y"] * 6, "target": column})
    if column[0] is None:
        table = table.set_column(2, "target", table.column(2).cast("string"))
    job = tabular_job(tmp_path, table, target="target")

    assert job.run().exit_code != 0
    assert job.failure().startswith("user: ")
    assert said in job.failure()


def test_a_class_that_training_lacks_is_named(tmp_path: Path) -> None:
    training = csv_table(PENGUINS / "train.csv").slice(0, 100)
    evaluation = json.loads(json.dumps(csv_table(PENGUINS / "test.csv").to_pylist()))
    evaluation[0]["species"] = "Emperor"
    columns = {name: [row[name] for row in evaluation] for name in evaluation[0]}
    job = tabular_job(tmp_path, training, evaluation=table_of(columns), target="species")

    assert job.run().exit_code != 0
    assert "Emperor" in job.failure()
