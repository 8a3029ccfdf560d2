"""What columns are, and what people are told of them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from openbml_formats.tables.column_counts import ColumnCounts, column_counts
from openbml_formats.tables.column_kinds import ColumnKind, Ignored
from openbml_formats.tables.column_types import BIGINT, DATE, DOUBLE, STRING, UUID, ColumnType
from openbml_formats.tables.profiles import ColumnProfile, column_profile, table_profile
from openbml_formats.tables.schemas import TableColumn, TableSchema, TableSchemaError, suggested_names


def counts(values: Iterable[Any], column_type: ColumnType = STRING, name: str = "a") -> ColumnCounts:
    return column_counts(name, column_type, values)


def profile(values: Iterable[Any], column_type: ColumnType = STRING, name: str = "a") -> ColumnProfile:
    return column_profile(counts(values, column_type, name))


def codes(found: ColumnProfile) -> set[str]:
    return {warning.code.value for warning in found.warnings}


def test_a_number_has_its_extremes_and_examples() -> None:
    found = profile([3.5, 1.0, None, 3.5], DOUBLE)
    assert (found.kind, found.missing_share, found.distinct) == (ColumnKind.NUMBER, 0.25, 2)
    assert (found.examples, found.minimum, found.maximum) == (("3.5", "1"), "1", "3.5")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["red", "blue", "red"], ColumnKind.CATEGORY),
        (["1", "2.5", "-3"], ColumnKind.NUMBER),
        (["1,5", "2,25", "3,0"], ColumnKind.NUMBER),
        (["01234", "99999", "04711"], ColumnKind.CATEGORY),
        (["2026-01-01", "31.12.2025", "1 Jan 2024", "2023年1月2日", "20220101"], ColumnKind.DATE),
        ([f"the box number {place} was late again" for place in range(60)], ColumnKind.TEXT),
        ([f"这个箱子第{place}次迟到了，请尽快处理" for place in range(60)], ColumnKind.TEXT),
        ([f"First{place} Last{place * 7}" for place in range(60)], ColumnKind.TEXT),
        ([f"First{place % 9} Last" for place in range(60)], ColumnKind.CATEGORY),
        ([f"key{place}" for place in range(60)], ColumnKind.IGNORED),
        (["x"] * 9, ColumnKind.IGNORED),
        ([None, "", "  "], ColumnKind.IGNORED),
        (["true", "false", "true"], ColumnKind.CATEGORY),
        (["x", None, "x"], ColumnKind.CATEGORY),
    ],
)
def test_a_text_column_is_what_its_values_are(values: list[str | None], kind: ColumnKind) -> None:
    assert profile(values).kind is kind


def test_columns_without_information_are_left_out_and_told() -> None:
    assert codes(profile([None] * 5)) == {"empty"}
    assert codes(profile([7] * 5, BIGINT)) == {"constant"}
    assert profile([None] * 5).because is Ignored.EMPTY


def test_nearly_all_missing_is_told_from_99_percent_on() -> None:
    assert "nearly_all_missing" in codes(profile([None] * 99 + [1.5], DOUBLE))
    assert "nearly_all_missing" not in codes(profile([None] * 98 + [1.5, 2.5], DOUBLE))


def test_identifiers_are_told_and_left_out_where_it_is_certain() -> None:
    named = profile(range(100, 200), BIGINT, "customer_id")
    assert (named.kind, named.because, codes(named)) == (
        ColumnKind.IGNORED,
        Ignored.IDENTIFIER,
        {"identifier"},
    )
    running = profile(range(100, 200), BIGINT, "meter")
    assert (running.kind, codes(running)) == (ColumnKind.NUMBER, {"identifier"})
    wide = profile([place**3 for place in range(100)], BIGINT, "volume")
    assert codes(wide) == set()
    key = "0b8bb5a0-2f3c-4f0a-9d3b-0000000000"
    assert profile([f"{key}{place}" for place in range(10, 60)], UUID).kind is ColumnKind.IGNORED


def test_a_time_column_is_told() -> None:
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(50)]
    assert codes(profile(days, DATE)) == {"time_column"}
    assert codes(profile(days[:5] * 10, DATE)) == set()


def test_equal_columns_are_told_at_the_later_one() -> None:
    profiles = table_profile([counts([1.5, 2.5], DOUBLE, "a"), counts([1.5, 2.5], DOUBLE, "b")])
    assert [codes(found) for found in profiles] == [set(), {"duplicate"}]
    assert "a" in profiles[1].warnings[0].message_en


def test_many_categories_are_told() -> None:
    values = [f"c{place % 1500} of" for place in range(3000)]
    assert codes(profile(values)) == {"many_categories"}


def test_words_among_numbers_count_as_missing_and_half_words_make_categories() -> None:
    few = profile([str(place) for place in range(95)] + ["unknown"] * 5)
    assert (few.kind, codes(few)) == (ColumnKind.NUMBER, {"mixed_types"})
    assert "unknown" in few.warnings[0].message_en
    half = profile(["1", "2", "x", "y"] * 9)
    assert (half.kind, codes(half)) == (ColumnKind.CATEGORY, {"mixed_types"})


def test_decimal_commas_are_told_and_read() -> None:
    found = profile(["1,5", "22,25", "-3,75"])
    assert codes(found) == {"decimal_comma"}
    assert (found.minimum, found.maximum) == ("-3,75", "22,25")


def test_several_forms_of_dates_and_a_guessed_order_are_told() -> None:
    assert codes(profile(["2026-01-01", "31.12.2025"] * 9)) == {"date_formats"}
    assert codes(profile(["01/02/2026", "03/04/2025"] * 9)) == {"date_order"}


def test_infinite_numbers_are_told() -> None:
    assert codes(profile([1.0, 2.0, float("inf")], DOUBLE)) == {"infinite"}


def test_whole_numbers_that_are_days_are_dates() -> None:
    assert profile([20260101, 20251231, 20240229] * 9, BIGINT).kind is ColumnKind.DATE
    assert profile([20260101, 20259931], BIGINT).kind is ColumnKind.NUMBER


def test_messages_are_there_in_two_languages_and_name_the_column() -> None:
    for warning in profile([str(place) for place in range(95)] + ["?"] * 5, name="weight").warnings:
        assert warning.message_en.startswith("weight ")
        assert warning.message_zh.startswith("weight")


@pytest.mark.parametrize("names", [("_x", "b"), ("", "b"), ("a", "a"), ("a b", "b"), ("é", "b")])
def test_names_that_columns_cannot_have_never_reach_a_training(names: tuple[str, str]) -> None:
    """The import refuses `_x`, unnamed and repeated columns and offers names in their place."""
    columns = [
        TableColumn.model_construct(name=name, type=STRING, ordinal=at, raw_name=name)
        for at, name in enumerate(names)
    ]
    with pytest.raises(TableSchemaError):
        TableSchema.checked(columns)
    offered = suggested_names(names)
    assert (
        len(
            TableSchema.checked([TableColumn(name=name, ordinal=at) for at, name in enumerate(offered)]).names
        )
        == 2
    )
