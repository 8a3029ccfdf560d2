"""What a training job of object detection owes: from boxes, also strange ones, to a model and a report."""

import hashlib
from pathlib import Path

import pytest

from tests.contract.containers.environments import Finished, Job
from tests.contract.containers.vision_jobs import detection_job
from tests.fakes.region_snapshots import LABELS, MarkedFile, drawn

pytestmark = pytest.mark.contract


def test_it_ends_well_and_tells_its_figures(trained_detector: tuple[Job, Finished]) -> None:
    _, finished = trained_detector
    assert finished.exit_code == 0, finished.err
    epochs = finished.records("epoch")
    assert len(epochs) == 4
    assert {"eval_map50", "eval_map", "train_loss"} <= set(epochs[0])
    assert epochs[-1]["train_loss"] < epochs[0]["train_loss"]


def test_boxes_that_cannot_be_used_are_told(trained_detector: tuple[Job, Finished]) -> None:
    notes = [note["message"] for note in trained_detector[1].records("note")]
    reason = "they lie outside their image or are less than a pixel wide or high"
    assert f"2 regions are left out: {reason}, first in drawing-100.png" in notes


def test_images_without_boxes_take_part(trained_detector: tuple[Job, Finished]) -> None:
    basis = trained_detector[0].report()["basis"]
    assert basis["training_count"] + basis["evaluated_count"] == 21


def test_the_report_has_what_the_task_owes(trained_detector: tuple[Job, Finished]) -> None:
    report = trained_detector[0].report()
    assert {"map50", "map", "map75", "ar_100", "precision", "recall", "f1"} <= set(report["overall"])
    assert [row["label"] for row in report["per_class"]] == LABELS
    assert report["confusion_matrix"]["labels"] == [*LABELS, "background"]
    assert report["overall"]["map50"] == pytest.approx(max(row["eval_map50"] for row in report["history"]))


def test_the_graph_is_proven_on_real_images(trained_detector: tuple[Job, Finished]) -> None:
    job, _ = trained_detector
    model = job.model()
    proof = model["onnx"]
    assert proof["compared_objects"] > 0
    assert proof["max_abs_diff"] <= proof["tolerance"]
    assert proof["least_iou"] > 0.99
    written = (job.base / "model" / "model.onnx").read_bytes()
    assert proof["sha256"] == hashlib.sha256(written).hexdigest()
    assert model["outputs"]["kind"] == "objects"
    assert (model["input"]["resize"], model["input"]["tile"]) == ("letterbox-top-left-bilinear", 0)


def test_small_object_mode_trains_one_label_on_tiles_and_says_so_to_serving(tmp_path: Path) -> None:
    files = [
        MarkedFile(
            file.sample_id,
            file.data,
            file.width,
            file.height,
            [dict(row, label="thing") for row in file.regions],
        )
        for file in (drawn(number) for number in range(4))
    ]
    job = detection_job(tmp_path, files, ["thing"], tile=64, batch_size=8)
    finished = job.run()
    assert finished.exit_code == 0, finished.err
    assert job.model()["input"]["tile"] == 64
    # 96 x 72 pixels: the whole image and two by two tiles of it, three images in training, one batch of 8.
    assert finished.records("epoch")[0]["epoch"] == 1
    assert job.report()["basis"]["training_count"] == 3


@pytest.mark.parametrize(
    ("hyper_parameters", "cause"),
    [
        ({"input_size": 100}, "user: hyper-parameter input_size must be a multiple of 32"),
        (
            {"network": "D-FINE-S", "anchor_scale": 4},
            "user: hyper-parameter anchor_scale is not a hyper-parameter of the network D-FINE-S",
        ),
    ],
)
def test_settings_that_do_not_fit_the_network_are_the_users_fault(
    tmp_path: Path, hyper_parameters: dict[str, object], cause: str
) -> None:
    job = detection_job(tmp_path, [drawn(number) for number in range(4)], LABELS, **hyper_parameters)
    assert job.run().exit_code == 1
    assert job.failure().startswith(cause)
