"""What a report is made from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.settings import Costs
from openbml_kit.tables.features import Feature
from openbml_tabular.examples import Floats
from openbml_tabular.problem import Problem
from openbml_tabular.sampling import Sampling

if TYPE_CHECKING:
    from openbml_tabular.automl.solution import Entry

Source = Literal["holdout", "eval", "cross_validation"]
Kind = Literal["number", "category", "date", "text", "ignored"]
Rows = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Predict = Callable[[Floats], npt.NDArray[np.floating]]

DEFAULT_BUDGET_S = 60.0


@dataclass(frozen=True)
class ReportColumn:
    """A raw column of the table, as training saw it.

    Attributes:
        missing_share: of the training rows.
        distinct: how many different values training has.
        ignored_because: English reason of a column that is no feature.
    """

    name: str
    kind: Kind
    missing_share: float = 0.0
    distinct: int = 0
    ignored_because: str | None = None


@dataclass(frozen=True)
class Evaluated:
    """Rows that the figures rest on, with what the model said of them.

    Attributes:
        table: the raw columns, n rows; the target need not be among them.
        x: the encoded rows, shape (n, features).
        y: class numbers, int64, or values, float64; shape (n,).
        predictions: shape (n, outputs). With cross-validation they are the out-of-fold ones.
        groups: number of each row's group, or None; whole groups are resampled for intervals.
        weights: how much each row counts, or None.
        numbers: place of each row in the data it comes from, or None.
    """

    table: pa.Table
    x: Floats
    y: npt.NDArray[Any]
    predictions: npt.NDArray[np.floating]
    groups: Rows | None = None
    weights: Values | None = None
    numbers: Rows | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Rows) -> "Evaluated":
        return Evaluated(
            table=self.table.take(pa.array(rows)),
            x=self.x[rows],
            y=self.y[rows],
            predictions=self.predictions[rows],
            groups=None if self.groups is None else self.groups[rows],
            weights=None if self.weights is None else self.weights[rows],
            numbers=rows if self.numbers is None else self.numbers[rows],
        )


@dataclass(frozen=True)
class Training:
    """Rows that the model learnt from: what baselines and explanations compare with.

    Attributes:
        x: encoded rows, all or a sample, shape (m, features).
        y: their targets, shape (m,).
        rows: how many there were in all.
        class_counts: of each label over all rows; empty for a regression.
        sampling: None where all rows were used.
    """

    x: Floats
    y: npt.NDArray[Any]
    rows: int
    class_counts: Sequence[int] = ()
    sampling: Sampling | None = None


@dataclass(frozen=True)
class Warned:
    """Something that the profile or the solving found and the report passes on as a hint."""

    code: str
    severity: Literal["info", "warning"]
    message_en: str
    message_zh: str


@dataclass(frozen=True)
class ReportInputs:
    """Attributes:
    context: keys that the report carries as they are: run_id, network, params, dataset, history …
    predict: of the recommended model.
    columns: all raw columns but the target.
    """

    target: str
    problem: Problem
    source: Source
    evaluated: Evaluated
    training: Training
    columns: Sequence[ReportColumn]
    features: Sequence[Feature]
    predict: Predict
    leaderboard: Sequence["Entry"] = ()
    trials: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[Warned] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    holdout_fraction: float | None = None
    seed: int = 42
    budget_s: float = DEFAULT_BUDGET_S

    @property
    def saw_evaluated(self) -> bool:
        return self.source == "cross_validation"

    @property
    def positive_label(self) -> str | None:
        labels = self.problem.labels
        return labels[1] if len(labels) == 2 else None
