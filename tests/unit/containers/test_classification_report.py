"""What the evaluation report says beside its figures."""

from typing import Any

import numpy as np
import pytest

from openbml_kit.classification_report import Basis, EvaluatedSample, Evaluation, classification_report

LABELS = ["cat", "dog"]


def report(*, evaluated: int, wrong: int, training_counts: list[int]) -> dict[str, Any]:
    """A report of samples that alternate between the classes, the first `wrong` ones mistaken."""
    true = np.arange(evaluated) % 2
    predicted = np.where(np.arange(evaluated) < wrong, 1 - true, true)
    scores = np.full((evaluated, 2), 0.2)
    scores[np.arange(evaluated), predicted] = 0.8
    samples = [EvaluatedSample(str(index), f"{index}.jpg") for index in range(evaluated)]
    basis = Basis("holdout", evaluated, sum(training_counts), 0.25, 42)
    return classification_report(
        Evaluation(samples, scores, true),
        labels=LABELS,
        basis=basis,
        training_counts=training_counts,
        context={"task": "image_classification", "run_id": "7"},
    )


def codes(document: dict[str, Any]) -> list[str]:
    return [caution["code"] for caution in document["cautions"]]


def test_the_manuals_worked_example_is_concluded_with_92_per_cent() -> None:
    document = report(evaluated=50, wrong=4, training_counts=[75, 75])
    assert document["overall"]["accuracy"] == pytest.approx(0.92)
    assert "46 of 50" in document["conclusion"]["en"]
    assert "92.0%" in document["conclusion"]["en"]
    assert "50张" in document["conclusion"]["zh"]
    assert document["cautions"] == []


def test_little_data_is_cautioned() -> None:
    assert codes(report(evaluated=20, wrong=0, training_counts=[30, 30])) == ["little_data", "few_evaluated"]


def test_thirty_evaluated_images_of_many_are_cautioned_and_thirty_one_are_not() -> None:
    assert codes(report(evaluated=30, wrong=0, training_counts=[100, 100])) == ["few_evaluated"]
    assert codes(report(evaluated=31, wrong=0, training_counts=[100, 100])) == []


def test_imbalanced_labels_are_cautioned_by_name() -> None:
    document = report(evaluated=100, wrong=0, training_counts=[600, 100])
    assert codes(document) == ["imbalanced_labels"]
    assert "cat has 600" in document["cautions"][0]["message_en"]


def test_wrong_examples_say_what_was_taken_for_what() -> None:
    document = report(evaluated=50, wrong=2, training_counts=[75, 75])
    assert document["wrong_count"] == 2
    assert document["wrong_examples"][0] == {
        "sample_id": "0",
        "name": "0.jpg",
        "true": "cat",
        "predicted": "dog",
        "score": pytest.approx(0.8),
        "top": [{"name": "dog", "score": pytest.approx(0.8)}, {"name": "cat", "score": pytest.approx(0.2)}],
    }


def test_at_most_two_hundred_wrong_examples_are_listed() -> None:
    document = report(evaluated=500, wrong=300, training_counts=[800, 800])
    assert (document["wrong_count"], len(document["wrong_examples"])) == (300, 200)


def test_the_per_class_table_names_evaluated_and_training_counts() -> None:
    rows = report(evaluated=50, wrong=0, training_counts=[75, 70])["per_class"]
    assert [(row["label"], row["support"], row["training_count"]) for row in rows] == [
        ("cat", 25, 75),
        ("dog", 25, 70),
    ]


def test_the_report_names_its_format_basis_and_context() -> None:
    document = report(evaluated=50, wrong=4, training_counts=[75, 75])
    assert document["format"] == "openbml.report/1"
    assert document["run_id"] == "7"
    assert document["basis"]["evaluated_count"] == 50
    assert list(document["topk"]) == ["1", "2", "3", "4", "5"]
    assert document["confusion_matrix"]["counts"] == [[23, 2], [2, 23]]


def hints_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in document["hints"]}


def test_confused_labels_and_labels_in_need_become_hints_that_name_samples() -> None:
    found = hints_of(report(evaluated=60, wrong=20, training_counts=[60, 500]))
    assert found["confused_labels"]["labels"] in (["cat", "dog"], ["dog", "cat"])
    assert found["label_needs_data"]["labels"] == ["cat"]
    assert found["label_is_weak"]["labels"] == ["dog"]
    assert found["imbalanced_labels"]["labels"] == ["cat"]
    assert {row["sample_id"] for row in found["label_needs_data"]["samples"]} == {str(n) for n in range(20)}
    assert all(row["message_en"] and row["message_zh"] for row in found.values())


def test_a_good_model_on_balanced_data_has_its_only_mistake_to_look_at() -> None:
    (hint,) = report(evaluated=60, wrong=1, training_counts=[300, 300])["hints"]
    assert (hint["code"], hint["samples"]) == (
        "suspected_label_errors",
        [{"sample_id": "0", "name": "0.jpg"}],
    )
    assert report(evaluated=60, wrong=0, training_counts=[300, 300])["hints"] == []


def test_nothing_evaluated_gives_a_report_of_zeros() -> None:
    document = report(evaluated=0, wrong=0, training_counts=[100, 100])
    assert set(document["overall"].values()) | set(document["topk"].values()) == {0.0}
    assert (document["wrong_count"], document["recommended_threshold"]) == (0, 0.5)


def test_an_evaluation_set_of_the_users_own_is_told_apart_from_held_out_images() -> None:
    basis = Basis("eval", 2, 200, None, 42)
    scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    document = classification_report(
        Evaluation([EvaluatedSample("1", "a"), EvaluatedSample("2", "b")], scores, np.array([0, 1])),
        labels=LABELS,
        basis=basis,
        training_counts=[100, 100],
        context={},
    )
    assert document["basis"]["source"] == "eval"
    assert "evaluation set" in document["conclusion"]["en"]
    assert "评测集" in document["conclusion"]["zh"]
