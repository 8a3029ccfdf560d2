"""Fits the feature map to the training rows of a raw table."""

from collections.abc import Sequence

import pyarrow as pa

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.faults import UserFault
from openbml_kit.tables.column_maps import ColumnMap, IgnoredColumn, TextColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.features.arrow_counts import arrow_counts, distinct_values
from openbml_tabular.features.column_fitting import ColumnOptions, fitted_column

_MOST_TOPIC_COLUMNS = 10


def fit_feature_map(
    table: pa.Table, settings: TabularSettings, options: ColumnOptions | None = None
) -> FeatureMap:
    """Return the map of the table's columns, without steps.

    Nothing in it depends on the target. Constant, empty and identifier columns and the later ones of equal
    columns are no features; neither are those that the settings name.

    Args:
        table: the training rows.

    Raises:
        UserFault: a column that the settings name is not there, or no feature is left.
    """
    refuse_unknown_columns(table, settings)
    columns: list[ColumnMap] = []
    seen: set[str] = set()
    for name in table.column_names:
        columns.append(_fitted(table, name, settings, options or ColumnOptions(), seen))
    fitted = FeatureMap(columns=tuple(_with_few_topics(columns)))
    if not fitted.features:
        reasons = ", ".join(f"{column.name} ({_because(column)})" for column in columns[:20])
        raise UserFault(f"no column is left to predict from: {reasons}; add columns that tell something")
    return fitted


def refuse_unknown_columns(table: pa.Table, settings: TabularSettings) -> None:
    """Raise UserFault where the settings name a column that the table does not have."""
    named = {
        "target": settings.target,
        "weight_column": settings.weight_column,
        "group_column": settings.group_column,
        "time_column": settings.time_column,
        **{f"excluded_columns.{place}": name for place, name in enumerate(settings.excluded_columns)},
    }
    for setting, name in named.items():
        if name is not None and name not in table.column_names:
            shown = ", ".join(table.column_names[:30])
            raise UserFault(f"{setting}: the table has no column {name!r}; it has {shown}")


def _fitted(
    table: pa.Table, name: str, settings: TabularSettings, options: ColumnOptions, seen: set[str]
) -> ColumnMap:
    role = _role(name, settings)
    if role:
        return IgnoredColumn(name=name, because=role)
    distinct = distinct_values(table.column(name))
    counts = arrow_counts(name, table.column(name), distinct)
    if counts.fingerprint in seen:
        return IgnoredColumn(name=name, because="duplicate")
    seen.add(counts.fingerprint)
    return fitted_column(counts, distinct.values, options, seed=settings.seed)


def _role(name: str, settings: TabularSettings) -> str | None:
    roles = {settings.target: "target", settings.weight_column: "weight", settings.group_column: "group"}
    return roles.get(name) or ("excluded" if name in settings.excluded_columns else None)


def _because(column: ColumnMap) -> str:
    return column.because if isinstance(column, IgnoredColumn) else column.kind


def _with_few_topics(columns: Sequence[ColumnMap]) -> Sequence[ColumnMap]:
    """Keep the terms of the first ten text columns: the document is to stay small."""
    texts = [column.name for column in columns if isinstance(column, TextColumn)]
    plain = set(texts[_MOST_TOPIC_COLUMNS:])
    return [TextColumn(name=c.name, example=c.example) if c.name in plain else c for c in columns]
