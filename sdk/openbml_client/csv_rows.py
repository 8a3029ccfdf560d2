"""Rows of a CSV file as a prediction takes them."""

import csv
from pathlib import Path

from openbml_client.errors import InvalidChoiceError

Row = dict[str, str | None]


def csv_rows(path: Path) -> list[Row]:
    """Return the rows of a UTF-8 file by the names in its first line; empty cells are missing values.

    Values stay texts: a model reads numbers and dates from them as it has read them in training.

    Raises:
        InvalidChoiceError: it is no such file, a name comes twice, or a row has more or fewer cells.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            names = next(reader, [])
            if len(set(names)) < len(names):
                raise InvalidChoiceError(f"{path} has two columns of one name.")
            return [_row(names, cells, f"{path}, line {reader.line_num}") for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidChoiceError(f"{path} cannot be read as CSV in UTF-8: {error}") from error


def _row(names: list[str], cells: list[str], place: str) -> Row:
    if len(cells) != len(names):
        raise InvalidChoiceError(f"{place}: {len(cells)} cells for {len(names)} columns.")
    return {name: cell or None for name, cell in zip(names, cells, strict=True)}
