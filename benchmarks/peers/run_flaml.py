"""FLAML as its documentation says: a time budget, the metric that everybody is told."""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import pandas as pd
from flaml import AutoML
from measured_system import Given, measure
from pandas_tables import first, read


@dataclass
class Fitted:
    automl: AutoML
    classes: list[str]

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        return self.automl.predict_proba(rows) if self.classes else self.automl.predict(rows)


def fit(given: Given) -> Fitted:
    task = "regression" if given.kind == "regression" else "classification"
    metric = "rmse" if task == "regression" else given.options["metric"]
    automl = AutoML()
    automl.fit(
        given.train.drop(columns=given.target),
        given.train[given.target],
        task=task,
        metric=metric,
        time_budget=given.budget_s,
        n_jobs=2,
        seed=given.seed,
        verbose=0,
    )
    labels = [] if task == "regression" else [str(label) for label in automl.classes_]
    return Fitted(automl, labels)


if __name__ == "__main__":
    measure(fit, read, first)
