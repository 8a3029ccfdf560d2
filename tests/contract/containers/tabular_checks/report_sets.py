"""Reports of small real tables and simple models; as a program it writes the examples that other tests read:

    PYTHONPATH=containers/tabular:containers/kit:layers/catalog:layers/formats:. \
        <the image's python> tests/contract/containers/tabular_checks/report_sets.py
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

from openbml_catalog.tabular.settings import AlgorithmType, Costs, Metric, Objective, TabularSettings
from openbml_kit.files import write_json
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.automl.solution import Entry
from openbml_tabular.examples import Floats
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Evaluated, ReportColumn, ReportInputs, Training, Warned
from openbml_tabular.report.report import tabular_report
from tests.fakes.sample_data import SAMPLE_DATA

EXAMPLES = Path(__file__).resolve().parents[3] / "fakes" / "tabular_reports"
_TEXT_FROM = 60  # different values of a text column from which it is no category here
_SHOWN = 60  # wrong examples in a file that stays small


@dataclass(frozen=True)
class Set:
    """A table in its two parts, encoded simply: numbers as they are, texts by their codes."""

    name: str
    target: str
    training: pa.Table
    evaluated: pa.Table

    @classmethod
    def read(cls, name: str, target: str) -> "Set":
        folder = SAMPLE_DATA / "table" / name
        return cls(name, target, csv.read_csv(folder / "train.csv"), csv.read_csv(folder / "test.csv"))

    def columns(self) -> list[ReportColumn]:
        return [self._column(name) for name in self.training.column_names if name != self.target]

    def features(self) -> list[Feature]:
        return [
            Feature(
                name=column.name,
                column=column.name,
                kind=FeatureKind.CODE if column.kind == "category" else FeatureKind.NUMBER,
                cardinality=column.distinct if column.kind == "category" else 0,
            )
            for column in self.columns()
            if column.kind != "ignored"
        ]

    def encoded(self, table: pa.Table) -> Floats:
        return np.stack([self._feature(table, feature) for feature in self.features()], axis=1)

    def _feature(self, table: pa.Table, feature: Feature) -> Floats:
        values = table[feature.column].to_pylist()
        if feature.kind is FeatureKind.NUMBER:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float32)
        codes = {
            value: code for code, value in enumerate(sorted(set(self.training[feature.column].to_pylist())))
        }
        return np.array([codes.get(value, np.nan) for value in values], dtype=np.float32)

    def _column(self, name: str) -> ReportColumn:
        values = self.training[name].to_pylist()
        distinct, missing = len(set(values)), sum(value in (None, "") for value in values) / len(values)
        is_text = pa.types.is_string(self.training[name].type)
        if (is_text and distinct > _TEXT_FROM) or distinct == len(values):
            return ReportColumn(name, "ignored", missing, distinct, "nearly every row has its own value")
        return ReportColumn(name, "category" if is_text else "number", missing, distinct)


def classification_inputs(data: Set, positive: str | None = None, **changes: Any) -> ReportInputs:
    labels = sorted({str(value) for value in data.training[data.target].to_pylist()})
    if positive is not None:
        labels.sort(key=lambda label: label == positive)
    kind = AlgorithmType.BINARY if len(labels) == 2 else AlgorithmType.MULTICLASS
    problem = Problem(kind, Metric.LOG_LOSS, labels)

    def classes(table: pa.Table) -> Any:
        return np.array([labels.index(str(value)) for value in table[data.target].to_pylist()])

    x, y = data.encoded(data.training), classes(data.training)
    model = HistGradientBoostingClassifier(max_iter=60, random_state=1).fit(x, y)
    linear = LogisticRegression(max_iter=5000).fit(np.nan_to_num(x), y)

    def predict(rows: Floats) -> Any:
        return 0.6 * model.predict_proba(rows) + 0.4 * linear.predict_proba(np.nan_to_num(rows))

    counts = np.bincount(y, minlength=len(labels)).tolist()
    return _inputs(data, problem, classes, predict, class_counts=counts, **changes)


def regression_inputs(data: Set, quantiles: Sequence[float] = (), **changes: Any) -> ReportInputs:
    objective = Objective.QUANTILE if quantiles else Objective.MEAN
    metric = Metric.PINBALL if quantiles else Metric.RMSE
    problem = Problem(AlgorithmType.REGRESSION, metric, (), objective, tuple(quantiles))

    def values(table: pa.Table) -> Any:
        return np.array(table[data.target].to_pylist(), dtype=np.float64)

    x, y = data.encoded(data.training), values(data.training)
    if not quantiles:
        model = HistGradientBoostingRegressor(max_iter=60, random_state=1).fit(x, y)
        linear = Ridge().fit(np.nan_to_num(x), y)

        def mean(rows: Floats) -> Any:
            return (0.5 * model.predict(rows) + 0.5 * linear.predict(np.nan_to_num(rows)))[:, None]

        return _inputs(data, problem, values, mean, **changes)
    models = [
        HistGradientBoostingRegressor(
            loss="quantile", quantile=share, max_iter=40, max_leaf_nodes=8, random_state=1
        ).fit(x, y)
        for share in quantiles
    ]

    def bands(rows: Floats) -> Any:
        return np.sort(np.stack([model.predict(rows) for model in models], axis=1), axis=1)

    return _inputs(data, problem, values, bands, **changes)


def _inputs(
    data: Set,
    problem: Problem,
    targets: Callable[[pa.Table], Any],
    predict: Callable[[Floats], Any],
    **changes: Any,
) -> ReportInputs:
    class_counts = changes.pop("class_counts", ())
    x = data.encoded(data.evaluated)
    predictions = predict(x)
    settings = TabularSettings(target=data.target)
    given: dict[str, Any] = {
        "target": data.target,
        "problem": problem,
        "source": "eval",
        "evaluated": Evaluated(
            data.evaluated.drop_columns([data.target]), x, targets(data.evaluated), predictions
        ),
        "training": Training(
            data.encoded(data.training), targets(data.training), data.training.num_rows, class_counts
        ),
        "columns": data.columns(),
        "features": data.features(),
        "predict": predict,
        "leaderboard": _LEADERBOARD,
        "context": {
            "run_id": "7",
            "network": "AutoML",
            "params": {"tabular": settings.model_dump(mode="json")},
            "dataset": {"name": data.name, "version_number": 1, "rows": data.training.num_rows},
        },
    }
    return ReportInputs(**{**given, **changes})


_LEADERBOARD = [
    Entry("Ensemble", "Ensemble", {}, -0.41, {}, 1.0, 2, 1.9, 0.9, 210_000),
    Entry("LGBM-1", "LGBM", {"num_leaves": 31}, -0.43, {}, 0.6, 1, 1.2, 0.4, 180_000),
    Entry("LR-1", "LR", {"C": 1.0}, -0.45, {}, 0.4, 1, 0.1, 0.02, 30_000),
    Entry("CAT-1", "CAT", {"depth": 6}, None, {}, 0.0, 1, 4.0, None, 0, "out_of_time", "the time was over"),
]


def example_inputs() -> Mapping[str, ReportInputs]:
    missing = Warned(
        "missing_values",
        "info",
        "Column workclass is missing in a twentieth of the rows: say why, or fill it at its source.",
        "列workclass有二十分之一缺失：请说明原因或在数据源补全。",
    )
    adult = classification_inputs(
        Set.read("adult", "income"),
        positive=">50K",
        costs=Costs(false_positive=1, false_negative=3),
        warnings=[missing],
    )
    penguins = classification_inputs(Set.read("penguins", "species"))
    diabetes = Set.read("diabetes", "target")
    return {
        "binary": adult,
        "multiclass": penguins,
        "regression": regression_inputs(diabetes),
        "quantile": regression_inputs(diabetes, quantiles=(0.1, 0.5, 0.9)),
    }


def write_examples(folder: Path = EXAMPLES) -> None:
    for name, inputs in example_inputs().items():
        report = tabular_report(inputs)
        report["wrong_examples"] = report["wrong_examples"][:_SHOWN]
        write_json(folder / f"{name}.json", report)


if __name__ == "__main__":
    write_examples()
