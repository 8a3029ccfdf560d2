"""The target of a training: what is to be learned, and each row's class or value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.metrics import chosen_metric
from openbml_catalog.tabular.settings import AlgorithmType, Metric, TabularSettings
from openbml_formats.tables.column_kinds import found_kind
from openbml_formats.tables.targets import TargetAnalysis, analysed_target, target_label, target_number
from openbml_formats.tables.written_numbers import DecimalMark
from openbml_kit.faults import UserFault
from openbml_tabular.examples import Rows
from openbml_tabular.features.arrow_counts import Distinct, arrow_counts, distinct_values
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class TargetValues:
    """Attributes:
    rows: shape (n,): the rows of the table that have a usable target, ascending.
    y: shape (n,): class numbers, int64, or values, float64.
    """

    rows: Rows
    y: npt.NDArray[Any]


@dataclass(frozen=True)
class Target:
    """A training table's target.

    Attributes:
        mark: the decimal mark of a regression's texts.
    """

    problem: Problem
    analysis: TargetAnalysis
    values: TargetValues
    name: str
    mark: DecimalMark

    def of_evaluation(self, table: pa.Table) -> TargetValues:
        """Return an evaluation table's target.

        Raises:
            UserFault: the column is missing, has no usable value, or a class that training lacks.
        """
        if self.name not in table.column_names:
            raise UserFault(f"the evaluation table has no target column {self.name!r}; import it with one")
        distinct = distinct_values(table.column(self.name))
        values = _values(distinct, self.problem, self.mark)
        if self.problem.is_classification:
            _refuse_unknown_classes(distinct, self.problem.labels, self.name)
        if not len(values.rows):
            raise UserFault(f"the target {self.name!r} has no usable value in the evaluation table")
        return values


def learned_target(table: pa.Table, settings: TabularSettings) -> Target:
    """Return what a table's target column teaches.

    Raises:
        UserFault: nothing can be learned from it, or a setting does not suit it.
    """
    column = table.column(settings.target)
    distinct = distinct_values(column)
    counts = arrow_counts(settings.target, column)
    analysis = analysed_target(counts, settings.algorithm_type, settings.objective)
    if analysis.refusal:
        raise UserFault(analysis.refusal.message_en)
    problem = _problem(analysis, settings)
    mark = found_kind(counts).mark
    return Target(problem, analysis, _values(distinct, problem, mark), settings.target, mark)


def _problem(analysis: TargetAnalysis, settings: TabularSettings) -> Problem:
    kind = analysis.algorithm_type
    if kind is AlgorithmType.REGRESSION:
        return Problem(kind, _metric(settings, kind), (), settings.objective, settings.quantiles)
    return Problem(kind, _metric(settings, kind), _labels(analysis, settings.positive_label))


def _metric(settings: TabularSettings, kind: AlgorithmType) -> Metric:
    try:
        return chosen_metric(settings.metric, kind, settings.objective)
    except ValueError as error:
        raise UserFault(f"metric: {error}") from error


def _labels(analysis: TargetAnalysis, positive: str | None) -> Sequence[str]:
    """Return the classes in their order; of two, the positive one is the second."""
    labels = sorted((found.label for found in analysis.classes), key=_order)
    if analysis.algorithm_type is not AlgorithmType.BINARY:
        return labels
    counts = {found.label: found.count for found in analysis.classes}
    if positive is not None and positive not in counts:
        raise UserFault(f"positive_label: {positive!r} is no class of the target; it has {', '.join(labels)}")
    second = positive or min(reversed(labels), key=counts.__getitem__)
    return [*(label for label in labels if label != second), second]


def _order(label: str) -> tuple[bool, float, str]:
    number = target_number(label)
    return number is None, number or 0.0, label


def _values(distinct: Distinct, problem: Problem, mark: DecimalMark) -> TargetValues:
    told = distinct.values.to_pylist()
    if problem.is_classification:
        codes = {label: code for code, label in enumerate(problem.labels)}
        known = [codes.get(_label(value), -1) for value in told]
        every = np.array([*known, -1], np.int64)[distinct.codes]
        rows = np.flatnonzero(every >= 0)
    else:
        numbers = [target_number(value, mark) for value in told]
        every = np.array([np.nan if number is None else number for number in [*numbers, None]])[
            distinct.codes
        ]
        rows = np.flatnonzero(np.isfinite(every))
    return TargetValues(rows, every[rows])


def _label(value: Any) -> str:
    """Return a value's class; the empty text, which is none, where it is not finite."""
    return "" if isinstance(value, float) and not np.isfinite(value) else target_label(value)


def _refuse_unknown_classes(distinct: Distinct, labels: Sequence[str], name: str) -> None:
    seen = {label for value in distinct.values.to_pylist() if (label := _label(value))}
    unknown = sorted(seen - set(labels))
    if unknown:
        raise UserFault(
            f"the evaluation table has classes of the target {name!r} that the training table lacks: "
            f"{', '.join(unknown[:10])}{' …' if len(unknown) > 10 else ''}; add training rows of them or "
            "leave these rows out of the evaluation"
        )
