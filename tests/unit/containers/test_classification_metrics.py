"""Figures of a classification, against sets computed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.classification_metrics import (
    ThresholdPoint,
    accuracy,
    class_figures,
    confusion_matrix,
    one_hot,
    recommended_threshold,
    threshold_curve,
    top_k_accuracy,
)


def test_46_right_of_50_held_out_images_are_92_per_cent() -> None:
    true = np.arange(50) % 5
    predicted = true.copy()
    predicted[:4] = (predicted[:4] + 1) % 5
    assert accuracy(true, predicted) == pytest.approx(0.92)


def test_the_confusion_matrix_has_true_classes_in_rows() -> None:
    matrix = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_precision_recall_and_f1_of_a_class_follow_from_its_row_and_column() -> None:
    figures = class_figures(np.array([[3, 1], [2, 4]]))
    assert figures.precision.tolist() == pytest.approx([3 / 5, 4 / 5])
    assert figures.recall.tolist() == pytest.approx([3 / 4, 4 / 6])
    assert figures.f1.tolist() == pytest.approx([2 / 3, 8 / 11])
    assert figures.support.tolist() == [4, 6]


def test_a_class_that_is_never_predicted_has_zero_precision_and_f1() -> None:
    figures = class_figures(np.array([[0, 2], [0, 3]]))
    assert figures.precision.tolist() == pytest.approx([0, 3 / 5])
    assert figures.f1[0] == 0


def test_a_sample_counts_for_top_k_when_any_of_the_k_best_is_right() -> None:
    scores = np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.2, 0.5, 0.3]])
    true = np.array([1, 2, 0])
    assert top_k_accuracy(scores, true, 1) == pytest.approx(1 / 3)
    assert top_k_accuracy(scores, true, 2) == pytest.approx(2 / 3)
    assert top_k_accuracy(scores, true, 5) == pytest.approx(1.0)


def test_the_threshold_curve_counts_every_score_greater_than_the_threshold() -> None:
    scores = np.array([[0.7, 0.3], [0.4, 0.6], [0.55, 0.45]])
    true = np.array([0, 1, 1])
    at = {point.threshold: point for point in threshold_curve(scores, one_hot(true, scores.shape[1]))}
    # Above 0.4: class 0 gets samples 0 and 2 (one right of one), class 1 gets samples 1 and 2 (both right).
    assert (at[0.4].precision, at[0.4].recall) == pytest.approx((0.75, 1.0))
    assert at[0.4].f1 == pytest.approx((2 / 3 + 1) / 2)
    # Above 0.6: class 0 gets sample 0, class 1 nothing, since 0.6 is not greater than 0.6.
    assert (at[0.6].precision, at[0.6].recall) == pytest.approx((0.5, 0.5))


def test_the_recommended_threshold_is_that_of_the_highest_f1() -> None:
    scores = np.array([[0.7, 0.1], [0.1, 0.52], [0.55, 0.45]])
    # From 0.10 to below 0.45 the F1 are 2/3 and 1; then class 1 loses sample 2 (2/3 and 2/3), then sample 1.
    assert recommended_threshold(
        threshold_curve(scores, one_hot(np.array([0, 1, 1]), scores.shape[1]))
    ) == pytest.approx(0.44)


def test_of_equally_good_thresholds_the_middle_one_is_recommended() -> None:
    curve = [ThresholdPoint(value, 1, 1, 0.9) for value in (0.1, 0.4, 0.8)]
    assert recommended_threshold(curve) == 0.4


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_accuracy_is_the_diagonal_of_the_confusion_matrix(pairs: list[tuple[int, int]]) -> None:
    true, predicted = np.array(pairs).T
    matrix = confusion_matrix(true, predicted, 4)
    assert matrix.sum() == len(pairs)
    assert accuracy(true, predicted) == pytest.approx(np.trace(matrix) / len(pairs))


@given(st.integers(1, 30), st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_top_k_never_falls_and_the_recommendation_is_the_arg_max(n: int, n_classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores, true = random.random((n, n_classes)).round(2), random.integers(0, n_classes, n)
    tops = [top_k_accuracy(scores, true, k) for k in range(1, 6)]
    assert tops == sorted(tops)
    assert tops[0] == pytest.approx(accuracy(true, scores.argmax(axis=1)))
    curve = threshold_curve(scores, one_hot(true, n_classes))
    at = {point.threshold: point.f1 for point in curve}
    assert at[recommended_threshold(curve)] == max(at.values())
