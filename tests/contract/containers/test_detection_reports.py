"""Detection reports by COCO's own tools, in the training image's environment: sets counted by hand."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.contract.containers.environments import run_python

pytestmark = pytest.mark.contract

# Reads cases, writes their reports; an image is [true: [label, box, crowd?], found: [label, box, score]].
_SCRIPT = """
import json, sys
import numpy as np
from openbml_kit.detection_report import detection_figures, detection_report
from openbml_kit.evaluated_objects import EvaluatedImage, FoundObjects, TrueObjects
from openbml_kit.run_lengths import encode_mask
from openbml_kit.report_basis import Basis, EvaluatedSample

def mask(box):
    pixels = np.zeros((100, 120), dtype=bool)
    x1, y1, x2, y2 = (int(edge) for edge in box)
    pixels[y1:y2, x1:x2] = True
    return encode_mask(pixels)

def image(number, row):
    true, found = row
    boxes = [box for _, box, *_ in true], [box for _, box, _ in found]
    return EvaluatedImage(
        EvaluatedSample(str(number), f"{number}.jpg"), 120, 100,
        TrueObjects(np.array(boxes[0], float).reshape(-1, 4), np.array([t[0] for t in true], int),
                    np.array([len(t) > 2 for t in true], bool), [mask(box) for box in boxes[0]]),
        FoundObjects(np.array(boxes[1], float).reshape(-1, 4), np.array([f[2] for f in found], float),
                     np.array([f[0] for f in found], int), [mask(box) for box in boxes[1]]))

reports = {}
for name, case in json.loads(sys.argv[1]).items():
    images = [image(number, row) for number, row in enumerate(case["images"])]
    report = detection_report(
        images, labels=case["labels"], iou_type=case["iou_type"],
        basis=Basis("holdout", len(images), 200, 0.2, 1), training_counts=[200] * len(case["labels"]))
    figures = detection_figures(images, label_count=len(case["labels"]), iou_type=case["iou_type"])
    reports[name] = {**report, "figures": figures}
print(json.dumps(reports, allow_nan=False))
"""
A, B, C = [0, 0, 40, 40], [60, 0, 100, 40], [0, 60, 40, 100]
# Right at 0.9, none at 0.8, right at 0.7; the third is missed. Precision 1, 1/2, 2/3 at recall 1/3, 1/3, 2/3.
_THREE_CATS = [[[[0, A], [0, B], [0, C]], [[0, A, 0.9], [0, [70, 70, 110, 95], 0.8], [0, B, 0.7]]]]
_CASES: dict[str, dict[str, Any]] = {
    "cats": {"labels": ["cat"], "images": _THREE_CATS, "iou_type": "bbox"},
    "masks": {"labels": ["cat"], "images": _THREE_CATS, "iou_type": "segm"},
    "two labels": {
        "labels": ["cat", "dog", "sun"],
        "images": [
            [[[0, A], [1, B]], [[0, A, 0.9], [0, B, 0.93], [1, C, 0.3]]],
            [[[1, C]], [[1, C, 0.95]]],
        ],
        "iou_type": "segm",
    },
    "empty": {"labels": ["cat", "dog"], "images": [], "iou_type": "bbox"},
    "nothing found": {"labels": ["cat"], "images": [[[[0, A]], []]], "iou_type": "segm"},
    "nothing there": {"labels": ["cat"], "images": [[[], [[0, A, 0.9]]]], "iou_type": "bbox"},
    "crowd": {
        "labels": ["cat"],
        "images": [[[[0, A], [0, B, True]], [[0, A, 0.9], [0, B, 0.8]]]],
        "iou_type": "bbox",
    },
}


def _random_case(seed: int) -> dict[str, Any]:
    """Return six images of three labels; half of the true objects are found, others are found beside."""
    chance = random.Random(seed)

    def box() -> list[int]:
        x, y = chance.randrange(80), chance.randrange(60)
        width, height = chance.randrange(5, 40), chance.randrange(5, 40)
        return [x, y, x + width, y + height]

    images = []
    for _ in range(6):
        true = [[chance.randrange(3), box()] for _ in range(chance.randrange(5))]
        kept = [row for row in true if chance.random() < 0.5]
        found = [*kept, *([chance.randrange(3), box()] for _ in range(chance.randrange(4)))]
        images.append([true, [[*row, round(chance.random(), 3)] for row in found]])
    return {"labels": ["a", "b", "c"], "images": images, "iou_type": chance.choice(["bbox", "segm"])}


_CASES |= {f"random {seed}": _random_case(seed) for seed in range(12)}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    base: Path = tmp_path_factory.mktemp("reports")
    documents: dict[str, dict[str, Any]] = json.loads(
        run_python("deep", _SCRIPT, json.dumps(_CASES), base=base)
    )
    return documents


@pytest.mark.parametrize("name", ["cats", "masks"])
def test_average_precision_f1_and_threshold_are_those_counted_by_hand(
    name: str, reports: dict[str, dict[str, Any]]
) -> None:
    report = reports[name]
    # Of the 101 recall points 0 to 0.33 have precision 1, those to 0.66 have 2/3, the rest 0.
    expected = (34 * 1 + 33 * 2 / 3) / 101
    assert report["overall"]["map50"] == pytest.approx(expected)
    assert report["overall"]["map"] == pytest.approx(expected)
    assert report["per_class"][0]["ap50"] == pytest.approx(expected)
    assert report["figures"]["map50"] == pytest.approx(expected)
    # F1 is 2 x 1 x 1/3 / (4/3) = 1/2 above 0.8, 2 x 1/2 x 1/3 / (5/6) = 2/5 above 0.7, 2/3 below.
    at = {point["threshold"]: point["f1"] for point in report["threshold_curve"]}
    assert (at[0.85], at[0.75], at[0.5]) == (pytest.approx(1 / 2), pytest.approx(2 / 5), pytest.approx(2 / 3))
    assert report["recommended_threshold"] == 0.5
    assert report["overall"]["precision"] == pytest.approx(2 / 3)
    assert report["overall"]["recall"] == pytest.approx(2 / 3)
    assert report["confusion_matrix"] == {"labels": ["cat", "background"], "counts": [[2, 1], [1, 0]]}


def test_precision_recall_curves_have_101_points_that_never_rise(reports: dict[str, dict[str, Any]]) -> None:
    (curve,) = reports["cats"]["pr_curves"]
    assert (len(curve["recall"]), curve["recall"][0], curve["recall"][-1]) == (101, 0.0, 1.0)
    assert curve["precision"] == sorted(curve["precision"], reverse=True)
    assert (curve["precision"][33], curve["precision"][34], curve["precision"][67]) == (1.0, 0.6667, 0.0)


def test_wrong_objects_carry_boxes_and_masks_of_the_original_image(
    reports: dict[str, dict[str, Any]],
) -> None:
    (example,) = reports["masks"]["wrong_examples"]
    assert (example["width"], example["height"]) == (120, 100)
    assert [row["box"] for row in example["false_positives"]] == [[70.0, 70.0, 110.0, 95.0]]
    assert [row["box"] for row in example["missed"]] == [C]
    assert all(row["mask"] for kind in ("false_positives", "missed", "right") for row in example[kind])
    assert all("mask" in row for row in example["missed"])


def test_a_label_in_the_place_of_another_is_confused_with_it(reports: dict[str, dict[str, Any]]) -> None:
    report = reports["two labels"]
    assert report["confusion_matrix"]["counts"] == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert report["wrong_count"] == 1
    assert {row["code"] for row in report["hints"]} >= {"suspected_label_errors"}
    # Nobody has a sun: it has no average precision and is left out of the means.
    assert report["per_class"][2]["ap"] is None
    assert [row["label"] for row in report["pr_curves"]] == ["cat", "dog"]
    assert report["overall"]["map50"] == pytest.approx((1 / 2 + 51 / 101) / 2)


def test_no_image_nothing_found_and_nothing_there_have_reports(reports: dict[str, dict[str, Any]]) -> None:
    assert reports["empty"]["overall"]["map"] is None
    assert set(reports["empty"]["figures"].values()) == {0.0}
    nothing = reports["nothing found"]
    assert (nothing["overall"]["map50"], nothing["overall"]["recall"]) == (0.0, 0.0)
    assert (nothing["wrong_count"], nothing["recommended_threshold"]) == (1, 0.5)
    there = reports["nothing there"]
    assert there["confusion_matrix"]["counts"] == [[0, 0], [1, 0]]
    assert there["per_class"][0]["ap50"] is None


def test_what_lies_on_a_crowd_is_neither_right_nor_wrong(reports: dict[str, dict[str, Any]]) -> None:
    report = reports["crowd"]
    assert (report["overall"]["map50"], report["wrong_count"]) == (pytest.approx(1.0), 0)
    assert report["per_class"][0]["support"] == 1


def test_all_figures_are_shares(reports: dict[str, dict[str, Any]]) -> None:
    for report in reports.values():
        told = [value for value in report["overall"].values() if value is not None]
        told += [row[name] for row in report["per_class"] for name in ("ap", "ap50") if row[name] is not None]
        assert all(0.0 <= value <= 1.0 for value in told)
        thresholds = [point["threshold"] for point in report["threshold_curve"]]
        assert (thresholds[0] <= 0.05, thresholds[-1] >= 0.95, len(thresholds)) == (True, True, 99)


def test_the_recommended_threshold_is_the_arg_max_and_figures_are_those_at_it(
    reports: dict[str, dict[str, Any]],
) -> None:
    for report in reports.values():
        at = {point["threshold"]: point for point in report["threshold_curve"]}
        best = at[report["recommended_threshold"]]
        assert best["f1"] == max(point["f1"] for point in at.values())
        assert [report["overall"][name] for name in ("precision", "recall", "f1")] == [
            best[name] for name in ("precision", "recall", "f1")
        ]


def test_the_confusion_matrix_has_every_true_object_once_and_agrees_with_the_figures(
    reports: dict[str, dict[str, Any]],
) -> None:
    for name, report in reports.items():
        counts, threshold = report["confusion_matrix"]["counts"], report["recommended_threshold"]
        for place, row in enumerate(report["per_class"]):
            assert sum(counts[place]) == row["support"]
            assert row["recall"] == pytest.approx(counts[place][place] / max(1, row["support"]))
        true_and_found = _CASES[name]["images"]
        found = sum(score > threshold for _, rows in true_and_found for _, _, score in rows)
        if name != "crowd":
            assert sum(sum(row[:-1]) for row in counts) == found
