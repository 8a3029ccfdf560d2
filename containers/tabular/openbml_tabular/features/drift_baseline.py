"""What training rows and predictions were distributed like: `drift_baseline.json`, monitoring's basis.

Of each column, and of the predictions, the document has the share of rows in each interval or category. With
the same shares q of later rows, PSI = Σ (q - p) ln(q / p), shares below 1e-4 taken as 1e-4. Of numbers it has
the quantiles at 0, 1 … 100 %, too: a distribution function, whose greatest distance to that of later rows is
the Kolmogorov-Smirnov statistic. docs/guides/tabular-data.md describes the fields.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from openbml_kit.tables.column_maps import CategoryColumn, ColumnMap, DateColumn, NumberColumn
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.raw_values import WrongTypeError, category_text
from openbml_tabular.examples import Rows
from openbml_tabular.features.arrow_counts import distinct_values
from openbml_tabular.features.encoding import encoded_column
from openbml_tabular.problem import Problem

_MOST_ROWS = 200_000
_INTERVALS = 10
_MOST_CATEGORIES = 50
_DIGITS = 6
_DAY_S = 86400.0

Measure = Literal["value", "days", "characters"]
Numbers = npt.NDArray[np.float64]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class NumberBaseline(_Part):
    """Attributes:
    measure: what was counted: the value, the days since 1970 of a date, the characters of a text.
    edges: between intervals, ascending; an interval has its lower edge, not its upper; the ends are open.
    shares: of the rows with a value, one for each interval: len(edges) + 1.
    quantiles: at 0, 1 … 100 %; empty where no row has a value.
    """

    kind: Literal["number"] = "number"
    name: str
    measure: Measure = "value"
    missing_share: float
    edges: tuple[float, ...]
    shares: tuple[float, ...]
    quantiles: tuple[float, ...]


class CategoryBaseline(_Part):
    """Attributes:
    values: the most frequent categories, at most 50. shares: of the rows with a value, for each of them.
    other_share: of all others; unseen ones belong to it.
    """

    kind: Literal["category"] = "category"
    name: str
    missing_share: float
    values: tuple[str, ...]
    shares: tuple[float, ...]
    other_share: float


class DriftBaseline(_Part):
    """Attributes:
    rows: of training. columns: those that are features.
    predictions: of rows not trained on: of a classification the share of each label as the answer, and for
        each label its probabilities; of a regression its values, one entry for each quantile.
    """

    format: Literal["openbml.drift_baseline/1"] = "openbml.drift_baseline/1"
    rows: int
    columns: tuple[NumberBaseline | CategoryBaseline, ...]
    predictions: tuple[NumberBaseline | CategoryBaseline, ...]


def drift_baseline(
    feature_map: FeatureMap,
    table: pa.Table,
    rows: Rows,
    problem: Problem,
    predicted: npt.NDArray[np.floating[Any]],
) -> DriftBaseline:
    """Return the baseline; of more than 200,000 rows, some in even distances are looked at.

    Args:
        rows: of the table, those that trained.
        predicted: shape (m, problem.outputs): predictions of rows that did not train; NaN rows are left out.
    """
    looked_at = rows[:: -(-len(rows) // _MOST_ROWS) or 1]
    columns = [
        _of_column(feature_map, column, table.column(column.name).take(pa.array(looked_at)))
        for column in feature_map.feature_columns
    ]
    answered = predicted[~np.isnan(predicted).any(axis=1)].astype(np.float64)
    return DriftBaseline(
        rows=len(rows), columns=tuple(columns), predictions=tuple(_answers(problem, answered))
    )


def _of_column(
    feature_map: FeatureMap, column: ColumnMap, values: pa.ChunkedArray
) -> NumberBaseline | CategoryBaseline:
    if isinstance(column, NumberColumn):
        numbers = encoded_column(feature_map, column, values)[:, 0]
        return _numbers(column.name, numbers.astype(np.float64))
    distinct = distinct_values(values)
    told = [*distinct.values.to_pylist(), None]
    if isinstance(column, CategoryColumn):
        return _categories(column.name, [category_text(value) for value in told], distinct.codes)
    measured = np.array([_measured(column, value) for value in told], np.float64)
    measure: Measure = "days" if isinstance(column, DateColumn) else "characters"
    return _numbers(column.name, measured[distinct.codes], measure)


def _measured(column: ColumnMap, value: Any) -> float:
    """Return a date's days or a text's characters; NaN where there is none, or what is no date."""
    try:
        if isinstance(column, DateColumn):
            seconds = None if value is None else column.seconds(value)
            return np.nan if seconds is None else seconds / _DAY_S
        return float(len(category_text(value) or "")) or np.nan
    except WrongTypeError:
        return np.nan


def _numbers(name: str, values: Numbers, measure: Measure = "value") -> NumberBaseline:
    present = values[~np.isnan(values)]
    edges = _edges(present)
    counts = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    quantiles = np.quantile(present, np.linspace(0, 1, 101)) if len(present) else np.zeros(0)
    return NumberBaseline(
        name=name,
        measure=measure,
        missing_share=_rounded(1 - len(present) / max(len(values), 1)),
        edges=_tuple(edges),
        shares=tuple(_rounded(count / max(len(present), 1)) for count in counts),
        quantiles=_tuple(quantiles),
    )


def _edges(present: Numbers) -> Numbers:
    """Return the borders of ten intervals with about equally many rows."""
    if not len(present):
        return np.zeros(0)
    edges = np.unique(np.quantile(present, np.linspace(0, 1, _INTERVALS + 1)[1:-1]))
    return edges[edges > present.min()]


def _categories(name: str, texts: Sequence[str | None], codes: npt.NDArray[np.int32]) -> CategoryBaseline:
    counts: dict[str | None, int] = {}
    for text, count in zip(
        texts, np.bincount(codes % len(texts), minlength=len(texts)).tolist(), strict=True
    ):
        counts[text] = counts.get(text, 0) + count
    missing = counts.pop(None, 0)
    present = max(sum(counts.values()), 1)
    ranked = sorted(
        ((text, count) for text, count in counts.items() if text), key=lambda pair: (-pair[1], pair[0])
    )
    kept = ranked[:_MOST_CATEGORIES]
    return CategoryBaseline(
        name=name,
        missing_share=_rounded(missing / max(len(codes), 1)),
        values=tuple(text for text, _ in kept),
        shares=tuple(_rounded(count / present) for _, count in kept),
        other_share=_rounded(sum(count for _, count in ranked[_MOST_CATEGORIES:]) / present),
    )


def _answers(problem: Problem, predicted: Numbers) -> Sequence[NumberBaseline | CategoryBaseline]:
    if not problem.is_classification:
        names = [f"quantile_{share:g}" for share in problem.quantiles] or ["value"]
        return [_numbers(name, values) for name, values in zip(names, predicted.T, strict=True)]
    answers = predicted.argmax(axis=1) if len(predicted) else np.zeros(0, np.int64)
    labels = _categories("label", [*problem.labels, None], answers.astype(np.int32))
    scores = zip(problem.labels, predicted.T, strict=True)
    return [labels, *(_numbers(f"score_{label}", values) for label, values in scores)]


def _tuple(values: Numbers) -> tuple[float, ...]:
    return tuple(float(f"{value:.9g}") for value in values.tolist())


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
