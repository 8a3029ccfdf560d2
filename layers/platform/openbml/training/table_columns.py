"""What the columns of a table are like, as the form of a run shows them: kinds, warnings, fit as a target."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.training.tabular_data import no_such_column
from openbml.training.training_data import Selection, TableBeginning, TrainingData
from openbml_catalog.tabular.settings import AlgorithmType
from openbml_formats.tables.column_counts import ColumnCounts, column_counts
from openbml_formats.tables.column_types import ColumnType, TypeName
from openbml_formats.tables.profiles import ColumnProfile, table_profile
from openbml_formats.tables.targets import TargetAnalysis, analysed_target
from openbml_formats.tables.values import CellValue

_CELLS = 200_000  # that are looked at
_MOST_CLASSES = 200  # that are answered


class TableColumnProfile(ColumnProfile):
    """A column of a table; the API's name of it, beside columns of quality reports."""


class TableColumns(BaseModel):
    """The table of a dataset version; profiles and target are of its first `rows_seen` rows."""

    model_config = ConfigDict(frozen=True)

    rows: int
    rows_seen: int
    columns: Sequence[TableColumnProfile]
    target: TargetAnalysis | None


def table_columns(
    scope: ProjectScope,
    selection: Selection,
    target: str | None,
    algorithm_type: AlgorithmType,
    *,
    data: TrainingData,
) -> TableColumns:
    """Look at a table's first rows by the rules that a training goes by on all of them.

    Args:
        target: the column to predict, None where none is chosen yet.
        algorithm_type: a kind of prediction that the target must suit, or `automatic`.

    Raises:
        DataNotSelectableError: there is no such version, or it has no rows.
        InvalidRequestError: there is no such column.
    """
    table = data.table_beginning(scope, selection, cells=_CELLS)
    counts = _counts(table)
    return TableColumns(
        rows=table.rows,
        rows_seen=counts[0].rows,
        columns=[TableColumnProfile(**row.model_dump()) for row in table_profile(counts)],
        target=None if target is None else _target(target, algorithm_type, counts),
    )


def _counts(table: TableBeginning) -> Sequence[ColumnCounts]:
    return [
        column_counts(column.name, column.type, [_cell(value, column.type) for value in values])
        for column, values in zip(table.columns.columns, table.values, strict=True)
    ]


def _target(name: str, algorithm_type: AlgorithmType, counts: Sequence[ColumnCounts]) -> TargetAnalysis:
    found = next((column for column in counts if column.name == name), None)
    if found is None:
        raise InvalidRequestError(
            field="target", reason=no_such_column(name, [column.name for column in counts])
        )
    analysis = analysed_target(found, algorithm_type)
    return analysis.model_copy(update={"classes": analysis.classes[:_MOST_CLASSES]})


def _cell(value: Any, column_type: ColumnType) -> CellValue:
    """Return a value of a browse page, where decimals and times are texts, as its type says."""
    if not isinstance(value, str):
        cell: CellValue = value
        return cell
    match column_type.name:
        case TypeName.DECIMAL:
            return Decimal(value)
        case TypeName.DATE:
            return date.fromisoformat(value)
        case TypeName.TIMESTAMP:
            return datetime.fromisoformat(value)
        case _:
            return value
