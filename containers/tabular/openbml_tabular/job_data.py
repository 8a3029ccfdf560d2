"""The rows of a job: read, checked, split and made into features."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.settings import ChosenFeatureOperator, TabularSettings
from openbml_kit.faults import PlatformFault
from openbml_kit.places import Places
from openbml_kit.tables.feature_map import FeatureMap
from openbml_tabular.automl.folds import Folds
from openbml_tabular.examples import Examples, Floats, Rows
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.operators.engineering import engineered_feature_map
from openbml_tabular.features.row_weights import row_weights
from openbml_tabular.features.target_values import Target, TargetValues, learned_target
from openbml_tabular.problem import Problem
from openbml_tabular.reading.tables import ReadTable, read_table
from openbml_tabular.report.inputs import Source
from openbml_tabular.sampling import Sampling
from openbml_tabular.splitting.folds import fold_numbers, fold_plan
from openbml_tabular.splitting.holdout import holdout, holdout_share
from openbml_tabular.splitting.keys import SplitKeys, split_keys


@dataclass(frozen=True)
class Part:
    """Some rows with a target.

    Attributes:
        table: their raw columns, n rows.
        y: shape (n,): class numbers, int64, or values, float64.
        keys: what they are split by.
        weights: mean 1; None: all count the same.
        numbers: places in the data they come from.
    """

    table: pa.Table
    y: npt.NDArray[Any]
    keys: SplitKeys
    weights: npt.NDArray[np.float64] | None
    numbers: Rows

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Rows) -> "Part":
        return Part(
            table=self.table.take(pa.array(rows)),
            y=self.y[rows],
            keys=self.keys.take(rows),
            weights=None if self.weights is None else self.weights[rows],
            numbers=self.numbers[rows],
        )


@dataclass(frozen=True)
class JobData:
    """Attributes:
    evaluated: rows that training does not see; None: cross-validation evaluates.
    snapshot_ids: of the training and the evaluation data.
    """

    target: Target
    training: Part
    evaluated: Part | None
    source: Source
    sampling: Sampling | None
    snapshot_ids: Sequence[str]
    holdout_fraction: float | None
    seed: int

    @property
    def problem(self) -> Problem:
        return self.target.problem

    def folds(self) -> Folds:
        """Return the folds of the training rows."""
        keys = self.training.keys
        numbers = fold_numbers(keys, fold_plan(len(self.training)), seed=self.seed)
        return Folds.of(numbers, ordered=keys.is_ordered)

    def examples(self, feature_map: FeatureMap) -> Examples:
        part = self.training
        return Examples(encode_table(feature_map, part.table), part.y, feature_map.features, part.weights)

    def evaluated_features(self, feature_map: FeatureMap) -> Floats:
        """Return the evaluated rows' features. Raises PlatformFault: cross-validation evaluates."""
        if self.evaluated is None:
            raise PlatformFault("a cross-validation has no rows of its own")
        return encode_table(feature_map, self.evaluated.table)


def read_job_data(places: Places, settings: TabularSettings) -> JobData:
    """Return the rows of the job's channels.

    Raises:
        UserFault: the data or the settings do not suit.
        PlatformFault: a channel is missing or damaged.
    """
    read = read_table(*_channel(places, "train"), settings)
    target = learned_target(read.table, settings)
    every = _part(read.table, target.values, target.problem, settings)
    if places.channel("eval") is not None:
        evaluated = _evaluation(places, settings, target, read)
        return _job_data(target, every, evaluated[0], "eval", read, settings, evaluated[1].snapshot_id)
    share = holdout_share(settings.holdout_fraction, len(every))
    if not share:
        return _job_data(target, every, None, "cross_validation", read, settings)
    split = holdout(every.keys, share, seed=settings.seed)
    data = _job_data(
        target, every.take(split.training), every.take(split.evaluation), "holdout", read, settings
    )
    return replace(data, holdout_fraction=share)


def fitted_features(
    data: JobData, settings: TabularSettings, operators: Sequence[ChosenFeatureOperator] | None = None
) -> FeatureMap:
    """Return the map of the training rows' columns, with the steps of the operators.

    Args:
        operators: in the place of those that the settings choose.

    Raises:
        UserFault: no column is left, or an operator does not suit its columns.
    """
    part = data.training
    return engineered_feature_map(
        part.table,
        settings,
        rows=np.arange(len(part)),
        y=part.y,
        is_classification=data.problem.is_classification,
        operators=operators,
    )


def _job_data(
    target: Target,
    training: Part,
    evaluated: Part | None,
    source: Source,
    read: ReadTable,
    settings: TabularSettings,
    *more_snapshots: str,
) -> JobData:
    return JobData(
        target=target,
        training=training,
        evaluated=evaluated,
        source=source,
        sampling=read.sampling,
        snapshot_ids=(read.snapshot_id, *more_snapshots),
        holdout_fraction=None,
        seed=settings.seed,
    )


def _evaluation(
    places: Places, settings: TabularSettings, target: Target, training: ReadTable
) -> tuple[Part, ReadTable]:
    read = read_table(*_channel(places, "eval"), settings, only=training.table.column_names)
    return _part(read.table, target.of_evaluation(read.table), target.problem, settings), read


def _part(table: pa.Table, values: TargetValues, problem: Problem, settings: TabularSettings) -> Part:
    rows = values.rows
    weights = row_weights(table, settings.weight_column, rows) if settings.weight_column else None
    chosen = table if len(rows) == table.num_rows else table.take(pa.array(rows))
    return Part(chosen, values.y, split_keys(table, settings, problem, rows, values.y), weights, rows)


def _channel(places: Places, name: str) -> tuple[Path, Path]:
    folder, parts = places.channel(name), places.channel(f"{name}_parts")
    if folder is None or parts is None:
        raise PlatformFault(f"the job has no channel {name if folder is None else f'{name}_parts'}")
    return folder, parts
