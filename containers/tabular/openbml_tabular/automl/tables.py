"""AutoML from a raw table: for scripts and benchmarks; the training job adds check-points and a report."""

import io
import time
from dataclasses import dataclass

import pyarrow as pa

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.progress import Progress
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.solution import Solution
from openbml_tabular.automl.solving import solve
from openbml_tabular.automl.zoo import default_zoo, warm_up
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.fitting import fit_feature_map
from openbml_tabular.features.row_weights import row_weights
from openbml_tabular.features.target_values import learned_target
from openbml_tabular.splitting.folds import fold_numbers, fold_plan
from openbml_tabular.splitting.keys import split_keys


@dataclass(frozen=True)
class TableSolution:
    """A solution that answers raw tables."""

    feature_map: FeatureMap
    solution: Solution

    @property
    def labels(self) -> list[str]:
        """The classes in the order of a prediction's columns; empty for a regression."""
        return list(self.solution.problem.labels)

    def predict(self, table: pa.Table) -> Floats:
        """Return shape (rows, outputs): probabilities, or values."""
        return self.solution.predictor.predict(encode_table(self.feature_map, table))


def solve_table(
    table: pa.Table,
    settings: TabularSettings,
    *,
    budget_s: float,
    threads: int,
    progress: Progress | None = None,
) -> TableSolution:
    """Learn from all rows that have a target.

    Args:
        budget_s: seconds of everything, reading the columns included.

    Raises:
        UserFault: the settings do not suit the table, or nothing can be learned from it.
    """
    started = time.monotonic()
    warm_up()
    target = learned_target(table, settings)
    rows, y = target.values.rows, target.values.y
    feature_map = fit_feature_map(table, settings)
    x = encode_table(feature_map, table)[rows]
    weights = None if settings.weight_column is None else row_weights(table, settings.weight_column, rows)
    keys = split_keys(table, settings, target.problem, rows, y)
    folds = fold_numbers(keys, fold_plan(len(rows)), seed=settings.seed)
    solution = solve(
        Examples(x, y, feature_map.features, weights),
        target.problem,
        Folds.of(folds, ordered=keys.is_ordered),
        zoo=default_zoo(),
        budget_s=budget_s - (time.monotonic() - started),
        threads=threads,
        seed=settings.seed,
        progress=progress or Progress(io.StringIO()),
    )
    return TableSolution(feature_map, solution)
