"""A table's columns, and what a row of cells becomes under them (spec 02 section 8.10, spec 01 QS-8)."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from openbml_formats.tables.column_types import STRING, ColumnType, ColumnTypeError, TypeName
from openbml_formats.tables.values import CELL_CHARACTERS, CellError, CellValue, cell_value

FEWEST_COLUMNS = 2
MOST_COLUMNS = 1000
COLUMN_NAME_CHARACTERS = 128  # ours

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")


class BadValuePolicy(StrEnum):
    """What happens to a row with a cell that is no value of its column (`column_error` of the data API)."""

    AUTO = "auto"  # the cell is left empty and told
    SKIP = "skip"  # the row is left out and told
    FAIL = "fail"  # the import ends


class TableSchemaError(ValueError):
    """Columns that a table cannot have; the message tells what to mend."""


class BadCell(NamedTuple):
    """A cell that could not be taken as it was; `column` is the name."""

    column: str
    reason: str
    message: str


class BadRowError(ValueError):
    """A row with bad cells where the policy is to fail."""

    def __init__(self, cells: Sequence[BadCell]) -> None:
        super().__init__(f"column {cells[0].column}: {cells[0].message}")
        self.cells = cells


def checked_column_name(name: str) -> str:
    """Return the name when columns may have it. Raises TableSchemaError."""
    if not _NAME.fullmatch(name):
        raise TableSchemaError(
            f"{name[:80]!r} is no column name: letters, digits and _ are allowed, _ not as the first"
        )
    if len(name) > COLUMN_NAME_CHARACTERS:
        raise TableSchemaError(
            f"column name {name[:40]!r}… is longer than {COLUMN_NAME_CHARACTERS} characters"
        )
    return name


def generated_names(count: int) -> Sequence[str]:
    """Return the names of columns that have none."""
    return [f"column_{place}" for place in range(1, count + 1)]


def suggested_names(raw_names: Sequence[str]) -> Sequence[str]:
    """Return allowed, different names that are as near to the raw ones as can be, in their order."""
    taken: set[str] = set()
    names: list[str] = []
    for place, raw in enumerate(raw_names, 1):
        base = re.sub(r"[^A-Za-z0-9]+", "_", raw.strip()).strip("_")[: COLUMN_NAME_CHARACTERS - 8]
        base = raw if _NAME.fullmatch(raw) and len(raw) <= COLUMN_NAME_CHARACTERS else base
        name = base = base or f"column_{place}"
        number = 2
        while name.lower() in taken:
            name = f"{base[: COLUMN_NAME_CHARACTERS - 8]}_{number}"
            number += 1
        taken.add(name.lower())
        names.append(name)
    return names


class TableColumn(BaseModel):
    """One column; `ordinal` is its place in the file, from 0, `raw_name` what the file calls it."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: ColumnType = STRING
    ordinal: int = Field(ge=0, lt=MOST_COLUMNS)
    raw_name: str = ""


class TableSchema(BaseModel):
    """The columns that are taken, in their order."""

    model_config = ConfigDict(frozen=True)

    columns: tuple[TableColumn, ...]

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        if not FEWEST_COLUMNS <= len(self.columns) <= MOST_COLUMNS:
            raise TableSchemaError(
                f"a table has {FEWEST_COLUMNS} to {MOST_COLUMNS} columns, this one {len(self.columns)}"
            )
        for column in self.columns:
            checked_column_name(column.name)
        for what, values in (("name", self.names), ("place", [column.ordinal for column in self.columns])):
            repeated = _first_repeated(values)
            if repeated is not None:
                raise TableSchemaError(f"two columns have the {what} {repeated}")
        return self

    @property
    def names(self) -> Sequence[str]:
        return [column.name for column in self.columns]

    @property
    def types(self) -> Sequence[ColumnType]:
        return [column.type for column in self.columns]

    @classmethod
    def checked(cls, columns: Sequence[TableColumn]) -> "TableSchema":
        """Return the schema of these columns. Raises TableSchemaError."""
        return _validated(cls, {"columns": tuple(columns)})

    @classmethod
    def from_lists(
        cls, columns: Sequence[int], raw_names: Sequence[str], names: Sequence[str], types: Sequence[str]
    ) -> "TableSchema":
        """Return the schema that four lists of one length describe (the data API's form).

        Raises:
            TableSchemaError: lengths differ, a type or name is not allowed, a name or place comes twice.
        """
        if len({len(columns), len(raw_names), len(names), len(types)}) != 1:
            raise TableSchemaError("columns, raw_names, names and types have different lengths")
        rows = zip(columns, raw_names, names, types, strict=True)
        try:
            members = [
                {"ordinal": place, "raw_name": raw, "name": name, "type": ColumnType.parse(written)}
                for place, raw, name, written in rows
            ]
        except ColumnTypeError as error:
            raise TableSchemaError(str(error)) from error
        return _validated(cls, {"columns": members})

    def as_lists(self) -> Mapping[str, Sequence[Any]]:
        """Return the data API's form."""
        return {
            "columns": [column.ordinal for column in self.columns],
            "raw_names": [column.raw_name for column in self.columns],
            "names": list(self.names),
            "types": [str(column_type) for column_type in self.types],
        }


def _first_repeated(values: Sequence[Any]) -> Any:
    seen: set[Any] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def _validated(cls: type[TableSchema], document: Mapping[str, Any]) -> TableSchema:
    try:
        return cls.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise TableSchemaError(f"{place}: {message}" if place else message) from error


class ParsedRow(NamedTuple):
    """A row under a schema: `values` in the schema's order, None where the row is left out."""

    values: Sequence[CellValue] | None
    bad: Sequence[BadCell]


def parsed_row(
    cells: Sequence[str], schema: TableSchema, policy: BadValuePolicy, *, width: int | None = None
) -> ParsedRow:
    """Return one row's values and what was wrong with it.

    Args:
        cells: as the file has them, all columns.
        width: how many cells the file's rows have; a shorter or longer row is a bad one.

    Raises:
        BadRowError: the policy is `fail` and a cell is bad.
    """
    bad: list[BadCell] = []
    if width is not None and len(cells) != width:
        bad.append(BadCell("", "cell_count", f"the row has {len(cells)} cells, the table {width} columns"))
    values = [_value(cells, column, bad) for column in schema.columns]
    if bad and policy is BadValuePolicy.FAIL:
        raise BadRowError(bad)
    return ParsedRow(None if bad and policy is BadValuePolicy.SKIP else values, bad)


def _value(cells: Sequence[str], column: TableColumn, bad: list[BadCell]) -> CellValue:
    if column.ordinal >= len(cells):
        return None
    try:
        return cell_value(cells[column.ordinal], column.type)
    except CellError as error:
        bad.append(BadCell(column.name, error.reason, str(error)))
        if error.reason == "cell_too_long" and column.type.name is TypeName.STRING:
            return cells[column.ordinal][:CELL_CHARACTERS]
        return None
