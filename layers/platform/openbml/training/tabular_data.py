"""The tables of a run: which may be chosen together, and which columns its settings may name."""

from collections.abc import Iterator, Sequence

from openbml.core.errors import InvalidRequestError
from openbml.training.training_data import (
    DataNotSelectableError,
    DatasetView,
    TableView,
    busy_reason,
    kind_reason,
)
from openbml_catalog.tabular.settings import TASK, TabularSettings
from openbml_catalog.tasks import tasks
from openbml_formats.tables.column_types import TypeName
from openbml_formats.tables.schemas import TableSchema

_FINISHED = "import_finished"
_NUMBERS = frozenset(
    {TypeName.SMALLINT, TypeName.INT, TypeName.BIGINT, TypeName.FLOAT, TypeName.DOUBLE, TypeName.DECIMAL}
)
_LISTED = 20  # columns that an error names


def run_table(training: Sequence[DatasetView], evaluation: Sequence[DatasetView]) -> TableView:
    """Return the rows that a run trains on as one table: their columns, how many, how large.

    Raises:
        DataNotSelectableError: a version is no finished table with rows, or its columns are not the first's.
    """
    tables = [_ready(view) for view in (*training, *evaluation)]
    first = tables[0]
    for view, table in zip((*training, *evaluation), tables, strict=True):
        difference = _difference(table.columns, first.columns)
        if difference:
            reference = f"dataset {training[0].dataset_id} V{training[0].version_number}"
            raise _refused(
                view, f"all tables of a run have the same columns, but beside {reference} {difference}"
            )
    used = tables[: len(training)]
    return TableView(
        columns=first.columns,
        rows=sum(table.rows for table in used),
        source_bytes=sum(table.source_bytes for table in used),
    )


def check_columns(settings: TabularSettings, columns: TableSchema) -> None:
    """Check the columns that settings name against those of the data. Raises InvalidRequestError."""
    types = {column.name: column.type for column in columns.columns}
    for field, name in _named(settings):
        if name not in types:
            raise InvalidRequestError(field=f"tabular.{field}", reason=no_such_column(name, list(types)))
    weight = settings.weight_column
    if weight is not None and types[weight].name not in _NUMBERS:
        reason = f"the column {weight} has the type {types[weight]}: weights are numbers, choose another"
        raise InvalidRequestError(field="tabular.weight_column", reason=reason)
    if not types.keys() - settings.not_features:
        reason = "no column is left to predict from: exclude fewer"
        raise InvalidRequestError(field="tabular.excluded_columns", reason=reason)


def _ready(view: DatasetView) -> TableView:
    reason = kind_reason(view, tasks()[TASK]) or busy_reason(view)
    if reason is None and (view.table is None or not view.table.rows):
        reason = "it has no rows: import a table into it first"
    if reason is None and view.state != _FINISHED:
        reason = f"its import has not finished, it is {view.state}: import the table again"
    if reason is not None or view.table is None:
        raise _refused(view, reason or "")
    return view.table


def _difference(given: TableSchema, wanted: TableSchema) -> str | None:
    if (given.names, given.types) == (wanted.names, wanted.types):
        return None
    missing = [name for name in wanted.names if name not in given.names]
    extra = [name for name in given.names if name not in wanted.names]
    if missing or extra:
        told = [
            f"{word} {_some(names)}" for word, names in (("lacks", missing), ("has also", extra)) if names
        ]
        return f"it {' and '.join(told)}"
    types = dict(zip(wanted.names, wanted.types, strict=True))
    other = [f"{c.name} is {c.type}, not {types[c.name]}" for c in given.columns if c.type != types[c.name]]
    return "; ".join(other[:_LISTED]) or "its columns stand in another order: import it in the same one"


def _named(settings: TabularSettings) -> Iterator[tuple[str, str]]:
    single = ("target", "weight_column", "group_column", "time_column")
    for field in single:
        name = getattr(settings, field)
        if name is not None:
            yield field, name
    for name in settings.excluded_columns:
        yield "excluded_columns", name
    for place, operator in enumerate(settings.feature_engineering.operators):
        for name in operator.columns or ():
            yield f"feature_engineering.operators.{place}.columns", name


def no_such_column(name: str, columns: Sequence[str]) -> str:
    """Return the reason of a column that is not there, with those that are."""
    return f"the data has no column {name!r}; its columns are {_some(columns)}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _refused(view: DatasetView, reason: str) -> DataNotSelectableError:
    return DataNotSelectableError(
        dataset_id=view.dataset_id, version_number=view.version_number, reason=reason
    )
