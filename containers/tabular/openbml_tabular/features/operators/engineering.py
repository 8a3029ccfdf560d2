"""Fits a feature map with the operators of feature engineering."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.feature_operators import checked_engineering, feature_operators
from openbml_catalog.tabular.settings import (
    ChosenFeatureOperator,
    FeatureEngineering,
    FeatureMode,
    TabularSettings,
    TabularSettingsError,
)
from openbml_kit.faults import UserFault
from openbml_kit.tables.date_parts import DatePart
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.feature_steps import FeatureStep
from openbml_tabular.examples import Rows
from openbml_tabular.features.column_fitting import ColumnOptions
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.fitting import fit_feature_map
from openbml_tabular.features.operators import categories, numbers, several
from openbml_tabular.features.operators.seen import Chosen, Parameters, Seen, sampled_rows
from openbml_tabular.features.text_topics import TextOptions

_NUMBERS = {
    "impute": numbers.impute,
    "clip_outliers": numbers.clip_outliers,
    "standardise": numbers.standardise,
    "log_transform": numbers.log_transform,
    "quantile_transform": numbers.quantile_transform,
    "binning": numbers.binning,
    "interactions": several.interactions,
    "polynomial": several.polynomial,
    "drop_correlated": several.drop_correlated,
}
_CODES = {
    "rare_category": categories.rare_category,
    "frequency_encoding": categories.frequency_encoding,
    "one_hot": categories.one_hot,
}
_Operator = Callable[[Chosen, Parameters], Sequence[FeatureStep]]


def engineered_feature_map(
    table: pa.Table,
    settings: TabularSettings,
    *,
    rows: Rows,
    y: npt.NDArray[Any],
    is_classification: bool,
    operators: Sequence[ChosenFeatureOperator] | None = None,
) -> FeatureMap:
    """Return the map of a table's columns with the steps of the operators, in their order.

    What operators find out is found out of the training rows alone, once: a cross-validation within these
    does not repeat it. Those that look at the target (interactions, polynomial, select_k_best) only choose
    features by it.

    Args:
        rows: those that train. y: shape (len(rows),): their classes or values.
        operators: in the place of the settings'; what a search tries.

    Raises:
        UserFault: an operator or a parameter of one is not there, or one names a column that is no feature.
    """
    chosen = settings.feature_engineering.operators if operators is None else tuple(operators)
    _refuse_wrong(chosen)
    fitted = fit_feature_map(table, settings, rows=rows, options=column_options(chosen))
    if not chosen:
        return fitted
    some = sampled_rows(len(rows), settings.seed)
    x = encode_table(fitted, table.take(pa.array(rows[some])))
    seen = Seen(x, y[some], fitted.features, is_classification)
    steps: list[FeatureStep] = []
    for operator in chosen:
        found = _steps(operator, seen, fitted)
        for step in found:
            seen = seen.after(step)
        steps += found
    return FeatureMap(columns=fitted.columns, steps=tuple(steps))


def _refuse_wrong(chosen: tuple[ChosenFeatureOperator, ...]) -> None:
    if not chosen:
        return
    try:
        checked_engineering(FeatureEngineering(mode=FeatureMode.MANUAL, operators=chosen))
    except TabularSettingsError as error:
        raise UserFault(str(error)) from error


def column_options(chosen: Sequence[ChosenFeatureOperator]) -> ColumnOptions:
    """Return how columns are read under the operators that say so: `date_parts` and `text_ngrams`."""
    options = ColumnOptions()
    for operator in chosen:
        parameters = feature_operators()[operator.name].configured(operator.parameters)
        if operator.name == "date_parts":
            options = replace(options, date_parts=_date_parts(parameters))
        if operator.name == "text_ngrams":
            texts = TextOptions(parameters["longest"], parameters["terms"], parameters["components"])
            options = replace(options, texts=texts)
    return options


def _date_parts(parameters: Mapping[str, Any]) -> Sequence[DatePart]:
    parts = [DatePart.DAYS]
    if parameters["calendar"]:
        parts += [DatePart.YEAR, DatePart.MONTH, DatePart.DAY, DatePart.WEEKDAY]
    if parameters["clock"]:
        parts += [DatePart.HOUR, DatePart.MINUTE]
    if parameters["position"]:
        parts += [DatePart.QUARTER, DatePart.WEEK, DatePart.DAY_OF_YEAR, DatePart.TO_MONTH_END]
    return parts


def _steps(operator: ChosenFeatureOperator, seen: Seen, fitted: FeatureMap) -> Sequence[FeatureStep]:
    entry = feature_operators()[operator.name]
    columns = _columns(operator, fitted, entry.kinds)
    parameters = entry.configured(operator.parameters)
    if operator.name in _NUMBERS:
        return _worked(_NUMBERS[operator.name], seen.numbers(columns), parameters)
    if operator.name in _CODES:
        return _worked(_CODES[operator.name], seen.codes(columns), parameters)
    if operator.name == "select_k_best":
        return _worked(several.select_k_best, seen.every(columns), parameters)
    return []  # of those that say how columns are read


def _worked(operator: _Operator, chosen: Chosen, parameters: Parameters) -> Sequence[FeatureStep]:
    return operator(chosen, parameters) if chosen.features else []


def _columns(operator: ChosenFeatureOperator, fitted: FeatureMap, kinds: Sequence[str]) -> frozenset[str]:
    """Return the columns that an operator works on. Raises UserFault: it names one that it cannot."""
    suited = {column.name: column.kind in kinds for column in fitted.feature_columns}
    if operator.columns is None:
        return frozenset(name for name, suits in suited.items() if suits)
    for name in operator.columns:
        if name not in suited:
            raise UserFault(f"feature_engineering: {operator.name} names {name!r}, which is no feature")
        if not suited[name]:
            raise UserFault(
                f"feature_engineering: {operator.name} works on columns of the kinds {', '.join(kinds)}; "
                f"{name!r} is none"
            )
    return frozenset(operator.columns)
