"""XGBoost and LightGBM trained over rows that are split between machines, by their own Dask engines."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import lightgbm
import numpy as np
import xgboost
from lightgbm.dask import DaskLGBMRegressor
from xgboost.callback import TrainingCallback
from xgboost.collective import Op, allreduce
from xgboost.dask import DaskQuantileDMatrix
from xgboost.dask import train as train_xgboost

from openbml_tabular.distributed.row_parts import PreparedRows
from openbml_tabular.examples import Examples
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.learner import FitLimits, FittedModel, Parameters
from openbml_tabular.models.lgbm import KNOWN as LGBM_KNOWN
from openbml_tabular.models.lgbm import BoosterTask, LightGbmModel, targets_of
from openbml_tabular.models.links import link_of
from openbml_tabular.models.parameters import Settings
from openbml_tabular.models.stopping import patience_of
from openbml_tabular.models.xgb import KNOWN as XGB_KNOWN
from openbml_tabular.models.xgb import XgboostModel, options_of, rate_of, rounds_of
from openbml_tabular.problem import Problem

_PROBED_TREES = 10  # how fast LightGBM is on these rows

# The Dask engine warns at every fit that it sets the number of threads itself.
_LOGGER = logging.getLogger("lightgbm")
_LOGGER.setLevel(logging.ERROR)
_USED_SHARE = 0.8  # of the time that is left: an estimate may be wrong


@dataclass(frozen=True)
class RowsOnMachines:
    """Attributes:
    sample: rows of training that the preparation was fitted to, as it was given them.
    rows: of training on all machines.
    """

    prepared: PreparedRows
    preparation: Preparation
    sample: Examples
    sample_x: Any
    rows: int


class DistributedTrainer(Protocol):
    def __call__(
        self, rows: RowsOnMachines, problem: Problem, parameters: Parameters, *, ends_at: float, seed: int
    ) -> FittedModel:
        """Return a model of all machines' rows.

        Args:
            ends_at: seconds since 1970; adding trees ends about then.
        """


class _AgreedEnding(TrainingCallback):  # type: ignore[misc, unused-ignore] - xgboost has no types
    """Ends training on all machines after the same tree: when one of them is late, or validation is stale."""

    def __init__(self, ends_at: float, patience: int) -> None:
        super().__init__()
        self._ends_at, self._patience = ends_at, patience

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        late = allreduce(np.array([time.time() > self._ends_at], np.int32), Op.MAX)
        return bool(late[0]) or epoch - best_step(evals_log) > self._patience


def best_step(history: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the step of the least loss, or of the greatest area under the curve, 0-based."""
    for metrics in history.values():
        for name, values in metrics.items():
            return int(np.argmax(values) if name == "auc" else np.argmin(values))
    return 0


def xgboost_on_machines(
    rows: RowsOnMachines, problem: Problem, parameters: Parameters, *, ends_at: float, seed: int
) -> FittedModel:
    settings = Settings("XGB", XGB_KNOWN, parameters)
    client, bins = rows.prepared.client, settings.get("max_bin", 256)
    rate = settings.get("learning_rate", rate_of(rows.rows, problem))
    limits = FitLimits(time.monotonic() + ends_at - time.time())
    options = options_of(rows.sample, problem, settings, limits, seed) | {"learning_rate": rate}
    options.pop("nthread")  # the threads of each machine's worker
    x, y, weights = rows.prepared.arrays(held_out=False)
    data = DaskQuantileDMatrix(client, x, y, weight=weights, max_bin=bins)
    x, y, weights = rows.prepared.arrays(held_out=True)
    checked = DaskQuantileDMatrix(client, x, y, weight=weights, max_bin=bins, ref=data)
    trained = train_xgboost(
        client,
        options,
        data,
        num_boost_round=settings.get("n_estimators", rounds_of(rate, stopped=True)),
        evals=[(checked, "validation")],
        verbose_eval=False,
        callbacks=[_AgreedEnding(ends_at, patience_of(rows.rows))],
    )
    booster: xgboost.Booster = trained["booster"][: best_step(trained["history"]) + 1]
    booster.set_param({"nthread": 1})
    return XgboostModel(rows.preparation, booster, link_of(problem), problem.outputs)


def lightgbm_on_machines(
    rows: RowsOnMachines, problem: Problem, parameters: Parameters, *, ends_at: float, seed: int
) -> FittedModel:
    """LightGBM's Dask engine takes no word during training: how many trees there is time for is measured
    with the first ones, so that the deadline is kept."""
    settings = Settings("LGBM", LGBM_KNOWN, parameters)
    task = BoosterTask(rows.sample, None, problem, settings, seed, rows.preparation, rows.sample_x)
    targets = targets_of(problem)
    boosters = []
    for place, target in enumerate(targets):
        ends = time.time() + (ends_at - time.time()) / (len(targets) - place)
        boosters.append(_lightgbm(rows, task, target, ends))
    return LightGbmModel(rows.preparation, boosters, link_of(problem), problem.outputs)


def _lightgbm(
    rows: RowsOnMachines, task: BoosterTask, target: Mapping[str, Any], ends_at: float
) -> lightgbm.Booster:
    options = task.options(FitLimits(time.monotonic())) | target
    for own in ("num_threads", "metric", "deterministic"):
        options.pop(own)
    wanted = task.rounds()
    if wanted > _PROBED_TREES:
        started = time.time()
        _trained(rows, options, _PROBED_TREES)
        each = (time.time() - started) / _PROBED_TREES
        affordable = int(_USED_SHARE * (ends_at - time.time()) / each)
        wanted = max(min(wanted, affordable), 1)
    return _trained(rows, options, wanted)


def _trained(rows: RowsOnMachines, options: Mapping[str, Any], trees: int) -> lightgbm.Booster:
    x, y, weights = rows.prepared.arrays(held_out=False)
    # The regressor takes targets as they are: the classifier numbers the classes that each machine happens to
    # have, and their numbers would differ.
    lightgbm.register_logger(_LOGGER)
    estimator = DaskLGBMRegressor(client=rows.prepared.client, n_estimators=trees, **options)
    booster: lightgbm.Booster = estimator.fit(x, y, sample_weight=weights).to_local().booster_
    return booster


TRAINERS: Mapping[str, DistributedTrainer] = {
    "XGB": xgboost_on_machines,
    "LGBM": lightgbm_on_machines,
}
