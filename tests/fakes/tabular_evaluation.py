"""Tabular runs to report on, without any library of models: the "model" knows the rule of its rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Evaluated, ReportColumn, ReportInputs, Training

Matrix = npt.NDArray[np.float32]


def matrix(rows: int, columns: int, seed: int = 0) -> Matrix:
    """Return numbers of which a tenth is missing; the last column holds codes 0, 1, 2."""
    drawn = np.random.default_rng(seed)
    x = drawn.normal(size=(rows, columns)).astype(np.float32)
    x[drawn.random(x.shape) < 0.1] = np.nan
    x[:, -1] = drawn.integers(0, 3, rows)
    return x


def probabilities(x: Matrix, classes: int) -> npt.NDArray[np.float64]:
    """Return the model's answers, shape (rows, classes): they rise with the first column."""
    first = np.nan_to_num(x[:, :1]).astype(np.float64)
    scores = np.exp(1.5 * first * np.linspace(-1, 1, classes) + np.sin(np.arange(classes)))
    return scores / scores.sum(axis=1, keepdims=True)


def values(x: Matrix) -> npt.NDArray[np.float64]:
    first, last = np.nan_to_num(x[:, 0]).astype(np.float64), x[:, -1].astype(np.float64)
    return 3 * first + last


def classification(
    rows: int = 400, *, columns: int = 4, classes: int = 2, seed: int = 0, metric: Metric = Metric.LOG_LOSS
) -> ReportInputs:
    """Return a run whose targets were drawn with the model's own probabilities: it is well calibrated."""
    x = matrix(rows, columns, seed)
    told = probabilities(x, classes)
    drawn = np.random.default_rng(seed + 1).random((rows, 1))
    y = np.minimum((drawn > told.cumsum(axis=1)).sum(axis=1), classes - 1)
    labels = [f"class {number}" for number in range(classes)]
    kind = AlgorithmType.BINARY if classes == 2 else AlgorithmType.MULTICLASS
    counts = np.bincount(y, minlength=classes) + 1
    return _inputs(
        Problem(kind, metric, labels),
        x,
        y,
        lambda rows: probabilities(rows, classes),
        class_counts=counts.tolist(),
    )


def regression(rows: int = 400, *, columns: int = 4, seed: int = 0, noise: float = 0.5) -> ReportInputs:
    x = matrix(rows, columns, seed)
    y = values(x) + noise * np.random.default_rng(seed + 1).normal(size=rows)
    return _inputs(Problem(AlgorithmType.REGRESSION, Metric.RMSE), x, y, lambda rows: values(rows)[:, None])


def quantiles(rows: int = 400, *, seed: int = 0) -> ReportInputs:
    shares, steps = (0.1, 0.5, 0.9), np.array([-1.2816, 0.0, 1.2816])
    x = matrix(rows, 3, seed)
    y = values(x) + np.random.default_rng(seed + 1).normal(size=rows)
    problem = Problem(AlgorithmType.REGRESSION, Metric.PINBALL, (), Objective.QUANTILE, shares)
    return _inputs(problem, x, y, lambda rows: values(rows)[:, None] + steps)


def names(columns: int) -> Sequence[str]:
    return [f"c{number}" for number in range(columns)]


def _inputs(
    problem: Problem, x: Matrix, y: Any, predict: Any, class_counts: Sequence[int] = ()
) -> ReportInputs:
    named = names(x.shape[1])
    kinds = ["number"] * (len(named) - 1) + ["category"]
    table = {name: pa.array(x[:, place].tolist(), from_pandas=True) for place, name in enumerate(named)}
    table[named[-1]] = pa.array([f"kind {code:.0f}" for code in x[:, -1]])
    return ReportInputs(
        target="target",
        problem=problem,
        source="holdout",
        evaluated=Evaluated(pa.table(table), x, y, predict(x)),
        training=Training(x[:200], y[:200], rows=4 * len(x), class_counts=class_counts),
        columns=[ReportColumn(name, kind, 0.1, 9) for name, kind in zip(named, kinds, strict=True)],  # type: ignore[arg-type]
        features=[
            Feature(
                name=name,
                column=name,
                kind=FeatureKind.CODE if kind == "category" else FeatureKind.NUMBER,
                cardinality=3 if kind == "category" else 0,
            )
            for name, kind in zip(named, kinds, strict=True)
        ],
        predict=predict,
        holdout_fraction=0.2,
        context={"run_id": "7", "network": "AutoML", "params": {"tabular": {"target": "target"}}},
        budget_s=10,
    )
