"""Numbers and dates as people write them."""

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_formats.tables.written_dates import (
    DateForm,
    date_form,
    epoch_seconds,
    starts_with_day,
    written_date,
)
from openbml_formats.tables.written_numbers import DecimalMark, decimal_mark, written_number

POINT, COMMA = DecimalMark.POINT, DecimalMark.COMMA
NOON = datetime(2026, 3, 4, 12, 30, tzinfo=UTC).timestamp()
DAY = datetime(2026, 3, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("1.5", POINT, 1.5),
        (" -2e3 ", POINT, -2000),
        (".5", POINT, 0.5),
        ("1,5", POINT, 1.5),
        ("1,5", COMMA, 1.5),
        ("1,234", POINT, 1234),
        ("1,234", COMMA, 1.234),
        ("0,123", POINT, 0.123),
        ("1,234,567.5", POINT, 1234567.5),
        ("1.234.567,5", COMMA, 1234567.5),
        ("1.234.567,5", POINT, 1234567.5),
        ("1.234", COMMA, 1234),
        ("1.234", POINT, 1.234),
        ("1 234 567,25", POINT, 1234567.25),
        ("1\u202f234", POINT, 1234),
        ("12'345.5", POINT, 12345.5),
        ("inf", POINT, math.inf),
        ("-Infinity", POINT, -math.inf),
    ],
)
def test_numbers_are_read_as_they_are_written(text: str, mark: DecimalMark, number: float) -> None:
    assert written_number(text, mark) == number


@pytest.mark.parametrize("text", ["abc", "1,2,3", "12 34", "1.2.3", "1_000", "0x1", "١٢", "5 €", "--1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert written_number(text) is None


@pytest.mark.parametrize("text", ["", "  ", "NA", "n/a", "NaN", "null", "None"])
def test_words_for_no_value_are_missing_numbers(text: str) -> None:
    assert math.isnan(written_number(text) or 0.0)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_from_its_text(number: float) -> None:
    assert written_number(repr(number)) == number


@given(st.integers(-(10**12), 10**12), st.integers(0, 99))
def test_german_and_english_texts_are_the_same_number(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert written_number(german, COMMA) == written_number(english, POINT) == float(f"{whole}.{cents:02}")


def test_a_column_says_its_decimal_mark() -> None:
    assert decimal_mark(["1,5", "1,234", "7"]) is COMMA
    assert decimal_mark(["1,234", "1,234,567", "7"]) is POINT
    assert decimal_mark(["1.234,5"]) is COMMA
    assert decimal_mark(["1.5", "2"]) is POINT


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-03-04", DateForm.ISO),
        ("2026/3/4", DateForm.ISO),
        ("20260304", DateForm.COMPACT),
        ("04.03.2026", DateForm.NUMERIC),
        ("4/3/2026", DateForm.NUMERIC),
        ("4 Mar 2026", DateForm.MONTH_NAME),
        ("March 4th, 2026", DateForm.MONTH_NAME),
        ("04-MAR-2026", DateForm.MONTH_NAME),
        ("2026年3月4日", DateForm.CHINESE),
    ],
)
def test_five_forms_of_dates_are_read(text: str, form: DateForm) -> None:
    assert date_form(text) is form
    assert written_date(text, day_first=True) == DAY


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04T12:30:00Z",
        "2026-03-04 12:30",
        "2026-03-04T14:30:00+02:00",
        "2026-03-04 12:30:00.000",
        "04.03.2026 12:30",
        "4 March 2026, 12:30 PM",
        "2026年3月4日 12:30",
    ],
)
def test_times_of_day_are_read(text: str) -> None:
    assert written_date(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["2026-13-01", "31.02.2026", "2026-03-04 25:00", "99999999", "12345678", "1.5", "tomorrow", "", "4 Mar"],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert written_date(text) is None


def test_the_column_says_whether_the_day_comes_first() -> None:
    assert starts_with_day(["03/04/2026", "25/04/2026"]) == (True, False)
    assert starts_with_day(["03/04/2026", "04/25/2026"]) == (False, False)
    assert starts_with_day(["03/04/2026"]) == (False, True)
    assert starts_with_day(["03.04.2026"]) == (True, False)
    assert written_date("03/04/2026", day_first=False) == datetime(2026, 3, 4, tzinfo=UTC).timestamp()
    assert written_date("25/04/2026", day_first=False) == datetime(2026, 4, 25, tzinfo=UTC).timestamp()


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))  # noqa: DTZ001 - the strategy takes no zones here
def test_times_are_the_same_as_text_and_as_objects(moment: datetime) -> None:
    assert written_date(moment.isoformat()) == pytest.approx(epoch_seconds(moment), abs=1e-5)
    assert written_date(moment.date().isoformat()) == epoch_seconds(date(*moment.timetuple()[:3]))
