"""What the deep image's `train` owes: folders, progress, check-points, stop, proven export, failures."""

import hashlib
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.containers.conftest import LABELS, new_job, pairs
from tests.contract.containers.environments import Finished, Job, run_python
from tests.fakes.snapshot_files import Pair, write_snapshot

pytestmark = pytest.mark.contract


def history_without_clock(job: Job) -> list[dict[str, Any]]:
    clock = {"seconds", "images_per_second"}
    return [
        {name: value for name, value in row.items() if name not in clock} for row in job.report()["history"]
    ]


@pytest.fixture(scope="module")
def finished_epoch(tmp_path_factory: pytest.TempPathFactory) -> Job:
    job = new_job(tmp_path_factory.mktemp("epoch"), epochs=1)
    assert job.run().exit_code == 0
    return job


@pytest.fixture
def one_epoch(finished_epoch: Job, tmp_path: Path) -> Job:
    """A job that has ended after its only epoch; a copy of its own for each test."""
    return Job(Path(shutil.copytree(finished_epoch.base, tmp_path / "job")))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class TestAJobThatEnds:
    def test_it_exits_with_0_and_no_failure(self, trained: tuple[Job, Finished]) -> None:
        job, finished = trained
        assert finished.exit_code == 0, finished.err
        assert not (job.base / "output" / "failure").exists()

    def test_it_tells_its_stages_in_order(self, trained: tuple[Job, Finished]) -> None:
        stages = [record["stage"] for record in trained[1].records("stage")]
        assert stages == ["loading", "training", "evaluating", "exporting", "done"]

    def test_it_tells_every_epoch(self, trained: tuple[Job, Finished]) -> None:
        records = trained[1].records("epoch")
        assert [record["epoch"] for record in records] == [1, 2, 3, 4, 5, 6]
        assert set(records[0]) == {
            "kind", "epoch", "epochs", "train_loss", "eval_loss", "eval_accuracy", "learning_rate", "seconds",
            "images_per_second", "at",
        }  # fmt: skip
        assert "epochs=6 epoch=6 train_loss=" in trained[1].out

    def test_it_learns(self, trained: tuple[Job, Finished]) -> None:
        first, *_, last = trained[1].records("epoch")
        assert last["train_loss"] < first["train_loss"]

    def test_the_report_rests_on_images_that_took_no_part_in_training(
        self, trained: tuple[Job, Finished]
    ) -> None:
        report = trained[0].report()
        assert report["basis"] == {
            "source": "holdout", "evaluated_count": 12, "training_count": 36,
            "holdout_fraction": 0.25, "seed": 42,
        }  # fmt: skip
        assert [caution["code"] for caution in report["cautions"]] == ["little_data", "few_evaluated"]
        assert sum(sum(row) for row in report["confusion_matrix"]["counts"]) == 12
        assert report["overall"]["accuracy"] == report["history"][report["best_epoch"] - 1]["eval_accuracy"]

    def test_the_report_shows_where_the_network_looked_and_is_a_page_too(
        self, trained: tuple[Job, Finished]
    ) -> None:
        job, _ = trained
        data, report = job.base / "output" / "data", job.report()
        assert len(report["heat_maps"]) == 8
        wrong = [row["sample_id"] for row in report["wrong_examples"]]
        assert [row["sample_id"] for row in report["heat_maps"]][: len(wrong)] == wrong[:8]
        assert all((data / row["file"]).read_bytes()[:2] == b"\xff\xd8" for row in report["heat_maps"])
        page = (data / "report.html").read_text()
        assert page.count("data:image/jpeg") == 8 + report["wrong_count"]
        assert report["conclusion"]["zh"] in page

    def test_the_export_is_proven_equal_to_torch(self, trained: tuple[Job, Finished]) -> None:
        job, _ = trained
        proof = job.model()["onnx"]
        assert 0 <= proof["max_abs_diff"] <= proof["tolerance"] == 1e-4
        assert proof["compared_samples"] == 12
        assert proof["sha256"] == sha256(job.base / "model" / "model.onnx")

    def test_the_model_manifest_says_how_to_serve_it(self, trained: tuple[Job, Finished]) -> None:
        job, _ = trained
        model = job.model()
        assert (model["format"], model["task"], model["network"]) == (
            "openbml.model/1", "image_classification", "ResNet18_vd",
        )  # fmt: skip
        assert model["labels"] == LABELS
        assert model["input"]["size"] == 32
        assert model["recommended_threshold"] == job.report()["recommended_threshold"]
        assert (model["run_id"], model["weights_source"]) == ("7", "scratch")
        assert set(model["framework_versions"]) >= {"torch", "timm", "onnx", "onnxruntime", "pillow"}

    def test_the_weights_can_be_trained_on(self, trained: tuple[Job, Finished]) -> None:
        script = "import sys,torch;print(len(torch.load(sys.argv[1], weights_only=True)))"
        path = trained[0].base / "output" / "data" / "weights.pt"
        assert int(run_python("deep", script, path, base=trained[0].base)) > 100


class TestCheckpoints:
    @pytest.mark.slow
    def test_a_killed_job_ends_with_the_same_model_as_an_unkilled_one(
        self, trained: tuple[Job, Finished], tmp_path: Path
    ) -> None:
        whole, _ = trained
        job = new_job(tmp_path, epochs=6)
        killed = job.run_until(lambda record: record.get("epoch") == 2, then=signal.SIGKILL)
        assert killed.exit_code == -signal.SIGKILL
        resumed = job.run()
        assert resumed.exit_code == 0, resumed.err
        assert [record["epoch"] for record in resumed.records("epoch")] == [3, 4, 5, 6]
        assert history_without_clock(job) == history_without_clock(whole)
        assert sha256(job.base / "model" / "model.onnx") == sha256(whole.base / "model" / "model.onnx")

    def test_a_finished_job_started_again_ends_at_once_with_the_same_model(self, one_epoch: Job) -> None:
        first = sha256(one_epoch.base / "model" / "model.onnx")
        again = one_epoch.run()
        assert (again.exit_code, again.records("epoch")) == (0, [])
        assert sha256(one_epoch.base / "model" / "model.onnx") == first

    @pytest.mark.parametrize("damage", ["other settings", "cut in half"])
    def test_a_check_point_that_does_not_fit_is_told_and_left_aside(
        self, damage: str, one_epoch: Job
    ) -> None:
        if damage == "other settings":
            one_epoch.configure(LABELS, epochs=1, seed=3)
        else:
            last = one_epoch.base / "checkpoints" / "last.pt"
            last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])
        again = one_epoch.run()
        assert again.exit_code == 0, again.err
        assert len(again.records("epoch")) == 1
        assert any("training starts anew" in note["message"] for note in again.records("note"))


class TestStopping:
    def test_sigterm_keeps_the_best_model_and_exits_with_0(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=500)
        finished = job.run_until(lambda record: record.get("epoch") == 2, then=signal.SIGTERM)
        assert finished.exit_code == 0, finished.err
        assert job.report()["ended_early"] == "signal"
        assert 2 <= len(finished.records("epoch")) < 10
        assert job.model()["onnx"]["max_abs_diff"] <= 1e-4

    def test_sigterm_before_the_first_step_ends_without_a_model(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=500)
        finished = job.run_until(lambda record: record.get("stage") == "loading", then=signal.SIGTERM)
        assert finished.exit_code == 0, finished.err
        assert any("there is no model" in note["message"] for note in finished.records("note"))
        assert not (job.base / "model" / "model.onnx").exists()

    @pytest.mark.slow
    def test_the_time_limit_keeps_the_best_model(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=500, max_training_time_s=8)
        finished = job.run()
        assert finished.exit_code == 0, finished.err
        assert job.report()["ended_early"] == "time_limit"
        assert (job.base / "model" / "model.onnx").exists()


class TestFailures:
    def test_a_wrong_hyper_parameter_is_the_users_and_is_named(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=0)
        assert job.run().exit_code == 1
        assert job.failure().startswith("user: hyper-parameter epochs must be between 1 and 500")

    def test_a_damaged_shard_is_the_platforms(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=1)
        (job.base / "input" / "data" / "train" / "shard-000000.tar").write_bytes(b"not a tar")
        assert job.run().exit_code == 1
        assert job.failure().startswith("platform: snapshot shard shard-000000.tar is damaged")

    def test_an_evaluation_set_must_hold_every_label(self, tmp_path: Path) -> None:
        job = new_job(tmp_path, epochs=1)
        discs: list[Pair] = [pair for pair in pairs(12, first_seed=5000) if pair.label == "disc"]
        write_snapshot(job.base / "input" / "data" / "eval", discs)
        assert job.run().exit_code == 1
        assert job.failure().startswith("user: label square has no image in the evaluation set")


DIVERGING = """
import sys
from pathlib import Path
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import torch
from openbml_deep import job
from openbml_deep.engine.checkpoints import Checkpoints
from openbml_kit.stopping import StopRequest
from openbml_deep.settings import read_settings
from openbml_kit.faults import UserFault
from openbml_kit.places import Places
from openbml_kit.progress import Progress
places = Places(Path(sys.argv[1]))
stop = StopRequest(max_seconds=0)
prepared = job.prepare(read_settings(places.hyper_parameters()), places, Progress(), {}, stop)
torch.nn.init.constant_(next(prepared.trainer.model.parameters()), float("nan"))
try:
    checkpoints = Checkpoints(places.checkpoints, "")
    job.train(prepared, checkpoints, stop=stop, progress=Progress())
except UserFault as fault:
    print(fault)
"""


def test_a_loss_that_is_no_number_is_the_users_fault_and_says_what_to_change(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1)
    out = run_python("deep", DIVERGING, job.base, base=job.base)
    assert out.strip().endswith(
        "the loss of epoch 1 is not a number: take a smaller learning_rate, more warmup_epochs, "
        "or a gradient_clip of 1"
    )


def test_an_evaluation_set_is_reported_as_such(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1)
    write_snapshot(
        job.base / "input" / "data" / "eval", [*pairs(14, first_seed=5000), *pairs(1, first_seed=1000)]
    )
    finished = job.run()
    assert finished.exit_code == 0
    notes = [note["message"] for note in finished.records("note")]
    shared = "1 images of the evaluation set are training images too: training goes without them"
    assert shared in notes
    basis = job.report()["basis"]
    assert (basis["source"], basis["evaluated_count"], basis["training_count"]) == ("eval", 15, 47)


def test_missing_pre_trained_weights_are_told_and_written_down(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1, weights="auto")
    finished = job.run()
    notes = [note["message"] for note in finished.records("note")]
    assert any("no pre-trained weights" in note and "from scratch" in note for note in notes)
    assert job.report()["weights_source"] == "scratch"


REGISTRY = """
import hashlib, json, pathlib, sys
from openbml_deep.vision_operators import provide_vision_operators
provide_vision_operators()
import timm
from safetensors.torch import save_file
folder = pathlib.Path(sys.argv[1]); folder.mkdir(parents=True)
model = timm.create_model("resnet18d")
save_file(model.state_dict(), folder / "w.safetensors")
sha = hashlib.sha256((folder / "w.safetensors").read_bytes()).hexdigest()
tag = "resnet18d.ra4_e3600_r224_in1k"
(folder / "index.json").write_text(json.dumps({"weights": [{"tag": tag, "file": "w.safetensors", "sha256":
sha}]}))
"""


@pytest.mark.slow
def test_weights_of_the_registry_are_checked_and_used(tmp_path: Path) -> None:
    job = new_job(tmp_path, epochs=1, weights="auto")
    registry = job.base / "input" / "data" / "weights"
    run_python("deep", REGISTRY, registry, base=job.base)
    assert job.run().exit_code == 0
    assert job.model()["weights_source"] == "resnet18d.ra4_e3600_r224_in1k"
    (registry / "w.safetensors").write_bytes(b"forged")
    assert job.run().exit_code == 1
    assert job.failure().startswith(
        "platform: weights w.safetensors are missing or differ from their SHA-256"
    )


OPERATORS = """
from openbml_deep.vision_operators import nms, provide_vision_operators
first, second = provide_vision_operators(), provide_vision_operators()
import timm, torch, torchvision
assert first == second
boxes = torch.tensor([[0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30], [0, 0, 10, 11]], dtype=torch.float32)
scores = torch.tensor([0.6, 0.9, 0.3, 0.5])
print(torch.ops.torchvision.nms(boxes, scores, 0.5).tolist(), nms(boxes, scores, 0.5).tolist())
print(nms(boxes[:0], scores[:0], 0.5).tolist())
"""


def test_torchvision_imports_and_its_nms_keeps_the_best_of_overlapping_boxes(tmp_path: Path) -> None:
    assert run_python("deep", OPERATORS, base=tmp_path).split("\n")[:2] == ["[1, 2] [1, 2]", "[]"]
