"""A model is served what it was evaluated with: `serve` answers the predictions of the report."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from openbml_kit.run_lengths import decode_mask
from tests.contract.containers.environments import Finished, Job, Server, serving
from tests.contract.containers.prediction_bodies import body

pytestmark = pytest.mark.contract

# Of a score in the report, which has four decimals, and of an edge, which has one.
SCORE, EDGE = 0.002, 0.3
# A report shows so many objects of a kind in a picture.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Served:
    """A finished job with its model behind `serve`."""

    job: Job
    server: Server

    @property
    def report(self) -> dict[str, Any]:
        return self.job.report()

    @property
    def model(self) -> dict[str, Any]:
        return self.job.model()

    def answer(self, sample_id: str, **more: object) -> list[dict[str, Any]]:
        """Return what is answered to a picture of the job's snapshot."""
        with tarfile.open(self.job.base / "input" / "data" / "train" / "shard-000000.tar") as shard:
            picture = shard.extractfile(f"{sample_id}.png")
            assert picture is not None
            reply = self.server.post(body(picture.read(), **more))
        results: list[dict[str, Any]] = reply["results"]
        return results


@contextmanager
def served(finished: tuple[Job, Finished], **environment: str) -> Iterator[Served]:
    job, ended = finished
    assert ended.exit_code == 0, ended.err
    with serving(job.base, **environment) as server:
        yield Served(job, server)


@pytest.fixture(scope="module")
def detector(trained_detector: tuple[Job, Finished]) -> Iterator[Served]:
    with served(trained_detector) as running:
        yield running


@pytest.fixture(scope="module")
def instance_model(instances: tuple[Job, Finished]) -> Iterator[Served]:
    with served(instances) as running:
        yield running


@pytest.fixture(scope="module")
def semantic_model(semantic: tuple[Job, Finished]) -> Iterator[Served]:
    with served(semantic) as running:
        yield running


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


def examples(model: Served) -> list[dict[str, Any]]:
    found = [row for row in model.report["wrong_examples"] if told(row)]
    assert found, "so small a network makes mistakes"
    return found


class TestDetection:
    def test_the_reports_objects_are_answered(self, detector: Served) -> None:
        for example in examples(detector):
            answered = detector.answer(example["sample_id"])
            reported = told(example)
            assert len(paired(reported, answered)) == len(reported)
            most = max(len(example["right"]), len(example["false_positives"]))
            assert len(answered) == len(reported) or most >= MOST_SHOWN

    def test_the_recommended_threshold_is_the_default_one(self, detector: Served) -> None:
        threshold = detector.report["recommended_threshold"]
        assert detector.model["recommended_threshold"] == threshold
        sample = examples(detector)[0]["sample_id"]
        assert detector.answer(sample) == detector.answer(sample, threshold=threshold)
        assert all(row["score"] > threshold for row in detector.answer(sample))

    def test_the_graph_is_proven_on_pairs_of_objects(self, detector: Served) -> None:
        proof = detector.model["onnx"]
        assert proof["compared_samples"] == min(8, detector.report["basis"]["evaluated_count"])
        assert proof["compared_objects"] > 0
        assert proof["least_iou"] >= 0.99
        assert proof["max_abs_diff"] <= proof["tolerance"] == 1e-3

    def test_smaller_files_are_measured_on_the_evaluated_samples(self, detector: Served) -> None:
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
    def test_a_smaller_file_serves(
        self, detector: Served, trained_detector: tuple[Job, Finished], variant: str
    ) -> None:
        sample = examples(detector)[0]["sample_id"]
        with served(trained_detector, OPENBML_MODEL_VARIANT=variant) as other:
            assert other.answer(sample, threshold=0) != detector.answer(sample, threshold=0)


class TestInstanceSegmentation:
    def test_the_reports_objects_are_answered_with_their_masks(self, instance_model: Served) -> None:
        for example in examples(instance_model):
            size = example["width"], example["height"]
            for row, other in paired(told(example), instance_model.answer(example["sample_id"])):
                expected, given = decode_mask(row["mask"], *size), decode_mask(other["mask"], *size)
                assert (expected != given).sum() <= 0.01 * max(100, expected.sum())

    def test_the_graph_is_proven_on_masks(self, instance_model: Served) -> None:
        proof = instance_model.model["onnx"]
        assert proof["pixel_agreement"] >= 0.99
        assert proof["compared_objects"] > 0


class TestSemanticSegmentation:
    def test_the_reports_pixels_are_answered(self, semantic_model: Served) -> None:
        for example in semantic_model.report["wrong_examples"]:
            width, height = example["width"], example["height"]
            answered = {
                row["name"]: decode_mask(row["mask"], width, height)
                for row in semantic_model.answer(example["sample_id"])
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

    def test_the_figures_follow_from_the_answers(self, semantic_model: Served) -> None:
        assert semantic_model.model["onnx"]["pixel_agreement"] >= 0.999
        assert [row["precision"] for row in semantic_model.model["variants"]] == ["fp32", "int8"]
