"""The feature map: raw rows become features, or say which one is wrong."""

import json
import math
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_formats.tables.written_numbers import DecimalMark
from openbml_kit.tables.column_maps import (
    CategoryColumn,
    DateColumn,
    IgnoredColumn,
    NumberColumn,
    TextColumn,
)
from openbml_kit.tables.date_parts import DatePart
from openbml_kit.tables.feature_map import FeatureMap, RowError
from openbml_kit.tables.feature_step import UnknownFeatureError
from openbml_kit.tables.feature_steps import (
    BinStep,
    CombineStep,
    KeepStep,
    OneHotStep,
    PowerStep,
    RegroupStep,
)
from openbml_kit.tables.features import FeatureKind
from openbml_kit.tables.number_steps import ClipStep
from openbml_kit.tables.text_terms import terms_of, words_of

MAP = FeatureMap(
    columns=(
        NumberColumn(name="age", missing_words=("unknown",)),
        CategoryColumn(name="city", values=("Köln", "北京", "Ulm"), missing=True),
        DateColumn(name="joined", parts=(DatePart.DAYS, DatePart.MONTH), example="2026-03-04"),
        TextColumn(name="note"),
        IgnoredColumn(name="churn", because="target"),
    )
)
ROW: Mapping[str, Any] = {"age": 34, "city": "北京", "joined": "2026-03-04", "note": "two words"}
DAYS = float((date(2026, 3, 4) - date(1970, 1, 1)).days)


def encoded(**changes: Any) -> list[float]:
    return MAP.encode_rows([{**ROW, **changes}])[0].tolist()


def number(value: Any, **settings: Any) -> float:
    return float(FeatureMap(columns=(NumberColumn(name="a", **settings),)).encode_rows([{"a": value}])[0, 0])


def code(value: Any, *values: str, **settings: Any) -> float:
    column = CategoryColumn(name="a", values=values, **settings)
    return float(FeatureMap(columns=(column,)).encode_rows([{"a": value}])[0, 0])


def test_a_row_becomes_its_features() -> None:
    assert encoded() == [34, 1, DAYS, 3, 9, 2]
    assert [feature.name for feature in MAP.features] == [
        "age",
        "city",
        "joined.days",
        "joined.month",
        "note.characters",
        "note.words",
    ]
    assert [feature.column for feature in MAP.features][2:] == ["joined", "joined", "note", "note"]
    assert (MAP.features[1].kind, MAP.features[1].cardinality) == (FeatureKind.CODE, 4)


def test_no_rows_are_a_matrix_without_rows() -> None:
    assert MAP.encode_rows([]).shape == (0, 6)


def test_null_is_missing_in_every_kind() -> None:
    values = encoded(age=None, city=None, joined=None, note=None)
    assert values[1] == 3
    assert all(math.isnan(value) for place, value in enumerate(values) if place != 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        (False, 0),
        (7, 7),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (Decimal("2.5"), 2.5),
        ("12.5", 12.5),
        (" 1,5 ", 1.5),
        ("1 234", 1234),
        ("1,234", 1234),
    ],
)
def test_numbers_are_taken_however_they_come(value: Any, expected: float) -> None:
    assert number(value) == expected


def test_a_decimal_comma_is_the_columns() -> None:
    assert number("1,234", mark=DecimalMark.COMMA) == np.float32(1.234)


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, math.nan, 1e300, 10**400, "inf", "", " ", "NaN", "null", Decimal("NaN")]
)
def test_what_float32_cannot_hold_is_missing(value: Any) -> None:
    assert math.isnan(number(value))


def test_words_that_training_took_for_missing_are_missing() -> None:
    assert math.isnan(encoded(age="Unknown")[0])


@pytest.mark.parametrize(
    ("value", "expected"), [("3", 0), (3, 0), (3.0, 0), (Decimal("3.0"), 0), ("2.5", 1), (2.5, 1), (" 3 ", 0)]
)
def test_a_category_of_a_number_is_one_however_it_comes(value: Any, expected: int) -> None:
    assert code(value, "3", "2.5") == expected


@pytest.mark.parametrize(
    ("values", "codes"),
    [(("true", "false"), (0, 1)), (("False", "True"), (1, 0)), (("0", "1"), (1, 0)), (("yes", "no"), (0, 1))],
)
def test_truth_values_find_how_training_wrote_them(values: tuple[str, str], codes: tuple[int, int]) -> None:
    assert (code(True, *values), code(False, *values)) == codes


def test_unseen_categories_are_nan_or_other() -> None:
    assert math.isnan(code("new", "a", "b"))
    assert math.isnan(code(None, "a", "b"))
    assert code("new", "a", "b", other=True, missing=True) == 2
    assert code(" ", "a", "b", other=True, missing=True) == 3


def test_ten_thousand_categories_are_codes_and_more_are_refused() -> None:
    values = tuple(f"c{place}" for place in range(10_000))
    assert code("c9999", *values) == 9999
    with pytest.raises(ValueError, match="at most 10000"):
        CategoryColumn(name="a", values=(*values, "more"))


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-04",
        "2026/3/4",
        "20260304",
        20260304,
        "04.03.2026",
        "4 Mar 2026",
        "2026年3月4日",
        date(2026, 3, 4),
        datetime(2026, 3, 4, tzinfo=UTC),
    ],
)
def test_dates_are_taken_in_five_forms(value: Any) -> None:
    assert encoded(joined=value)[2:4] == [DAYS, 3]


def test_all_parts_of_a_date_are_right() -> None:
    column = DateColumn(name="a", parts=tuple(DatePart))
    (values,) = FeatureMap(columns=(column,)).encode_rows([{"a": "2024-02-28T13:45:00Z"}]).tolist()
    day = (date(2024, 2, 28) - date(1970, 1, 1)).days
    assert values[0] == pytest.approx(day + 13.75 / 24)
    assert values[1:] == [2024, 1, 2, 9, 28, 59, 2, 1, 13, 45]


def test_texts_of_scripts_without_blanks_have_terms() -> None:
    assert words_of("The cat, 3 times!") == ["the", "cat", "3", "times"]
    assert words_of("北京 weather") == ["北", "京", "weather"]
    assert terms_of(["a", "b", "c"], 2) == ["a", "b", "c", "a b", "b c"]


def test_topics_are_the_texts_unit_vector_in_the_directions() -> None:
    column = TextColumn(name="t", terms=("a", "b"), weights=(1.0, 2.0), directions=((1.0, 0.0), (0.0, 0.5)))
    encoded = FeatureMap(columns=(column,)).encode_rows([{"t": "a b b z"}, {"t": "z"}])
    length = math.hypot(1, 4)
    assert encoded[0].tolist() == pytest.approx([7, 4, 1 / length, 2 / length])
    assert encoded[1].tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("changes", "column", "told"),
    [
        ({"age": "old"}, "age", "is the text 'old'; a number is expected"),
        ({"age": [1]}, "age", "is a list; a number is expected"),
        ({"age": {"value": 1}}, "age", "is an object; a number is expected"),
        ({"age": date(2026, 1, 1)}, "age", "a number is expected"),
        ({"city": ["Ulm"]}, "city", "is a list; a category is expected"),
        ({"city": {}}, "city", "is an object"),
        ({"joined": "soon"}, "joined", "a date is expected, such as '2026-03-04'"),
        ({"joined": True}, "joined", "a date is expected"),
        ({"joined": 3.5}, "joined", "a date is expected"),
        ({"note": ["a"]}, "note", "is a list"),
        ({"size": 3}, "size", "is not one of the model's; leave it out"),
    ],
)
def test_what_is_wrong_is_named_with_row_and_column(changes: dict[str, Any], column: str, told: str) -> None:
    with pytest.raises(RowError, match=f"row 1: feature '{column}'") as refused:
        MAP.encode_rows([ROW, {**ROW, **changes}])
    assert (refused.value.row, refused.value.column) == (1, column)
    assert told in refused.value.reason


def test_a_missing_feature_is_named_even_where_another_is_too_many() -> None:
    row = {name: value for name, value in ROW.items() if name != "city"} | {"town": "Ulm"}
    with pytest.raises(RowError, match="feature 'city' is missing; send null"):
        MAP.encode_rows([row])


def test_columns_of_the_table_that_are_no_features_are_not_looked_at() -> None:
    assert encoded(churn=["anything"]) == encoded()


def test_columns_are_encoded_as_their_rows() -> None:
    rows = [ROW, {**ROW, "age": "7", "city": "Rome"}]
    columns = {name: [row[name] for row in rows] for name in ROW}
    assert np.array_equal(MAP.encode_columns(columns), MAP.encode_rows(rows), equal_nan=True)
    with pytest.raises(RowError, match="'note' is missing"):
        MAP.encode_columns({name: columns[name] for name in columns if name != "note"})
    with pytest.raises(RowError, match="'more'"):
        MAP.encode_columns({**columns, "more": [1, 2]})


def test_forms_find_choices_examples_and_what_is_required() -> None:
    columns = {column.name: column for column in MAP.columns}
    assert columns["city"].choices == ("Köln", "北京", "Ulm")
    assert [name for name, column in columns.items() if column.required] == list(ROW)
    many = CategoryColumn(name="a", values=tuple(f"c{place}" for place in range(101)))
    assert many.choices == ()


def test_a_map_is_a_json_document_and_unknown_members_are_refused() -> None:
    text = MAP.model_dump_json()
    assert FeatureMap.model_validate_json(text) == MAP
    with pytest.raises(ValueError, match="more"):
        FeatureMap.model_validate({**json.loads(text), "more": 1})


LETTERS = "0123456789.,-:/eT 年月日aZü\x00"
JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(LETTERS, max_size=20)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.sampled_from(["a", "b"]), st.integers(), max_size=2)
)


@given(st.fixed_dictionaries(dict.fromkeys(ROW, JSON), optional={"churn": JSON}))
def test_any_json_becomes_finite_features_or_a_row_error(row: dict[str, Any]) -> None:
    try:
        values = MAP.encode_rows([row])
    except RowError as error:
        told = str(error)
        assert told.startswith("row 0: feature ")
        return
    assert values.shape == (1, 6)
    assert values.dtype == np.float32
    assert not np.isinf(values).any()


NUMBERS = FeatureMap(columns=tuple(NumberColumn(name=name) for name in ("a", "b", "c")))
# With a category beside them, numbers are read one by one.
NUMBERS_AND_MORE = FeatureMap(columns=(*NUMBERS.columns, CategoryColumn(name="d", values=("x",))))
A_NUMBER = st.one_of(
    st.none(),
    st.floats(),
    st.integers(),
    st.just(10**400),
    st.booleans(),
    st.sampled_from(["1", "1 234.5", ""]),
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys("abc", A_NUMBER)), max_size=4))
def test_rows_of_numbers_are_read_together_as_they_are_one_by_one(rows: list[dict[str, Any]]) -> None:
    def read(feature_map: FeatureMap, **more: str) -> list[list[float]] | str:
        try:
            return feature_map.encode_rows([{**row, **more} for row in rows])[:, :3].tolist()
        except RowError as error:
            return str(error)

    assert repr(read(NUMBERS)) == repr(read(NUMBERS_AND_MORE, d="x"))


def test_steps_follow_each_other_and_keep_missing_values() -> None:
    base = (NumberColumn(name="a"), NumberColumn(name="b"), CategoryColumn(name="c", values=("x", "y", "z")))
    steps = (
        ClipStep(names=("a",), lowest=(0.0,), highest=(10.0,)),
        CombineStep(names=("a", "b"), operation="ratio"),
        PowerStep(names=("b",), degree=3),
        RegroupStep(names=("c",), codes=((0, 1, 1),), unseen=(1,)),
        OneHotStep(names=("c",), counts=(2,)),
    )
    fitted = FeatureMap(columns=base, steps=steps)
    assert [feature.name for feature in fitted.features] == ["a", "b", "a / b", "b^2", "b^3", "c=0", "c=1"]
    rows = [{"a": 20, "b": 2, "c": "x"}, {"a": 5, "b": 0, "c": "new"}, {"a": None, "b": 1e20, "c": "z"}]
    expected = [
        [10, 2, 5, 4, 8, 1, 0],
        [5, 0, math.nan, 0, 0, 0, 1],
        [math.nan, 1e20, math.nan, math.nan, math.nan, 0, 1],
    ]
    assert np.array_equal(fitted.encode_rows(rows), np.float32(expected), equal_nan=True)


def test_bins_have_their_lower_edge_and_a_code_for_missing_values() -> None:
    step = BinStep(names=("a",), edges=((1.0, 2.0),), missing=(True,))
    fitted = FeatureMap(columns=(NumberColumn(name="a"),), steps=(step,))
    rows = [{"a": value} for value in (0.5, 1, 1.5, 2, None)]
    assert fitted.encode_rows(rows)[:, 0].tolist() == [0, 1, 1, 2, 3]
    assert fitted.features[0].cardinality == 4


def test_a_step_of_an_unknown_feature_is_refused() -> None:
    fitted = FeatureMap(columns=(NumberColumn(name="a"),), steps=(KeepStep(names=("b",)),))
    with pytest.raises(UnknownFeatureError, match="b"):
        fitted.encode_rows([{"a": 1}])


def test_a_row_of_twenty_columns_takes_microseconds() -> None:
    """The target is 50 µs; the bound leaves room for a busy machine."""
    numbers = tuple(NumberColumn(name=f"n{place}") for place in range(12))
    categories = tuple(CategoryColumn(name=f"c{place}", values=("a", "b")) for place in range(8))
    fitted = FeatureMap(columns=(*numbers, *categories))
    row = {column.name: 1.5 if column.kind == "number" else "b" for column in fitted.columns}
    fitted.encode_rows([row])
    best = math.inf
    for _ in range(20):
        started = time.perf_counter()
        fitted.encode_rows([row])
        best = min(best, time.perf_counter() - started)
    assert best < 200e-6
