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
