"""Columns of texts become the values that the formats' own rules say of each cell, and are guessed alike."""

from collections.abc import Sequence
from datetime import UTC

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from openbml_data.table_guesses import TypeGuess
from openbml_data.table_values import arrow_type, column_values
from openbml_formats.tables.column_types import ColumnType
from openbml_formats.tables.values import CELL_CHARACTERS, CellError, cell_value, guessed_type

TYPES = [
    ColumnType.parse(written)
    for written in (
        "smallint",
        "int",
        "bigint",
        "float",
        "double",
        "date",
        "timestamp",
        "uuid",
        "string",
        "decimal(10,2)",
        "decimal(38,0)",
        "decimal(2,2)",
        "decimal(5,0)",
        "decimal(38,20)",
    )
]
ODD = [
    "NA", "nan", " 1 ", "1.", "+5", "0x1f", "007", "-0", "00.5", "2020-02-30", "1e400", "48.0", "1.005",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "3.5e38", "99999999.999", "24:00",
    "2020-01-01 24:00", "2020/1/2", "20200102", "١", "-", " ",
]  # fmt: skip
plain_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
cells = st.one_of(
    st.integers().map(str),
    st.integers(-70_000, 70_000).map(str),
    st.floats().map(str),
    st.decimals(allow_nan=True, places=2).map(str),
    st.dates().map(str),
    st.datetimes(timezones=st.sampled_from([None, UTC])).map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.sampled_from(ODD),
    st.from_regex(r"[+-]?[0-9]{0,40}(\.[0-9]{0,25})?(e[+-]?[0-9]{1,4})?", fullmatch=True).filter(bool),
    plain_text,
)


@settings(deadline=None)
@given(st.sampled_from(TYPES), st.lists(st.none() | cells, max_size=6))
def test_a_column_says_what_each_of_its_cells_says_alone(
    column_type: ColumnType, texts: Sequence[str | None]
) -> None:
    values, bad = [], {}
    for place, text in enumerate(texts):
        try:
            values.append(None if text is None else cell_value(text, column_type))
        except CellError as error:
            values.append(None)
            bad[place] = error.reason

    found = column_values(pa.array(texts, pa.string()), column_type)

    assert found.values.equals(pa.array(values, arrow_type(column_type)))
    assert {place: error.reason for place, error in found.bad.items()} == bad


@settings(deadline=None)
@given(
    st.one_of(
        *(
            st.lists(
                st.lists(st.one_of(kind, kind, st.sampled_from(["NA", "3", "0.5"])), max_size=4), max_size=3
            )
            for kind in (
                st.integers().map(str),
                st.floats(allow_nan=False, allow_infinity=False).map(str),
                st.dates().map(str),
                st.datetimes().map(str),
                st.uuids().map(str),
                cells,
            )
        )
    )
)
def test_a_type_is_guessed_batch_by_batch_as_it_is_over_all_cells_at_once(
    batches: Sequence[Sequence[str]],
) -> None:
    guess = TypeGuess()
    for batch in batches:
        guess.add(pa.array(batch, pa.string()))

    assert guess.type == guessed_type([cell for batch in batches for cell in batch])


def test_a_text_that_is_too_long_is_cut_and_told() -> None:
    found = column_values(pa.array(["界" * CELL_CHARACTERS, "x" * (CELL_CHARACTERS + 1)]), TYPES[8])

    assert [len(text) for text in found.values.to_pylist()] == [CELL_CHARACTERS, CELL_CHARACTERS]
    assert {place: error.reason for place, error in found.bad.items()} == {1: "cell_too_long"}
