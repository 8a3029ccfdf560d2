"""Hints: labels that are likely wrong, pictures that look alike, labels that lack data."""

import numpy as np
import pytest
from PIL import Image

from openbml_formats.operators.pictures import seen_of
from openbml_kit.hints import confused_labels, hint, imbalance
from openbml_kit.label_errors import suspected_flags, suspected_labels
from openbml_kit.picture_hints import SeenSample, picture_hints
from openbml_kit.report_basis import EvaluatedSample


def sample(number: int) -> EvaluatedSample:
    return EvaluatedSample(str(number), f"{number}.jpg")


def test_a_sample_as_sure_of_another_label_as_right_ones_are_is_suspected() -> None:
    given = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    cat = np.array([0.9, 0.9, 0.9, 0.05, 0.1, 0.2, 0.1, 0.45])
    scores = np.stack((cat, 1 - cat), axis=1)
    # Usual score of a cat (0.9 x 3 + 0.05) / 4 = 0.69, of a dog (0.9 + 0.8 + 0.9 + 0.55) / 4 = 0.79.
    assert suspected_labels(scores, given) == [(3, 1)]


def test_the_most_suspicious_come_first_and_classes_of_two_samples_say_nothing() -> None:
    given = np.array([0] * 6 + [1] * 6)
    cat = np.array([0.9, 0.9, 0.9, 0.9, 0.2, 0.02] + [0.1] * 6)
    scores = np.stack((cat, 1 - cat), axis=1)
    assert suspected_labels(scores, given) == [(5, 1)]
    assert suspected_labels(scores[[0, 1, 5, 6]], given[[0, 1, 5, 6]]) == []


def test_missing_and_wrong_flags_are_suspected_label_by_label() -> None:
    yes = np.array([0.9, 0.9, 0.9, 0.02, 0.1, 0.1, 0.1, 0.97])
    given = np.array([[1], [1], [1], [1], [0], [0], [0], [0]], dtype=np.bool_)
    assert suspected_flags(yes[:, None], given) == [(3, 0), (7, 0)]


def test_an_empty_evaluation_suspects_nobody() -> None:
    assert suspected_labels(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)) == []


def picture(seed: int) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(levels).resize((128, 96), Image.Resampling.BICUBIC)


def looks(seeds: list[int], first: int = 0) -> list[SeenSample]:
    return [SeenSample(sample(first + place), seen_of(picture(seed))) for place, seed in enumerate(seeds)]


def test_evaluated_images_that_look_like_training_ones_are_named() -> None:
    smaller = SeenSample(sample(91), seen_of(picture(3).resize((64, 48))))
    (found,) = picture_hints(looks(list(range(12))), [smaller, *looks([50], first=92)])
    assert (found["code"], found["severity"]) == ("evaluated_look_like_training", "warning")
    assert found["samples"] == [{"sample_id": "91", "name": "91.jpg"}]
    assert "1 of 2" in found["message_en"]


def test_a_set_of_one_picture_is_told_and_nothing_else() -> None:
    assert [row["code"] for row in picture_hints(looks([1] * 12), looks([1]))] == ["all_images_alike"]


def test_many_repeats_are_told_and_few_are_not() -> None:
    assert [row["code"] for row in picture_hints(looks([*range(9), 0, 1, 2]), [])] == [
        "training_images_alike"
    ]
    assert picture_hints(looks([*range(11), 0]), []) == []


@pytest.mark.parametrize("size", [0, 1])
def test_sets_of_nothing_have_no_hints(size: int) -> None:
    assert picture_hints(looks([1] * size), []) == []


def test_pairs_are_named_by_count_and_rare_mistakes_are_not() -> None:
    counts = np.array([[90, 8, 2], [1, 99, 0], [0, 0, 100]])
    rows = confused_labels(
        counts, ["a", "b", "c"], lambda *_: [sample(1)], unit_en="images", unit_zh="张图片"
    )
    assert [row["labels"] for row in rows] == [["a", "b"]]
    assert "8 images of a are taken for b" in rows[0]["message_en"]
    assert "a有8张图片被识别为b" in rows[0]["message_zh"]


def test_labels_of_less_than_a_fifth_are_imbalanced() -> None:
    assert imbalance([50, 10], ["a", "b"], unit_en="images", unit_zh="张") == []
    (row,) = imbalance([51, 10, 3], ["a", "b", "c"], unit_en="images", unit_zh="张")
    assert row["labels"] == ["b", "c"]


def test_a_sample_is_listed_once_and_at_most_fifty_are() -> None:
    row = hint("x", "info", "e", "z", samples=[sample(number % 60) for number in range(200)])
    assert len(row["samples"]) == 50
    assert len({entry["sample_id"] for entry in row["samples"]}) == 50
