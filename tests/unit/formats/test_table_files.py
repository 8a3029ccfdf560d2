"""Dialects, schemas, rows and previews of tables."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_formats.tables.column_types import BIGINT, DOUBLE, STRING
from openbml_formats.tables.dialects import (
    LINE_CHARACTERS,
    Dialect,
    DialectError,
    detect_dialect,
    detect_encoding,
    table_rows,
)
from openbml_formats.tables.preview import table_preview
from openbml_formats.tables.schemas import (
    BadRowError,
    BadValuePolicy,
    TableColumn,
    TableSchema,
    TableSchemaError,
    checked_column_name,
    generated_names,
    parsed_row,
    suggested_names,
)
from tests.fakes.sample_data import SAMPLE_DATA

DATA = SAMPLE_DATA
real = pytest.mark.skipif(not DATA.is_dir(), reason="the sample sets are not on this machine")


# --- dialects ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_detected(encoding: str, delimiter: str) -> None:
    rows = [["名称", "city", "n"], ["上海; 北京, 广州", "a", "1"], ["深圳", "b|c", "2"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    data = buffer.getvalue().encode(encoding)
    dialect = detect_dialect(data, whole=True)
    assert (dialect.encoding, dialect.delimiter, dialect.has_header) == (encoding, delimiter, True)
    assert [row for _, row in table_rows(io.BytesIO(data), dialect)] == rows
    for end in range(len(data) - 12, len(data)):
        assert detect_dialect(data[:end]).encoding == encoding


def test_single_quotes_are_detected_where_they_cut_better() -> None:
    assert detect_dialect(b"a,b\n'x, y',1\n'z',2\n", whole=True).quote == "'"
    assert detect_dialect(b"a,b\nit's,1\nthat's,2\n", whole=True).quote == '"'


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("name,age\nAda,36\n", True),
        ("Ada,36\nBob,40\n", False),
        ("name,city\nAda,London\n", True),
        ("Ada,London\nBob,London\nAda,Paris\n", False),
        ("a,a\n1,2\n", False),
        ("a,\n1,2\n", False),
        ("1,2\n", False),
    ],
)
def test_a_header_is_seen_by_what_stands_below(text: str, has_header: bool) -> None:
    assert detect_dialect(text.encode(), whole=True).has_header is has_header


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"PK\x03\x04abc", "zip archive"),
        (b"PAR1abc", "Parquet"),
        (b"\x1f\x8babc", "gzip"),
        (b"\xd0\xcf\x11\xe0", "old Excel"),
        ("a,b\n1,2".encode("utf-32"), "UTF-32"),
        (b"\0\0\0\0", "zero bytes"),
        ("café, déjà\n".encode("cp1252"), "Windows-1252"),
        (b"\xef\xbb\xbf\xff", "UTF-8"),
    ],
)
def test_what_is_no_text_of_a_table_is_named(data: bytes, named: str) -> None:
    with pytest.raises(DialectError, match=named):
        detect_dialect(data, whole=True)


def test_a_wrong_byte_far_inside_is_told_with_its_line() -> None:
    rows = table_rows(io.BytesIO(b"a,b\n" + b"1,2\n" * 20_000 + b"\xff,2\n"), Dialect())
    with pytest.raises(DialectError, match="UTF-8"):
        list(rows)


def test_a_line_or_cell_without_end_is_refused() -> None:
    with pytest.raises(DialectError, match=r"line 0.*longer"):
        list(table_rows(io.BytesIO(b"x" * (LINE_CHARACTERS + 9)), Dialect()))
    with pytest.raises(DialectError):
        list(table_rows(io.BytesIO(b'a,"' + b"x\n" * 200_000), Dialect()))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8),
            min_size=2,
            max_size=4,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_rows_are_read_as_they_were_written(rows: list[list[str]]) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    assert [row for _, row in table_rows(io.BytesIO(buffer.getvalue().encode()), Dialect())] == rows


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [b",", b"\n", b'"', b"'", b"a", b"1", b"\xff", b"\0", "天".encode(), b"\t", b"\r", b";"]
        ),
        max_size=40,
    )
)
def test_any_bytes_give_a_preview_or_one_error(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    with contextlib.suppress(DialectError):
        preview = table_preview(data, whole=True)
        assert len(preview.names) == len(preview.types) == len(set(preview.names))
        preview.model_dump_json()
    with contextlib.suppress(DialectError):
        detect_encoding(data)


# --- schemas ---


def schema(*types: str, names: list[str] | None = None) -> TableSchema:
    names = names or [f"c{place}" for place in range(len(types))]
    return TableSchema.from_lists(range(len(types)), names, names, types)


def test_the_four_lists_of_the_data_api_are_a_schema_and_back() -> None:
    lists = {
        "columns": [0, 2],
        "raw_names": ["id", "amount"],
        "names": ["order_id", "amount"],
        "types": ["bigint", "decimal(10,2)"],
    }
    found = TableSchema.from_lists(lists["columns"], lists["raw_names"], lists["names"], lists["types"])  # type: ignore[arg-type]
    assert found.as_lists() == lists
    assert TableSchema.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("columns", "names", "types", "named"),
    [
        ([0], ["a", "b"], ["int", "int"], "lengths"),
        ([0], ["a"], ["int"], "2 to 1000"),
        (list(range(1001)), [f"c{n}" for n in range(1001)], ["int"] * 1001, "1000"),
        ([0, 1], ["a", "a"], ["int", "int"], "name a"),
        ([0, 0], ["a", "b"], ["int", "int"], "place 0"),
        ([0, 1], ["a", "_x"], ["int", "int"], "_x"),
        ([0, 1], ["a", "b c"], ["int", "int"], "b c"),
        ([0, 1], ["a", "列"], ["int", "int"], "列"),
        ([0, 1], ["a", ""], ["int", "int"], "column name"),
        ([0, 1], ["a", "x" * 200], ["int", "int"], "longer"),
        ([-1, 1], ["a", "b"], ["int", "int"], "ordinal"),
        ([0, 1], ["a", "b"], ["int", "array<int>"], "array"),
    ],
)
def test_columns_that_no_table_has_are_refused(
    columns: list[int], names: list[str], types: list[str], named: str
) -> None:
    with pytest.raises(TableSchemaError, match=named):
        TableSchema.from_lists(columns, names, names, types)


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["a b", "_x", "A", "a", "列", "x" * 300]),
        min_size=1,
        max_size=12,
    )
)
def test_suggested_names_are_allowed_and_different(raw: list[str]) -> None:
    names = suggested_names(raw)
    assert [checked_column_name(name) for name in names] == list(names)
    assert len({name.lower() for name in names}) == len(raw)
    assert suggested_names(generated_names(len(raw))) == generated_names(len(raw))


# --- rows ---


def test_a_bad_cell_is_empty_or_drops_the_row_or_ends_the_import() -> None:
    columns = schema("bigint", "double", "string")
    row = ["1", "abc", "x"]
    auto = parsed_row(row, columns, BadValuePolicy.AUTO, width=3)
    assert list(auto.values or ()) == [1, None, "x"]
    assert [(cell.column, cell.reason) for cell in auto.bad] == [("c1", "not_a_value")]
    assert parsed_row(row, columns, BadValuePolicy.SKIP, width=3).values is None
    with pytest.raises(BadRowError, match="c1"):
        parsed_row(row, columns, BadValuePolicy.FAIL, width=3)


def test_a_good_row_is_the_same_under_every_policy() -> None:
    columns = TableSchema.checked(
        [TableColumn(name="b", type=STRING, ordinal=2), TableColumn(name="a", type=BIGINT, ordinal=0)]
    )
    for policy in BadValuePolicy:
        found = parsed_row(["1", "unread", "x"], columns, policy, width=3)
        assert (list(found.values or ()), found.bad) == (["x", 1], [])


@pytest.mark.parametrize("row", [["1"], ["1", "2", "3"], []])
def test_a_row_of_another_width_is_a_bad_one(row: list[str]) -> None:
    found = parsed_row(row, schema("bigint", "bigint"), BadValuePolicy.AUTO, width=2)
    assert [cell.reason for cell in found.bad] == ["cell_count"]
    assert len(found.values or ()) == 2


def test_a_text_of_4097_characters_is_cut_and_told() -> None:
    found = parsed_row(["x" * 4096, "y" * 4097], schema("string", "string"), BadValuePolicy.AUTO, width=2)
    assert [len(str(value)) for value in found.values or ()] == [4096, 4096]
    assert [(cell.column, cell.reason) for cell in found.bad] == [("c1", "cell_too_long")]


# --- previews ---


def test_a_preview_shows_names_types_and_the_first_values() -> None:
    preview = table_preview(b"id,first name\n1,Ada\n2,\n3,Bo", rows=2, whole=True)
    assert preview.raw_names == ("id", "first name")
    assert preview.names == ("id", "first_name")
    assert preview.types == (BIGINT, STRING)
    assert preview.values == ((1, "Ada"), (2, None))
    assert preview.problems == (
        "'first name' is no column name: letters, digits and _ are allowed, _ not as the first",
    )
    assert preview.schema_of_all().as_lists()["raw_names"] == ["id", "first name"]


def test_a_file_without_header_gets_generated_names() -> None:
    preview = table_preview(b"1,2.5\n2,3\n", whole=True)
    assert (preview.raw_names, preview.names, preview.types) == (
        (),
        ("column_1", "column_2"),
        (BIGINT, DOUBLE),
    )
    forced = table_preview(b"1,2.5\n2,3\n", whole=True, dialect=Dialect(has_header=True))
    assert forced.raw_names == ("1", "2.5")


def test_a_cut_prefix_leaves_its_last_line_out() -> None:
    assert table_preview(b"a,b\n1,2\n3,4\n5").values == ((1, 2), (3, 4))


@pytest.mark.parametrize("width", [1, 1001])
def test_too_few_and_too_many_columns_are_told(width: int) -> None:
    data = (",".join(f"c{n}" for n in range(width)) + "\n" + ",".join(["1"] * width)).encode()
    if width == 1:
        assert "at least 2" in table_preview(data, whole=True).problems[0]
    else:
        with pytest.raises(DialectError, match="1001"):
            table_preview(data, whole=True)


@real
@pytest.mark.parametrize(
    ("name", "columns", "rows", "typed"),
    [
        ("table/adult/train.csv", 15, 10000, {"age": "bigint", "workclass": "string", "income": "string"}),
        ("table/adult/test.csv", 15, 2000, {"hours_per_week": "bigint", "income": "string"}),
        (
            "table/titanic/train.csv",
            12,
            600,
            {"Survived": "bigint", "Age": "double", "Name": "string", "Cabin": "string"},
        ),
        ("table/titanic/test.csv", 12, 141, {"Ticket": "string", "Fare": "double"}),
        ("table/letters/train.csv", 17, 8000, {"letter": "string", "x_box": "bigint"}),
        ("table/letters/test.csv", 17, 2000, {"letter": "string", "yegvx": "bigint"}),
        (
            "table/penguins/train.csv",
            7,
            274,
            {"species": "string", "bill_length_mm": "double", "body_mass_g": "bigint"},
        ),
        ("table/penguins/test.csv", 7, 70, {"sex": "string"}),
        ("table/wine/train.csv", 14, 133, {"alcohol": "double", "proline": "bigint", "target": "string"}),
        ("table/wine/test.csv", 14, 45, {"target": "string"}),
        ("table/diabetes/train.csv", 11, 331, {"bmi": "double", "target": "bigint"}),
        ("table/diabetes/test.csv", 11, 111, {"target": "bigint"}),
        ("table/housing/train.csv", 10, 10000, {"total_bedrooms": "double", "ocean_proximity": "string"}),
        ("table/housing/test.csv", 10, 2000, {"longitude": "double"}),
        ("table/taxi_fare/train_100k.csv", 7, 100_000, {"trip_distance": "double", "rate_code": "bigint"}),
        ("table/taxi_fare/test.csv", 7, 5000, {"payment_type": "string", "fare_amount": "double"}),
        ("time_series/airline_passengers.csv", 2, 120, {"month": "date", "passengers": "bigint"}),
        ("time_series/co2_weekly.csv", 2, 2024, {"date": "date", "co2_ppm": "double"}),
        ("time_series/sunspots_yearly.csv", 2, 269, {"year": "bigint", "activity": "double"}),
        ("time_series/elnino_monthly.csv", 2, 660, {"month": "date", "temperature": "double"}),
    ],
)
def test_the_real_tables_have_their_dialect_columns_and_types(
    name: str, columns: int, rows: int, typed: dict[str, str]
) -> None:
    data = (DATA / name).read_bytes()
    preview = table_preview(data[: 64 * 1024])
    assert preview.dialect == Dialect()
    assert preview.problems == ()
    assert len(preview.names) == columns
    found = preview.schema_of_all()
    assert {column.name: str(column.type) for column in found.columns if column.name in typed} == typed
    parsed = [
        parsed_row(row, found, BadValuePolicy.AUTO, width=columns)
        for _, row in list(table_rows(io.BytesIO(data), preview.dialect))[1:5001]
    ]
    assert not [row.bad for row in parsed if row.bad]
    assert sum(1 for _ in table_rows(io.BytesIO(data), preview.dialect)) == rows + 1
