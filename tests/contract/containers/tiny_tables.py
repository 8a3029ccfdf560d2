"""Makes small models of tables whose answers are known, run by the tabular image's interpreter.

`python tiny_tables.py FOLDER` writes all of them. Each is linear in an age, a colour's code and a year, so
the right contributions are known, too.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_kit.tables.column_maps import CategoryColumn, DateColumn, IgnoredColumn, NumberColumn
from openbml_kit.tables.date_parts import DatePart
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.export import ModelFacts, export_model
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.problem import Problem

Floats = npt.NDArray[np.float32]
COLOURS = ("red", "blue")
ROWS = [
    {"age": 20.0 + step, "colour": COLOURS[step % 2], "since": date(2000 + step, 1, 1), "id": step}
    for step in range(10)
]
FEATURE_MAP = FeatureMap(
    columns=(
        IgnoredColumn(name="id", because="identifier"),
        NumberColumn(name="age", example=20),
        CategoryColumn(name="colour", example="red", values=COLOURS, missing=True),
        DateColumn(name="since", example="2000-01-01", parts=(DatePart.YEAR,)),
    )
)


@dataclass(frozen=True)
class Linear:
    """Says `x @ weights + shift` of missing values as zeros; then softmax, if it scores classes."""

    weights: Floats
    shift: Floats
    softmax: bool = False

    def predict(self, x: Floats) -> Floats:
        sums = np.nan_to_num(x) @ self.weights + self.shift
        shares = np.exp(sums - sums.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True) if self.softmax else sums

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        missing = graph.node("IsNaN", [features])
        known = graph.node("Where", [missing, graph.constant(np.float32(0)), features])
        sums = graph.node("Gemm", [known, graph.constant(self.weights), graph.constant(self.shift)])
        return graph.node("Softmax", [sums], axis=1) if self.softmax else sums


def linear(
    age: Sequence[float], colour: Sequence[float], year: Sequence[float], shift: Sequence[float]
) -> Linear:
    return Linear(np.float32([age, colour, year]), np.float32(shift))


VALUE = linear([2], [10], [0.5], [-1000])
QUANTILES = linear([1, 2, 3], [0, 0, 0], [0, 0, 0], [-1, 0, 1])
BINARY = linear([0, 0.1], [0, 1], [0, 0], [0, -3])
CLASSES = linear([0, 0.1, 0.2], [0, 0, 1], [0, 0, 0], [3, 0, -3])


def write(root: Path, name: str, model: Linear, problem: Problem, **facts: object) -> None:
    export_model(
        Linear(model.weights, model.shift, softmax=problem.is_classification),
        FEATURE_MAP,
        problem,
        ModelFacts(network="tiny", target="target", run_id="1", snapshot_id="none", **facts),
        rows=FEATURE_MAP.encode_rows(ROWS),
        background=ROWS,
        folder=root / name / "model",
    )


def write_all(root: Path) -> None:
    regression, loss = AlgorithmType.REGRESSION, Metric.LOG_LOSS
    write(root, "value", VALUE, Problem(regression, Metric.RMSE))
    quantiles = Problem(regression, Metric.PINBALL, objective=Objective.QUANTILE, quantiles=(0.1, 0.5, 0.9))
    write(root, "quantiles", QUANTILES, quantiles)
    binary = Problem(AlgorithmType.BINARY, loss, labels=("no", "yes"))
    write(root, "binary", BINARY, binary, positive_label="yes", recommended_threshold=0.25)
    write(root, "classes", CLASSES, Problem(AlgorithmType.MULTICLASS, loss, labels=("a", "b", "c")))


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
