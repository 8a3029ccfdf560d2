"""Pixels of semantic segmentation, counted by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.report_basis import Basis, EvaluatedSample
from openbml_kit.run_lengths import decode_mask
from openbml_kit.segmentation_report import PixelCounts, class_figures, semantic_report

LABELS = ["road", "tree"]
SAMPLE = EvaluatedSample("1", "1.jpg")
TRUE = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 1, 1]], dtype=np.uint8)
FOUND = np.array([[0, 1, 1, 1], [0, 0, 1, 1], [2, 0, 2, 1]], dtype=np.uint8)


def report(counts: PixelCounts, labels: list[str] = LABELS, images: int = 1) -> dict[str, Any]:
    basis = Basis("holdout", images, 200, 0.2, 42)
    return semantic_report(counts, labels=labels, basis=basis, training_counts=[200] * len(labels))


def pixels(text: str, width: int, height: int) -> np.ndarray:
    return decode_mask(text, width, height)


def test_figures_are_those_counted_by_hand() -> None:
    counts = PixelCounts(2)
    counts.add(SAMPLE, true=TRUE, found=FOUND)
    document = report(counts)
    # True road: 5 right, 1 taken for tree; tree: 1 right, 1 lost; background: 3 right, 1 taken for road.
    assert document["confusion_matrix"] == {
        "labels": ["road", "tree", "background"],
        "counts": [[5, 1, 0], [0, 1, 1], [1, 0, 3]],
    }
    assert document["overall"]["pixel_accuracy"] == pytest.approx(9 / 12)
    assert document["overall"]["miou"] == pytest.approx((5 / 7 + 1 / 3 + 3 / 5) / 3)
    assert document["overall"]["mean_dice"] == pytest.approx((10 / 12 + 2 / 4 + 6 / 8) / 3)
    road = document["per_class"][0]
    assert (road["precision"], road["recall"]) == (pytest.approx(5 / 6), pytest.approx(5 / 6))
    assert (road["pixels"], road["training_count"]) == (6, 200)
    assert document["per_class"][-1]["label"] == "background"


def test_wrong_images_carry_what_was_missed_and_what_is_false() -> None:
    counts = PixelCounts(2)
    counts.add(SAMPLE, true=TRUE, found=FOUND)
    (example,) = report(counts)["wrong_examples"]
    assert (example["width"], example["height"]) == (4, 3)
    missed, false = (pixels(example[name], 4, 3) for name in ("missed_mask", "false_mask"))
    assert np.argwhere(missed).tolist() == [[2, 1], [2, 2]]
    assert np.argwhere(false).tolist() == [[0, 1], [2, 2]]
    by_label = {row["label"]: row for row in example["per_label"]}
    assert (by_label["road"]["missed_pixels"], by_label["road"]["false_pixels"]) == (1, 1)
    assert np.argwhere(pixels(by_label["tree"]["false_mask"], 4, 3)).tolist() == [[2, 2]]


def test_ignored_pixels_count_for_nothing() -> None:
    counts = PixelCounts(2)
    true = TRUE.copy()
    true[TRUE != FOUND] = 255
    counts.add(SAMPLE, true=true, found=FOUND)
    assert counts.figures() == {"miou": 1.0, "pixel_accuracy": 1.0, "mean_dice": 1.0}
    assert report(counts)["wrong_examples"] == []


def test_the_most_wrong_images_are_kept_and_no_more_than_asked_for() -> None:
    counts = PixelCounts(1, examples=3)
    true = np.ones((1, 10), dtype=np.uint8)
    for number in range(10):
        found = true.copy()
        found[:, :number] = 0
        counts.add(EvaluatedSample(str(number), f"{number}.jpg"), true=true, found=found)
    document = report(counts, ["road"], 10)
    assert document["wrong_count"] == 9
    assert [row["sample_id"] for row in document["wrong_examples"]] == ["9", "8", "7"]


def test_figures_alone_keep_no_masks() -> None:
    counts = PixelCounts(2, examples=0)
    counts.add(SAMPLE, true=TRUE, found=FOUND)
    assert (counts.wrong_images, counts.examples(LABELS)) == (1, [])


def test_maps_of_other_shapes_and_unknown_classes_are_refused() -> None:
    counts = PixelCounts(2)
    with pytest.raises(ValueError, match="cannot be compared"):
        counts.add(SAMPLE, true=TRUE, found=FOUND[:2])
    for true, found in ((TRUE + 3, FOUND), (TRUE, FOUND + 3)):
        with pytest.raises(ValueError, match="not below 3"):
            counts.add(SAMPLE, true=true, found=found)
    assert counts.images == 0


def test_no_image_nothing_found_and_one_label_have_figures_too() -> None:
    assert set(report(PixelCounts(2), images=0)["overall"].values()) == {0.0}
    nothing = PixelCounts(1)
    nothing.add(SAMPLE, true=np.ones((2, 2), np.uint8), found=np.zeros((2, 2), np.uint8))
    assert report(nothing, ["road"])["overall"] == {"miou": 0.0, "pixel_accuracy": 0.0, "mean_dice": 0.0}


def test_confused_labels_and_missing_annotations_become_hints() -> None:
    counts = PixelCounts(2)
    true, found = np.zeros((10, 10), np.uint8), np.zeros((10, 10), np.uint8)
    true[:5], found[:5] = 1, 2
    found[9] = 1
    counts.add(SAMPLE, true=true, found=found)
    codes = {row["code"]: row for row in report(counts)["hints"]}
    assert codes["confused_labels"]["labels"] == ["road", "tree"]
    assert codes["missing_annotations"]["samples"] == [{"sample_id": "1", "name": "1.jpg"}]


@given(st.integers(1, 6), st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_counts_of_images_one_by_one_are_those_of_all_at_once(
    labels: int, height: int, width: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    true = random.integers(0, labels + 1, (2, height, width)).astype(np.uint8)
    found = random.integers(0, labels + 1, (2, height, width)).astype(np.uint8)
    apart, together = PixelCounts(labels), PixelCounts(labels)
    for one, other in zip(true, found, strict=True):
        apart.add(SAMPLE, true=one, found=other)
    together.add(SAMPLE, true=true.reshape(-1, width), found=found.reshape(-1, width))
    assert (apart.confusion == together.confusion).all()
    assert apart.confusion.sum() == 2 * height * width
    for values in class_figures(apart.confusion):
        assert ((values >= 0) & (values <= 1)).all()
    iou, dice, _, _ = class_figures(apart.confusion)
    assert np.allclose(dice, 2 * iou / (1 + iou))
