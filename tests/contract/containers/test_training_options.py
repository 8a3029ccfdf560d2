"""What a job can be asked for: several labels, an earlier run, a trial, an early stop, live predictions."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.contract.containers.conftest import LABELS, drawing, file_of, new_job, pairs
from tests.contract.containers.environments import Job, serving
from tests.contract.containers.prediction_bodies import body
from tests.fakes.snapshot_files import Pair, write_snapshot

pytestmark = pytest.mark.contract


def side_by_side(number: int) -> Pair:
    """Return a picture of up to two shapes; every fifth one shows none."""
    shown = () if number % 5 == 0 else (LABELS[number % 3], LABELS[(number // 3) % 3])
    picture = Image.new("RGB", (96, 48), "black")
    for place, label in enumerate(shown):
        picture.paste(drawing(label, 7 * number + place), (48 * place, 0))
    return Pair(number, "several", file_of(picture), labels=tuple(sorted(set(shown))))


@pytest.fixture(scope="module")
def several_labels(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = Job(tmp_path_factory.mktemp("several"))
    write_snapshot(job.base / "input" / "data" / "train", [side_by_side(number) for number in range(60)])
    job.configure(LABELS, task="image_classification_multi_label", epochs=2, class_balance="loss")
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    return job


def test_several_labels_are_judged_by_mean_average_precision(several_labels: Job) -> None:
    report = several_labels.report()
    best = report["history"][report["best_epoch"] - 1]
    assert best["eval_map"] == max(row["eval_map"] for row in report["history"])
    assert report["overall"]["map"] == pytest.approx(best["eval_map"])
    assert {"micro_f1", "macro_f1", "exact_match"} <= set(report["overall"])
    assert [row["label"] for row in report["per_class"]] == LABELS


def test_samples_without_labels_take_part(several_labels: Job) -> None:
    basis = several_labels.report()["basis"]
    assert basis["evaluated_count"] + basis["training_count"] == 60


def test_a_model_of_several_labels_gives_each_its_own_score(several_labels: Job) -> None:
    model = several_labels.model()
    assert (model["task"], model["outputs"]["kind"]) == ("image_classification_multi_label", "scores")
    assert model["recommended_threshold"] == several_labels.report()["recommended_threshold"]
    assert model["onnx"]["max_abs_diff"] <= model["onnx"]["tolerance"]


def test_the_labels_that_the_report_found_are_the_ones_that_serving_answers(several_labels: Job) -> None:
    pictures = {str(number): side_by_side(number).data for number in range(60)}
    examples = several_labels.report()["wrong_examples"]
    assert examples
    with serving(several_labels.base) as server:
        for example in examples:
            reported = sorted([*example["right"], *example["false_positives"]], key=lambda row: -row["score"])
            answered = server.post(body(pictures[str(example["sample_id"])]))["results"]
            assert [row["name"] for row in answered] == [row["label"] for row in reported]
            scores = [row["score"] for row in reported]
            assert [row["score"] for row in answered] == pytest.approx(scores, abs=1e-4)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = new_job(tmp_path_factory.mktemp("earlier"), epochs=3)
    assert job.run().exit_code == 0
    return job


def going_on(base: Path, earlier: Job, labels: list[str], **hyper_parameters: object) -> Job:
    job = new_job(base, epochs=1)
    job.configure(labels, epochs=1, run_id="8", **hyper_parameters)
    shutil.copytree(earlier.base / "output" / "data", job.base / "input" / "data" / "base")
    return job


def test_training_goes_on_from_an_earlier_run(earlier: Job, tmp_path: Path) -> None:
    job = going_on(tmp_path, earlier, LABELS)
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    assert any("goes on from run 7, with its labels" in note["message"] for note in finished.records("note"))
    assert job.report()["weights_source"] == "base:7"
    assert job.report()["history"][0]["eval_loss"] < earlier.report()["history"][0]["eval_loss"]


def test_other_labels_get_a_new_head_on_an_earlier_runs_network(earlier: Job, tmp_path: Path) -> None:
    job = going_on(tmp_path, earlier, [*LABELS, "ring"])
    rings = [Pair(9000 + n, "ring", file_of(drawing("disc", n).rotate(n)), "png") for n in range(8)]
    write_snapshot(job.base / "input" / "data" / "train", [*pairs(48, first_seed=1000), *rings])
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    assert any("last layers start anew" in note["message"] for note in finished.records("note"))
    assert len(job.report()["per_class"]) == 4


def test_a_run_of_another_network_is_no_base(earlier: Job, tmp_path: Path) -> None:
    job = going_on(tmp_path, earlier, LABELS, network="MobileNetV2")
    assert job.run().exit_code == 1
    assert job.failure().startswith("user: the run to go on from trained network ResNet18_vd")


def test_a_trial_leaves_figures_and_weights_and_no_model(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1, trial=1, data_sampling_ratio=50)
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    report = job.report()
    assert report["overall"] == {name: report["history"][0][name] for name in ("eval_loss", "eval_accuracy")}
    assert report["basis"]["training_count"] == 18
    assert not (job.base / "model").exists()
    assert (job.base / "output" / "data" / "weights.pt").exists()
    assert finished.records("samples") == []


def test_training_ends_when_nothing_is_gained_any_more(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=100, patience=1, learning_rate=0.02, schedule="constant", ema_decay=0)
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    report = job.report()
    assert report["ended_early"] == "no_improvement"
    assert report["best_epoch"] == len(report["history"]) - 1


def test_a_running_job_shows_what_the_model_says_of_a_few_images(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1)
    (record,) = job.run().records("samples")
    assert (record["epoch"], len(record["items"])) == (1, 4)
    for item in record["items"]:
        assert item["true"][0]["label"] in item["name"]
        scores = [row["score"] for row in item["predicted"]]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(1, abs=1e-3)
    json.dumps(record)
