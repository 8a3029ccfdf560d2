"""Whole jobs of semantic and instance segmentation: read, train, report, export."""

from pathlib import Path

import pytest

from openbml_kit.run_lengths import decode_mask
from tests.contract.containers.environments import Finished, Job
from tests.fakes.region_snapshots import LABELS, drawn, write_region_snapshot

pytestmark = pytest.mark.contract


@pytest.fixture(params=["semantic", "instances"])
def either(request: pytest.FixtureRequest) -> tuple[Job, Finished]:
    finished: tuple[Job, Finished] = request.getfixturevalue(request.param)
    return finished


class TestEitherTask:
    def test_it_ends_well_and_says_what_it_left_out(self, either: tuple[Job, Finished]) -> None:
        finished = either[1]
        assert finished.exit_code == 0, finished.err
        notes = [note["message"] for note in finished.records("note")]
        for reason in ("are outlines of fewer than three points", "are boxes, this task needs outlines"):
            assert f"1 regions are left out: they {reason}, first in drawing-2000.png" in notes
        assert any(note.startswith("1 regions are left out: they lie outside") for note in notes)

    def test_the_best_epoch_is_the_one_that_is_reported(self, either: tuple[Job, Finished]) -> None:
        report = either[0].report()
        best = report["history"][report["best_epoch"] - 1]
        figure = "miou" if report["task"] == "semantic_segmentation" else "map50"
        assert report["overall"][figure] == pytest.approx(best[f"eval_{figure}"], abs=1e-6)
        assert best[f"eval_{figure}"] == max(row[f"eval_{figure}"] for row in report["history"])

    def test_the_model_says_how_it_is_served_and_is_proven(self, either: tuple[Job, Finished]) -> None:
        job, _ = either
        model = job.model()
        assert model["labels"] == LABELS
        assert model["input"]["resize"] == "letterbox-top-left-bilinear"
        assert model["recommended_threshold"] == job.report()["recommended_threshold"]
        assert model["onnx"]["max_abs_diff"] <= model["onnx"]["tolerance"]
        assert model["onnx"]["pixel_agreement"] >= 0.99
        assert job.report()["onnx"]["sha256"] == model["onnx"]["sha256"]
        assert (job.base / "output" / "data" / "weights.pt").exists()


class TestSemanticSegmentation:
    def test_it_learns(self, semantic: tuple[Job, Finished]) -> None:
        first, last = semantic[1].records("epoch")
        assert last["train_loss"] < first["train_loss"]

    def test_every_pixel_of_the_held_out_images_is_counted(self, semantic: tuple[Job, Finished]) -> None:
        report = semantic[0].report()
        counted = sum(sum(row) for row in report["confusion_matrix"]["counts"])
        assert counted == report["basis"]["evaluated_count"] * 96 * 72
        assert [row["label"] for row in report["per_class"]] == [*LABELS, "background"]
        assert sum(row["pixels"] for row in report["per_class"]) == counted

    def test_the_graph_gives_scores_of_the_background_and_the_labels(
        self, semantic: tuple[Job, Finished]
    ) -> None:
        assert semantic[0].model()["outputs"]["kind"] == "class_scores"

    def test_wrong_examples_carry_masks_of_the_images_size(self, semantic: tuple[Job, Finished]) -> None:
        example = semantic[0].report()["wrong_examples"][0]
        assert (example["width"], example["height"]) == (96, 72)
        wrong = [
            decode_mask(example[name], 96, 72) for name in ("missed_mask", "false_mask") if name in example
        ]
        assert wrong
        assert any(mask.any() for mask in wrong)


class TestInstanceSegmentation:
    def test_the_figures_are_cocos(self, instances: tuple[Job, Finished]) -> None:
        report = instances[0].report()
        assert set(report["overall"]) >= {"map50", "map", "map75", "ar_100", "precision", "recall", "f1"}
        assert sum(row["support"] for row in report["per_class"]) > 0
        assert [row["label"] for row in report["per_class"]] == LABELS

    def test_the_graph_gives_masks_of_boxes(self, instances: tuple[Job, Finished]) -> None:
        outputs = instances[0].model()["outputs"]
        assert (outputs["kind"], outputs["mask_frame"]) == ("objects", "box")

    def test_missed_objects_carry_masks_of_the_images_size(self, instances: tuple[Job, Finished]) -> None:
        examples = instances[0].report()["wrong_examples"]
        missed = [row for example in examples for row in example["missed"]]
        assert missed
        mask = decode_mask(missed[0]["mask"], 96, 72)
        x1, y1, x2, y2 = (round(edge) for edge in missed[0]["box"])
        assert mask[y1:y2, x1:x2].sum() == mask.sum() > 0


def test_a_task_of_outlines_refuses_labels_that_only_boxes_have(tmp_path: Path) -> None:
    base = tmp_path / "boxes"
    write_region_snapshot(base / "input" / "data" / "train", [drawn(number) for number in range(4)])
    job = Job(base)
    job.configure(LABELS, task="semantic_segmentation", network="FastSCNN", input_size=64, epochs=1)
    assert job.run().exit_code == 1
    assert job.failure().startswith("user: ")
    assert "has no image in the training set" in job.failure()
