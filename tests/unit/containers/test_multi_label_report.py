"""Reports of images with several labels, against sets computed by hand."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_kit.classification_metrics import average_precision
from openbml_kit.multi_label_report import MultiLabelEvaluation, multi_label_figures, multi_label_report
from openbml_kit.report_basis import Basis, EvaluatedSample

LABELS = ["cat", "dog", "sun"]
# Scores of four images; cat and dog are asked for, nobody has a sun.
SCORES = np.array([[0.9, 0.2, 0.1], [0.8, 0.7, 0.1], [0.3, 0.6, 0.9], [0.6, 0.1, 0.1]])
TRUE = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.bool_)


def report(scores: np.ndarray, true: np.ndarray, labels: list[str]) -> dict[str, Any]:
    samples = [EvaluatedSample(str(row), f"{row}.jpg") for row in range(len(scores))]
    return multi_label_report(
        MultiLabelEvaluation(samples, scores, true),
        labels=labels,
        basis=Basis("eval", len(scores), 500, None, 42),
        training_counts=[200] * len(labels),
    )


def test_figures_at_one_half_are_those_counted_by_hand() -> None:
    figures = multi_label_figures(SCORES, TRUE)
    # Right: cat 0 and 1, dog 1 and 2. Wrong: sun 2, cat 3. Missed: none.
    assert figures["micro_precision"] == pytest.approx(4 / 6)
    assert figures["micro_recall"] == pytest.approx(1.0)
    assert figures["micro_f1"] == pytest.approx(0.8)
    assert figures["macro_precision"] == pytest.approx((2 / 3 + 1) / 2)
    assert figures["exact_match"] == pytest.approx(0.5)
    assert figures["map"] == pytest.approx(1.0)


def test_average_precision_sums_precision_where_recall_grows() -> None:
    scores = np.array([[0.9], [0.8], [0.7], [0.6]])
    true = np.array([[True], [False], [True], [False]])
    assert average_precision(scores, true)[0] == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_equal_scores_are_one_step_whatever_their_order() -> None:
    scores = np.full((4, 1), 0.5)
    for place in range(4):
        true = np.zeros((4, 1), dtype=np.bool_)
        true[place] = True
        assert average_precision(scores, true)[0] == pytest.approx(0.25)


def test_the_report_tells_each_labels_own_figures_and_threshold() -> None:
    rows = {row["label"]: row for row in report(SCORES, TRUE, LABELS)["per_class"]}
    cat = rows["cat"]
    assert (cat["support"], cat["training_count"], cat["ap"]) == (2, 200, pytest.approx(1.0))
    assert 0.6 <= cat["threshold"] < 0.8
    assert (rows["sun"]["ap"], rows["sun"]["support"]) == (None, 0)


def test_the_recommended_threshold_is_the_arg_max_of_the_curve() -> None:
    document = report(SCORES, TRUE, LABELS)
    best = max(point["f1"] for point in document["threshold_curve"])
    at = {point["threshold"]: point["f1"] for point in document["threshold_curve"]}
    assert at[document["recommended_threshold"]] == best
    assert document["overall"]["macro_f1"] == pytest.approx(best)


def test_wrong_examples_name_false_and_missed_labels_most_confident_first() -> None:
    document = report(SCORES, TRUE, LABELS)
    assert document["wrong_count"] == len(document["wrong_examples"])
    first = document["wrong_examples"][0]
    assert (first["sample_id"], first["true"]) == ("2", ["dog"])
    assert first["false_positives"] == [{"label": "sun", "score": pytest.approx(0.9)}]


def test_a_missed_label_is_told_with_its_score() -> None:
    document = report(np.array([[0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]), np.ones((3, 2), np.bool_), LABELS[:2])
    assert document["recommended_threshold"] < 0.1  # below it all is right


def test_no_image_one_label_and_nothing_found_have_figures_too() -> None:
    empty = report(np.zeros((0, 2)), np.zeros((0, 2), np.bool_), LABELS[:2])
    assert set(empty["overall"].values()) == {0.0}
    one = report(np.array([[0.9], [0.4]]), np.array([[True], [False]]), ["cat"])
    assert one["overall"]["map"] == 1.0
    nothing = report(np.zeros((3, 2)), np.ones((3, 2), np.bool_), LABELS[:2])
    assert (nothing["overall"]["micro_recall"], nothing["recommended_threshold"]) == (0.0, 0.5)
    assert nothing["wrong_examples"][0]["missed"] == [
        {"label": "cat", "score": 0.0},
        {"label": "dog", "score": 0.0},
    ]


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_figures_are_shares_and_top_k_never_falls(samples: int, labels: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.random((samples, labels)).round(1)
    true = random.random((samples, labels)) < 0.4
    document = report(scores, true, [f"label {number}" for number in range(labels)])
    tops = [document["topk"][str(k)] for k in range(1, 6)]
    assert tops == sorted(tops)
    assert all(0.0 <= value <= 1.0 for value in [*document["overall"].values(), *tops])
    at = {point["threshold"]: point["f1"] for point in document["threshold_curve"]}
    assert at[document["recommended_threshold"]] == max(at.values())
    for row in document["per_class"]:
        assert row["right"] + row["missed"] == row["support"]
        assert row["ap"] is None or 0.0 <= row["ap"] <= 1.0
