"""Cells and types of tables."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_formats.tables.column_types import (
    BIGINT,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    UUID,
    ColumnType,
    ColumnTypeError,
    TypeName,
    decimal,
    widest_type,
)
from openbml_formats.tables.values import (
    CellError,
    CellValue,
    cell_value,
    guessed_type,
    guessed_types,
    type_of_text,
)

TYPES = st.one_of(
    st.sampled_from([SMALLINT, INT, BIGINT, FLOAT, DOUBLE, DATE, TIMESTAMP, UUID, STRING]),
    st.integers(1, 38).flatmap(
        lambda digits: st.integers(0, digits).map(lambda scale: decimal(digits, scale))
    ),
)


@given(TYPES)
def test_a_type_is_written_as_the_data_api_writes_it_and_read_again(column_type: ColumnType) -> None:
    assert ColumnType.parse(str(column_type)) == column_type
    assert ColumnType.model_validate_json(column_type.model_dump_json()) == column_type
    assert ColumnType.from_catalogue(str(column_type)) == column_type


@pytest.mark.parametrize(
    ("written", "meant"),
    [(" Decimal( 10 , 2 ) ", "decimal(10,2)"), ("BIGINT", "bigint"), ("decimal(5)", "decimal(5,0)")],
)
def test_blanks_and_capitals_do_not_matter(written: str, meant: str) -> None:
    assert str(ColumnType.parse(written)) == meant


@pytest.mark.parametrize(
    "written",
    [
        "",
        "boolean",
        "varchar(9)",
        "array<int>",
        "map<string,int>",
        "struct<a:int>",
        "decimal",
        "decimal(39,0)",
        "decimal(0,0)",
        "decimal(2,3)",
        "int(4)",
        "x" * 9999,
    ],
)
def test_what_is_no_type_of_the_data_api_is_refused(written: str) -> None:
    with pytest.raises(ColumnTypeError):
        ColumnType.parse(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("boolean", "string"),
        ("varchar(20)", "string"),
        ("char(2)", "string"),
        ("integer", "int"),
        ("tinyint", "smallint"),
        ("double precision", "double"),
        ("numeric(8,3)", "decimal(8,3)"),
        ("datetime", "timestamp"),
    ],
)
def test_types_of_catalogues_have_their_nearest(written: str, meant: str) -> None:
    assert str(ColumnType.from_catalogue(written)) == meant


@given(TYPES, TYPES, TYPES)
def test_merging_types_does_not_depend_on_the_order(
    one: ColumnType, two: ColumnType, three: ColumnType
) -> None:
    assert widest_type(one, one) == one
    assert len({widest_type(widest_type(a, b), c) for a, b, c in permutations((one, two, three))}) == 1


@pytest.mark.parametrize(
    ("one", "two", "widest"),
    [
        (SMALLINT, BIGINT, BIGINT),
        (INT, FLOAT, DOUBLE),
        (SMALLINT, FLOAT, FLOAT),
        (BIGINT, DOUBLE, DOUBLE),
        (decimal(10, 2), INT, decimal(12, 2)),
        (decimal(10, 2), decimal(6, 5), decimal(13, 5)),
        (decimal(38, 0), decimal(38, 38), DOUBLE),
        (DATE, TIMESTAMP, TIMESTAMP),
        (DATE, BIGINT, STRING),
        (UUID, STRING, STRING),
    ],
)
def test_the_widest_of_two_types(one: ColumnType, two: ColumnType, widest: ColumnType) -> None:
    assert widest_type(one, two) == widest


@pytest.mark.parametrize(
    ("text", "written", "value"),
    [
        (" 12 ", "smallint", 12),
        ("-32768", "smallint", -32768),
        ("48.0", "int", 48),
        ("1e3", "int", 1000),
        ("+7", "bigint", 7),
        ("9223372036854775807", "bigint", 2**63 - 1),
        ("1.5e-3", "double", 0.0015),
        (".5", "float", 0.5),
        ("1.005", "decimal(10,2)", Decimal("1.01")),
        ("-1.005", "decimal(10,2)", Decimal("-1.01")),
        ("12", "decimal(4,2)", Decimal("12.00")),
        ("0", "decimal(2,2)", Decimal("0.00")),
        ("2024-02-29", "date", date(2024, 2, 29)),
        ("2024/2/9", "date", date(2024, 2, 9)),
        ("20240229", "date", date(2024, 2, 29)),
        ("2024-02-29 00:00:00", "date", date(2024, 2, 29)),
        ("2024-02-29", "timestamp", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-02-29 7:05", "timestamp", datetime(2024, 2, 29, 7, 5, tzinfo=UTC)),
        ("2024-02-29T07:05:09.5Z", "timestamp", datetime(2024, 2, 29, 7, 5, 9, 500_000, tzinfo=UTC)),
        ("2024-02-29 07:05:09+08:00", "timestamp", datetime(2024, 2, 28, 23, 5, 9, tzinfo=UTC)),
        ("2024-02-29 07:05:09 UTC", "timestamp", datetime(2024, 2, 29, 7, 5, 9, tzinfo=UTC)),
        ("2024-02-29 07:05:09.123456789", "timestamp", datetime(2024, 2, 29, 7, 5, 9, 123456, tzinfo=UTC)),
        ("123E4567-e89b-12d3-a456-426614174000", "uuid", "123e4567-e89b-12d3-a456-426614174000"),
        (" as it is ", "string", " as it is "),
        ("", "string", None),
        ("NA", "string", "NA"),
        ("", "int", None),
        ("NA", "double", None),
        ("nan", "float", None),
        ("NULL", "timestamp", None),
        ("\\N", "decimal(3,1)", None),
    ],
)  # fmt: skip
def test_a_cell_says_a_value_of_its_type(text: str, written: str, value: CellValue) -> None:
    found = cell_value(text, ColumnType.parse(written))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "written", "reason"),
    [
        ("32768", "smallint", "out_of_range"),
        ("9223372036854775808", "bigint", "out_of_range"),
        ("1e9999", "bigint", "out_of_range"),
        ("9" * 4000, "bigint", "out_of_range"),
        ("1.5", "int", "not_a_value"),
        ("1e-9999", "int", "not_a_value"),
        ("1,000", "int", "not_a_value"),
        ("٣", "int", "not_a_value"),
        ("1e400", "double", "out_of_range"),
        ("3.5e38", "float", "out_of_range"),
        ("inf", "double", "not_a_value"),
        ("0x10", "int", "not_a_value"),
        ("100", "decimal(4,2)", "out_of_range"),
        ("99.999", "decimal(4,2)", "out_of_range"),
        ("1e99999", "decimal(38,0)", "out_of_range"),
        ("2023-02-29", "date", "not_a_value"),
        ("2024-01-01 10:00", "date", "not_a_value"),
        ("0000-01-01", "date", "not_a_value"),
        ("2024-01-01 25:00", "timestamp", "not_a_value"),
        ("0001-01-01 00:00+08:00", "timestamp", "not_a_value"),
        ("yesterday", "timestamp", "not_a_value"),
        ("123", "uuid", "not_a_value"),
        ("x" * 4097, "string", "cell_too_long"),
        ("9" * 4097, "double", "cell_too_long"),
    ],
)
def test_a_cell_that_is_no_value_of_its_type_is_told(text: str, written: str, reason: str) -> None:
    with pytest.raises(CellError) as told:
        cell_value(text, ColumnType.parse(written))
    assert told.value.reason == reason
    assert len(str(told.value)) < 200


@given(st.text(max_size=40) | st.from_regex(r"[-+0-9eE./: TZ]{0,30}"), TYPES)
def test_any_cell_gives_a_value_or_its_reason(text: str, column_type: ColumnType) -> None:
    try:
        value = cell_value(text, column_type)
    except CellError:
        return
    if column_type.name is TypeName.DECIMAL and value is not None:
        assert isinstance(value, Decimal)
        assert len(value.as_tuple().digits) <= max(column_type.precision or 0, column_type.scale or 0) + 1


@given(st.lists(st.text(max_size=12) | st.from_regex(r"[-+0-9e./: T]{0,20}", fullmatch=True), max_size=8))
def test_every_cell_of_a_column_has_a_value_in_the_guessed_type(texts: list[str]) -> None:
    column_type = guessed_type(texts)
    for text in texts:
        cell_value(text, column_type)
    assert guessed_types([[text] for text in texts], 1) == [column_type]


@pytest.mark.parametrize(
    ("texts", "guess"),
    [
        (["1", "2", ""], "bigint"),
        (["1", "2.5"], "double"),
        (["007", "12"], "string"),
        (["0", "0.5", "-0"], "double"),
        (["12345678901234567890"], "decimal(38,0)"),
        (["1" * 39], "string"),
        (["true", "false"], "string"),
        (["2024-01-01", "2024-01-02 10:00"], "timestamp"),
        (["2024-01-01", "x"], "string"),
        (["2024-13-01"], "string"),
        (["", "NA"], "string"),
        (["NA", "3"], "bigint"),
        (["123e4567-e89b-12d3-a456-426614174000"], "uuid"),
        ([], "string"),
    ],
)
def test_a_type_is_guessed_from_cells(texts: list[str], guess: str) -> None:
    assert str(guessed_type(texts)) == guess


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_seen_as_a_number(number: float) -> None:
    found = type_of_text(str(number))
    assert found is not None
    assert found != STRING or len(str(number)) > 38
