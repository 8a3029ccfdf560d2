"""What a target column can teach."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from openbml_catalog.tabular.settings import AlgorithmType, Objective
from openbml_formats.tables.column_counts import column_counts
from openbml_formats.tables.column_types import BIGINT, DOUBLE, STRING, ColumnType, decimal
from openbml_formats.tables.targets import TargetAnalysis, analysed_target, target_label

BINARY, MULTICLASS, REGRESSION = AlgorithmType.BINARY, AlgorithmType.MULTICLASS, AlgorithmType.REGRESSION


def analysed(values: Iterable[Any], column_type: ColumnType = STRING, **chosen: Any) -> TargetAnalysis:
    return analysed_target(column_counts("y", column_type, values), **chosen)


def codes(found: TargetAnalysis, *, refuses: bool) -> list[str]:
    return [problem.code.value for problem in found.problems if problem.refuses is refuses]


@pytest.mark.parametrize(
    ("values", "column_type", "kind"),
    [
        (["yes", "no"] * 9, STRING, BINARY),
        ([0, 1] * 9, BIGINT, BINARY),
        ([0.0, 1.0] * 9, DOUBLE, BINARY),
        (["True", "False"] * 9, STRING, BINARY),
        (["a", "b", "c"] * 9, STRING, MULTICLASS),
        ([1, 2, 3] * 9, BIGINT, MULTICLASS),
        ([1.0, 2.0, 3.0] * 9, DOUBLE, MULTICLASS),
        (range(100), BIGINT, REGRESSION),
        (list(range(25)) * 40, BIGINT, REGRESSION),
        ([1, 2, 3, 4], BIGINT, REGRESSION),
        ([place / 8 for place in range(100)], DOUBLE, REGRESSION),
        ([0.5, 1.5, 2.5] * 9, DOUBLE, REGRESSION),
        ([f"{place},5" for place in range(50)], STRING, REGRESSION),
    ],
)
def test_automatic_is_decided_by_the_values(
    values: Any, column_type: ColumnType, kind: AlgorithmType
) -> None:
    found = analysed(values, column_type)
    assert found.algorithm_type is kind
    assert found.reason_en
    assert found.reason_zh
    assert found.refusal is None


def test_an_objective_other_than_the_mean_makes_a_regression() -> None:
    found = analysed([1, 2, 3] * 9, BIGINT, objective=Objective.COUNT)
    assert (found.algorithm_type, found.refusal) == (REGRESSION, None)


def test_classes_are_counted_by_frequency() -> None:
    found = analysed(["b", "a", "b", " b", None])
    assert [(one.label, one.count) for one in found.classes] == [("b", 3), ("a", 1)]
    assert found.rows == 4


@pytest.mark.parametrize(
    ("value", "label"), [(3.0, "3"), (2.5, "2.5"), (7, "7"), (" x ", "x"), ("01", "01"), (True, "True")]
)
def test_a_class_is_written_one_way(value: Any, label: str) -> None:
    assert target_label(value) == label


@pytest.mark.parametrize(
    ("values", "column_type", "chosen", "code", "told"),
    [
        ([None] * 9, DOUBLE, {}, "missing_target", "no value in any row"),
        ([], DOUBLE, {}, "missing_target", "no value in any row"),
        ([3] * 9, BIGINT, {}, "constant_target", "'3' in every row"),
        (["a"], STRING, {}, "constant_target", "'a' in every row"),
        ([f"c{place}" for place in range(9)], STRING, {}, "one_row_per_class", "single row"),
        (["a", "b", "a"], STRING, {}, "too_few_rows", "in 3 rows, 4 are needed"),
        (["a", "b", "c"] * 9, STRING, {"chosen": BINARY}, "wrong_type", "3 different values instead of two"),
        (["a", "b", "c"] * 9, STRING, {"chosen": REGRESSION}, "wrong_type", "must be numbers, 'a' is none"),
        (
            [place / 7 for place in range(99)],
            DOUBLE,
            {"chosen": MULTICLASS},
            "wrong_type",
            "choose a regression",
        ),
        ([f"c{place % 1200}" for place in range(4800)], STRING, {}, "too_many_classes", "1200 classes"),
        ([-1, 0, 4, 9] * 9, BIGINT, {"objective": Objective.COUNT}, "negative_counts", "negative"),
    ],
)
def test_what_cannot_be_learned_is_refused_and_says_what_to_do(
    values: list[Any], column_type: ColumnType, chosen: dict[str, Any], code: str, told: str
) -> None:
    found = analysed(values, column_type, **chosen)
    assert codes(found, refuses=True) == [code]
    assert found.refusal is not None
    assert told in found.refusal.message_en
    assert found.refusal.message_zh.startswith("目标列y")


def test_missing_and_infinite_targets_are_left_out_and_counted() -> None:
    found = analysed([0.5, 1.5, 2.5, 3.5, None, float("nan"), float("inf")], DOUBLE)
    assert codes(found, refuses=False) == ["rows_left_out", "infinite_target"]
    assert found.rows == 4
    assert "missing in 2 rows" in found.problems[0].message_en


def test_rare_classes_and_imbalance_are_told() -> None:
    found = analysed(["a"] * 500 + ["b"] * 5)
    assert codes(found, refuses=False) == ["rare_classes", "imbalance"]
    assert "100 times" in found.problems[1].message_en
    assert ": b." in found.problems[0].message_en


def test_words_among_the_numbers_of_a_regression_are_told() -> None:
    found = analysed([f"{place / 4}" for place in range(96)] + ["unknown"] * 4)
    assert (found.algorithm_type, codes(found, refuses=False)) == (REGRESSION, ["mixed_target"])
    assert "(unknown); their 4 rows" in found.problems[0].message_en


def test_a_number_beyond_32_bits_is_no_target() -> None:
    found = analysed([1e300, *(place / 4 for place in range(50))], DOUBLE)
    assert codes(found, refuses=False) == ["mixed_target"]
    assert "(1e+300); their 1 rows" in found.problems[0].message_en


def test_decimals_are_numbers() -> None:
    values = [Decimal(place).scaleb(-2) for place in range(200)]
    assert analysed(values, decimal(10, 2)).algorithm_type is REGRESSION
