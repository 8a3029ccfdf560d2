"""Rows of a CSV file as a prediction takes them."""

from pathlib import Path

import pytest

from openbml_client.csv_rows import csv_rows
from openbml_client.errors import InvalidChoiceError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_cells_stay_texts_and_empty_ones_are_missing(file: Path) -> None:
    file.write_bytes('\ufeffage,city\r\n34,"A, B"\r\n\r\n007,\r\n'.encode())
    assert csv_rows(file) == [{"age": "34", "city": "A, B"}, {"age": "007", "city": None}]


def test_an_empty_file_has_no_rows(file: Path) -> None:
    file.write_text("")
    assert csv_rows(file) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a,b\n1\n", "line 2"),
        (b"a,a\n1,2\n", "two columns"),
        (b"a\n\xff\n", "UTF-8"),
        (b'a\n"1\n', "CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(file: Path, content: bytes, told: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidChoiceError, match=told):
        csv_rows(file)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(InvalidChoiceError):
        csv_rows(file)
