"""A model is served what it was evaluated with: `serve` answers the predictions of the report."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openbml_kit.run_lengths import decode_mask
from tests.contract.containers.environments import Job, Server, serving
from tests.contract.containers.prediction_bodies import body
from tests.fakes.region_snapshots import LABELS, MarkedFile, drawn, write_region_snapshot

pytestmark = pytest.mark.contract

# Of a score in the report, which has four decimals, and of an edge, which has one.
SCORE, EDGE = 0.002, 0.3


@dataclass(frozen=True)
class Trained:
    """A finished job, the pictures it was evaluated on, and its model behind `serve`."""

    report: dict[str, Any]
    model: dict[str, Any]
    files: dict[str, MarkedFile]
    server: Server

    def answer(self, sample_id: str, **more: object) -> list[dict[str, Any]]:
        reply = self.server.post(body(self.files[sample_id].data, **more))
        results: list[dict[str, Any]] = reply["results"]
        return results


def outlined(file: MarkedFile) -> MarkedFile:
    """Return the file with the outline of each drawn shape beside its box."""
    regions = []
    for region in file.regions:
        box = region["box"]
        across, down = (box["x2"] - box["x1"]) / 2, (box["y2"] - box["y1"]) / 2
        centre = box["x1"] + across, box["y1"] + down
        steps = 4 if region["label"] == "square" else 24
        reach = math.sqrt(2) if steps == 4 else 1.0
        turns = [math.pi / 4 + 2 * math.pi * step / steps for step in range(steps)]
        ring = [
            [centre[0] + reach * across * math.cos(turn), centre[1] + reach * down * math.sin(turn)]
            for turn in turns
        ]
        regions.append({**region, "polygons": [ring]})
    return replace(file, regions=regions)


def trained(base: Path, task: str, network: str, **settings: object) -> tuple[Job, dict[str, MarkedFile]]:
    sizes = [(96, 72), (72, 96), (130, 60)]
    files = [
        outlined(drawn(number, width=sizes[number % 3][0], height=sizes[number % 3][1]))
        for number in range(1, 13)
    ]
    write_region_snapshot(base / "input" / "data" / "train", files[:8], task=task)
    write_region_snapshot(base / "input" / "data" / "eval", files[8:], task=task)
    job = Job(base)
    defaults = {"epochs": 1, "batch_size": 4, "input_size": 64, "learning_rate": 0.001, "task": task}
    job.configure(LABELS, **{**defaults, "network": network, **settings})
    finished = job.run(timeout_s=400)
    assert finished.exit_code == 0, finished.err
    return job, {str(file.sample_id): file for file in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jobs")


def served(folder: Path, task: str, network: str, **settings: object) -> Iterator[Trained]:
    job, files = trained(folder / task, task, network, **settings)
    with serving(job.base) as server:
        yield Trained(job.report(), job.model(), files, server)


@pytest.fixture(scope="module")
def detector(folder: Path) -> Iterator[Trained]:
    yield from served(folder, "object_detection", "SSDLite-MobileNetV3", export_variants="all")


@pytest.fixture(scope="module")
def instances(folder: Path) -> Iterator[Trained]:
    yield from served(folder, "instance_segmentation", "Mask_RCNN-ResNet18-VD-FPN")


@pytest.fixture(scope="module")
def segmenter(folder: Path) -> Iterator[Trained]:
    yield from served(folder, "semantic_segmentation", "FastSCNN", export_variants="int8")


def edges(location: dict[str, float]) -> list[float]:
    left, top = location["left"], location["top"]
    return [left, top, left + location["width"], top + location["height"]]


def told(example: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the report says was found in a picture, the most certain first."""
    return sorted([*example["right"], *example["false_positives"]], key=lambda row: -row["score"])


def paired(
    reported: list[dict[str, Any]], answered: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair each reported object with the answered one of its label and place."""
    pairs, free = [], list(answered)
    for row in reported:
        own = [
            other
            for other in free
            if other["name"] == row["label"]
            and other["score"] == pytest.approx(row["score"], abs=SCORE)
            and edges(other["location"]) == pytest.approx(row["box"], abs=EDGE)
        ]
        assert own, f"{row} is not among {free}"
        free.remove(own[0])
        pairs.append((row, own[0]))
    return pairs


def examples(model: Trained) -> list[dict[str, Any]]:
    found = [row for row in model.report["wrong_examples"] if told(row)]
    assert found, "a network of one epoch makes mistakes"
    return found


class TestDetection:
    def test_the_reports_objects_are_answered(self, detector: Trained) -> None:
        for example in examples(detector):
            answered = detector.answer(example["sample_id"])
            reported = told(example)
            assert len(paired(reported, answered)) == len(reported)
            shown = [len(example["right"]), len(example["false_positives"])]
            assert len(answered) == len(reported) or max(shown) >= 20  # a report shows so many of each

    def test_the_recommended_threshold_is_the_default_one(self, detector: Trained) -> None:
        threshold = detector.report["recommended_threshold"]
        assert detector.model["recommended_threshold"] == threshold
        sample = examples(detector)[0]["sample_id"]
        assert detector.answer(sample) == detector.answer(sample, threshold=threshold)
        assert all(row["score"] > threshold for row in detector.answer(sample))

    def test_the_graph_is_proven_on_pairs_of_objects(self, detector: Trained) -> None:
        proof = detector.model["onnx"]
        assert proof["compared_samples"] == 4
        assert proof["compared_objects"] > 0
        assert proof["least_iou"] >= 0.99
        assert proof["max_abs_diff"] <= proof["tolerance"] == 1e-3

    def test_smaller_files_are_measured_on_the_evaluated_samples(self, detector: Trained) -> None:
        variants = {row["precision"]: row for row in detector.model["variants"]}
        assert list(variants) == ["fp32", "int8", "fp16"]
        whole = variants["fp32"]
        best = detector.report["history"][detector.report["best_epoch"] - 1]["eval_map50"]
        assert whole["quality"] == pytest.approx(best, abs=0.02)
        assert variants["int8"]["size_bytes"] < 0.5 * whole["size_bytes"]
        assert variants["fp16"]["size_bytes"] < 0.6 * whole["size_bytes"]
        for row in variants.values():
            assert row["quality_loss"] == pytest.approx(whole["quality"] - row["quality"])
            assert row["recommended"] is (row["quality_loss"] <= 0.01)
            assert row["latency_ms"] > 0
        assert detector.report["onnx"]["variants"] == detector.model["variants"]

    @pytest.mark.parametrize("variant", ["int8", "fp16"])
    def test_a_smaller_file_serves(self, detector: Trained, folder: Path, variant: str) -> None:
        sample = examples(detector)[0]["sample_id"]
        with serving(folder / "object_detection", OPENBML_MODEL_VARIANT=variant) as server:
            other = replace(detector, server=server)
            assert other.answer(sample, threshold=0) != detector.answer(sample, threshold=0)


class TestInstanceSegmentation:
    def test_the_reports_objects_are_answered_with_their_masks(self, instances: Trained) -> None:
        for example in examples(instances):
            size = example["width"], example["height"]
            for row, other in paired(told(example), instances.answer(example["sample_id"])):
                expected, given = decode_mask(row["mask"], *size), decode_mask(other["mask"], *size)
                assert (expected != given).sum() <= 0.01 * max(100, expected.sum())

    def test_the_graph_is_proven_on_masks(self, instances: Trained) -> None:
        proof = instances.model["onnx"]
        assert proof["pixel_agreement"] >= 0.99
        assert proof["compared_objects"] > 0


class TestSemanticSegmentation:
    def test_the_reports_pixels_are_answered(self, segmenter: Trained) -> None:
        for example in segmenter.report["wrong_examples"]:
            width, height = example["width"], example["height"]
            answered = {
                row["name"]: decode_mask(row["mask"], width, height)
                for row in segmenter.answer(example["sample_id"])
            }
            missed = decode_mask(example["missed_mask"], width, height)
            false = decode_mask(example["false_mask"], width, height)
            labelled = np.zeros((height, width), dtype=np.bool_)
            for mask in answered.values():
                assert not (labelled & mask).any()
                labelled |= mask
            wrongly_empty = missed & ~false
            assert (labelled & wrongly_empty).sum() <= 0.002 * labelled.size
            assert (false & ~labelled).sum() <= 0.002 * labelled.size

    def test_the_figures_follow_from_the_answers(self, segmenter: Trained) -> None:
        assert segmenter.model["onnx"]["pixel_agreement"] >= 0.999
        assert [row["precision"] for row in segmenter.model["variants"]] == ["fp32", "int8"]
