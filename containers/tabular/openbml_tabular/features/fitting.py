"""Fits the feature map to the training rows of a raw table."""

from collections.abc import Sequence

import pyarrow as pa

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.faults import UserFault
from openbml_kit.tables.column_maps import ColumnMap, IgnoredColumn, TextColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.examples import Rows
from openbml_tabular.features.arrow_counts import (
    arrow_counts,
    column_type,
    counts_of_distinct,
    distinct_values,
    is_numeric,
)
from openbml_tabular.features.column_fitting import ColumnOptions, fitted_column
from openbml_tabular.features.roles import refuse_unknown_columns, role_of

_MOST_TOPIC_COLUMNS = 10


def fit_feature_map(
    table: pa.Table,
    settings: TabularSettings,
    *,
    rows: Rows | None = None,
    options: ColumnOptions | None = None,
) -> FeatureMap:
    """Return the map of the table's columns, without steps.

    Nothing in it depends on the target. Constant, empty and identifier columns and the later ones of equal
    columns are no features; neither are those that the settings name.

    Args:
        table: the raw table; columns that the settings exclude may be left out of it.
        rows: those that train; None: all.

    Raises:
        UserFault: a column that the settings name is not there, or no feature is left.
    """
    names = [*table.column_names, *(set(settings.excluded_columns) - set(table.column_names))]
    refuse_unknown_columns(names, settings)
    columns: list[ColumnMap] = []
    seen: set[str] = set()
    for name in table.column_names:
        columns.append(_fitted(name, table.column(name), rows, settings, options or ColumnOptions(), seen))
    unread = [name for name in settings.excluded_columns if name not in table.column_names]
    columns += [IgnoredColumn(name=name, because="excluded") for name in unread]
    fitted = FeatureMap(columns=tuple(_with_few_topics(columns)))
    if not fitted.features:
        reasons = ", ".join(f"{column.name} ({_because(column)})" for column in columns[:20])
        raise UserFault(f"no column is left to predict from: {reasons}; add columns that tell something")
    return fitted


def _fitted(
    name: str,
    column: pa.ChunkedArray,
    rows: Rows | None,
    settings: TabularSettings,
    options: ColumnOptions,
    seen: set[str],
) -> ColumnMap:
    role = role_of(name, settings)
    if role:
        return IgnoredColumn(name=name, because=role)
    if is_numeric(column.type):
        counts, values = arrow_counts(name, column, rows), pa.array([], column.type)
    else:
        distinct = distinct_values(column)
        distinct = distinct if rows is None else distinct.of_rows(rows)
        counts, values = counts_of_distinct(name, column_type(column.type), distinct), distinct.values
    if counts.fingerprint in seen:
        return IgnoredColumn(name=name, because="duplicate")
    seen.add(counts.fingerprint)
    return fitted_column(counts, values, options, seed=settings.seed)


def _because(column: ColumnMap) -> str:
    return column.because if isinstance(column, IgnoredColumn) else column.kind


def _with_few_topics(columns: Sequence[ColumnMap]) -> Sequence[ColumnMap]:
    """Keep the terms of the first ten text columns: the document is to stay small."""
    texts = [column.name for column in columns if isinstance(column, TextColumn)]
    plain = set(texts[_MOST_TOPIC_COLUMNS:])
    return [TextColumn(name=c.name, example=c.example) if c.name in plain else c for c in columns]
