"""AutoGluon as its documentation says: a preset, a time limit, the metric that everybody is told."""

from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import pandas as pd
from autogluon.tabular import TabularPredictor
from measured_system import Given, measure
from pandas_tables import first, read


@dataclass
class Fitted:
    predictor: TabularPredictor
    classes: list[str]

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[Any]:
        if not self.classes:
            return self.predictor.predict(rows).to_numpy()
        return self.predictor.predict_proba(rows)[self.predictor.class_labels].to_numpy()


def fit(given: Given) -> Fitted:
    metric = "root_mean_squared_error" if given.kind == "regression" else given.options["metric"]
    predictor = TabularPredictor(
        label=given.target,
        problem_type=given.kind,
        eval_metric=metric,
        path=str(given.scratch / "autogluon"),
        verbosity=0,
    )
    predictor.fit(
        given.train, presets=given.options["preset"], time_limit=given.budget_s, num_cpus=2, num_gpus=0
    )
    predictor.persist()
    labels = [] if given.kind == "regression" else [str(label) for label in predictor.class_labels]
    return Fitted(predictor, labels)


if __name__ == "__main__":
    measure(fit, read, first)
