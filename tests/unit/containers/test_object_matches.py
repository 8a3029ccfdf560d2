"""What follows from the pairs of found and true objects, counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.classification_metrics import recommended_threshold
from openbml_kit.evaluated_objects import EvaluatedImage, FoundObjects, TrueObjects
from openbml_kit.hints import Hint
from openbml_kit.object_hints import object_hints
from openbml_kit.object_matches import (
    NOBODY,
    Judged,
    Matched,
    confusion_counts,
    figures_at,
    judged,
    threshold_curve,
)
from openbml_kit.report_basis import EvaluatedSample
from openbml_kit.wrong_objects import wrong_count, wrong_examples

LABELS = ["cat", "dog"]


def image(
    name: str, true: list[int], found: list[tuple[int, float]], *, crowd: list[bool] | None = None
) -> EvaluatedImage:
    """An image of objects without a place: pairs are given by the test."""
    return EvaluatedImage(
        EvaluatedSample(name, f"{name}.jpg"),
        100,
        80,
        TrueObjects(
            np.tile([1.0, 2.0, 31.0, 42.0], (len(true), 1)),
            np.array(true, dtype=np.int64),
            None if crowd is None else np.array(crowd),
        ),
        FoundObjects(
            np.tile([1.04, 2.0, 31.0, 42.0], (len(found), 1)),
            np.array([score for _, score in found]),
            np.array([label for label, _ in found], dtype=np.int64),
        ),
    )


def pairs(*partners: int) -> Matched:
    return Matched(np.array(partners, dtype=np.int64), np.ones(len(partners), dtype=np.bool_))


# Three cats and a dog: a cat is found at 0.9, another at 0.4; a dog at 0.8 stands where a cat is; a cat at
# 0.3 is none.
IMAGES = [
    image("1", [0, 0], [(0, 0.9), (1, 0.8)]),
    image("2", [0, 1], [(0, 0.4), (0, 0.3)]),
    image("3", [], []),
]
MATCHED = [pairs(0, NOBODY), pairs(0, NOBODY), pairs()]
OVERLAPS = [np.array([[0.9, 0.0], [0.1, 0.6]]), np.array([[0.7, 0.0], [0.0, 0.2]]), np.zeros((0, 0))]


def judgements(threshold: float) -> list[Judged]:
    return [judged(threshold, *row) for row in zip(IMAGES, MATCHED, OVERLAPS, strict=True)]


def test_the_curve_counts_objects_above_each_threshold() -> None:
    at = {point.threshold: point for point in threshold_curve(IMAGES, MATCHED, 2)}
    assert (at[0.35].precision, at[0.35].recall) == (pytest.approx(2 / 3), pytest.approx(2 / 4))
    assert at[0.35].f1 == pytest.approx((0.8 + 0.0) / 2)  # cat: 2 of 2 right, 2 of 3 found; dog: nothing
    assert (at[0.1].precision, at[0.1].recall) == (pytest.approx(2 / 4), pytest.approx(2 / 4))
    assert (at[0.9].precision, at[0.9].recall, at[0.9].f1) == (0.0, 0.0, 0.0)  # 0.9 is not greater than 0.9


def test_the_recommended_threshold_is_where_f1_is_highest() -> None:
    curve = threshold_curve(IMAGES, MATCHED, 2)
    # From 0.30 the false cat is gone, from 0.40 a right one too: 0.30 to 0.39 are best.
    assert recommended_threshold(curve) == pytest.approx(0.39)


def test_labels_have_figures_of_their_own() -> None:
    figures = figures_at(0.35, IMAGES, MATCHED, 2)
    assert figures.precision.tolist() == [1.0, 0.0]
    assert figures.recall.tolist() == [pytest.approx(2 / 3), 0.0]
    assert figures.support.tolist() == [3, 1]


def test_objects_in_the_same_place_with_another_label_are_confused_and_the_rest_is_background() -> None:
    counts = confusion_counts(IMAGES, judgements(0.2), 2)
    assert counts.tolist() == [
        [2, 1, 0],  # cats: two found, one taken for a dog
        [0, 0, 1],  # the dog is missed
        [1, 0, 0],  # a cat where there is nothing
    ]


def test_crowds_are_neither_missed_nor_counted() -> None:
    crowded = image("4", [0, 0], [], crowd=[False, True])
    judgement = judged(0.5, crowded, pairs(), np.zeros((0, 2)))
    assert judgement.missed == [0]
    assert figures_at(0.5, [crowded], [pairs()], 2).support.tolist() == [1, 0]


def test_a_found_object_that_counts_for_nothing_is_left_out_everywhere() -> None:
    ignored = Matched(np.array([NOBODY]), np.array([False]))
    row = image("5", [], [(0, 0.9)])
    assert judged(0.5, row, ignored, np.zeros((1, 0))).false == []
    assert all(point.precision == 0 for point in threshold_curve([row], [ignored], 2))


def test_wrong_examples_are_the_confident_mistakes_first_in_pixels_of_the_image() -> None:
    found = judgements(0.2)
    assert wrong_count(found) == 2
    first, second = wrong_examples(IMAGES, found, LABELS)
    assert (first["sample_id"], first["width"], first["height"]) == ("1", 100, 80)
    assert first["false_positives"] == [
        {"label": "dog", "box": [1.0, 2.0, 31.0, 42.0], "score": 0.8, "true_label": "cat"}
    ]
    assert first["missed"] == [{"label": "cat", "box": [1.0, 2.0, 31.0, 42.0], "found_label": "dog"}]
    assert [row["label"] for row in first["right"]] == ["cat"]
    assert second["missed"] == [{"label": "dog", "box": [1.0, 2.0, 31.0, 42.0]}]


def test_at_most_two_hundred_wrong_examples_with_a_bound_on_masks_are_listed() -> None:
    many = [image(str(number), [0], []) for number in range(300)]
    missing = [Judged([], [], [0], []) for _ in many]
    assert len(wrong_examples(many, missing, LABELS)) == 200
    heavy = [
        EvaluatedImage(
            row.sample,
            100,
            80,
            TrueObjects(row.true.boxes, row.true.classes, None, ["x" * 3_000_000]),
            row.found,
        )
        for row in many[:5]
    ]
    assert len(wrong_examples(heavy, missing[:5], LABELS)) == 2


def hints_of(images: list[EvaluatedImage], found: list[Judged], counts: list[int]) -> dict[str, Hint]:
    confusion = confusion_counts(images, found, 2)
    rows = object_hints(
        images, found, labels=LABELS, confusion=confusion, f1=np.array([0.9, 0.2]), training_counts=counts
    )
    return {row["code"]: row for row in rows}


def test_sure_findings_without_annotation_and_with_another_label_become_hints() -> None:
    sure = [image("1", [0], [(1, 0.95)]), image("2", [], [(0, 0.97)]), image("3", [], [(0, 0.5)])]
    found = [Judged([], [0], [0], [(0, 0)]), Judged([], [0], [], []), Judged([], [0], [], [])]
    hints = hints_of(sure, found, [300, 300])
    assert hints["suspected_label_errors"]["samples"] == [{"sample_id": "1", "name": "1.jpg"}]
    assert hints["suspected_label_errors"]["labels"] == ["cat"]
    assert hints["missing_annotations"]["samples"] == [{"sample_id": "2", "name": "2.jpg"}]


def test_labels_with_little_data_and_low_scores_are_told_from_weak_ones() -> None:
    rows = [image("1", [1], [])]
    found = [Judged([], [], [0], [])]
    assert hints_of(rows, found, [300, 20])["label_needs_data"]["labels"] == ["dog"]
    assert hints_of(rows, found, [300, 20])["imbalanced_labels"]["labels"] == ["dog"]
    assert hints_of(rows, found, [300, 280])["label_is_weak"]["samples"] == [
        {"sample_id": "1", "name": "1.jpg"}
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 6))
def test_the_recommendation_is_the_arg_max_and_confusion_counts_every_object_once(
    seed: int, labels: int, size: int
) -> None:
    random = np.random.default_rng(seed)
    images, matched, overlaps = [], [], []
    for number in range(3):
        true = random.integers(0, labels, size).tolist()
        found = [(int(random.integers(0, labels)), round(float(random.random()), 2)) for _ in range(size)]
        partners = np.full(size, NOBODY)
        for place in range(size):
            if random.random() < 0.5:
                partners[place] = place
                true[place] = found[place][0]
        images.append(image(str(number), true, found))
        matched.append(pairs(*partners.tolist()))
        overlaps.append(random.random((size, size)))
    curve = threshold_curve(images, matched, labels)
    threshold = recommended_threshold(curve)
    assert next(point.f1 for point in curve if point.threshold == threshold) == max(row.f1 for row in curve)
    rows = [judged(threshold, *row) for row in zip(images, matched, overlaps, strict=True)]
    counts = confusion_counts(images, rows, labels)
    assert counts[:labels].sum() == 3 * size
    assert counts[:, :labels].sum() == sum(len(row.right) + len(row.false) for row in rows)
    assert np.trace(counts[:labels, :labels]) == sum(len(row.right) for row in rows)
