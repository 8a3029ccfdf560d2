"""XGBoost, code XGB."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import xgboost
from xgboost.callback import TrainingCallback

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs import xgboost_trees
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.models.lgbm import learning_rate_of
from openbml_tabular.models.links import Link, link_of
from openbml_tabular.models.parameters import Settings, number, whole
from openbml_tabular.models.preparation import fit_transform_for_trees
from openbml_tabular.models.stopping import Stopping, begun, patience_of
from openbml_tabular.problem import Problem

KNOWN = {
    "n_estimators": whole(1, 20_000),
    "max_depth": whole(1, 32),
    "learning_rate": number(1e-5, 1),
    "subsample": number(0.01, 1),
    "colsample_bytree": number(0.01, 1),
    "colsample_bylevel": number(0.01, 1),
    "min_child_weight": number(0, 1e6),
    "reg_alpha": number(0, 1e6),
    "reg_lambda": number(0, 1e6),
    "gamma": number(0, 1e6),
    "max_bin": whole(2, 1024),
    "one_hot_max_size": whole(2, 100),
}
_MOST_TREES = 4000
_STEPS_WITHOUT_VALIDATION = 12.0  # trees x learning rate
_RATE_BESIDE_LIGHTGBM = 2.0  # its trees of depth 6 learn less each than trees of 50 leaves


@dataclass(frozen=True)
class XgboostModel:
    preparation: Preparation
    booster: xgboost.Booster
    link: Link
    outputs: int

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        prepared = self.preparation.transform(x)
        raw = self.booster.inplace_predict(prepared, predict_type="margin", validate_features=False)
        return self.link.apply(np.asarray(raw).reshape(len(x), self.link.scores(self.outputs)))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        scores = xgboost_trees.trees_of(self.booster).add_to(graph, prepared)
        return self.link.add_to(graph, scores, self.outputs)


class Xgboost:
    """Gradient-boosted trees that grow by levels.

    Defaults: the tuned ones of Holzmüller et al. 2024, arXiv:2407.04491 (XGB-TD).
    """

    code = "XGB"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return True

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return rows * (features * 6 + 40 * problem.outputs) + 80_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> XgboostModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        preparation, x = fit_transform_for_trees(
            training, problem, seed=seed, one_hot=settings.get("one_hot_max_size", 10)
        )
        stopping = Stopping(limits, patience_of(len(training)) if validation else 0)
        rate = settings.get("learning_rate", rate_of(len(training), problem))
        binning = {"max_bin": settings.get("max_bin", 256), "nthread": limits.threads}
        data = xgboost.QuantileDMatrix(x, training.y, weight=training.weights, **binning)
        checked = None
        if validation is not None:
            x = preparation.transform(validation.x)
            y, weights = validation.y, validation.weights
            checked = xgboost.QuantileDMatrix(x, y, weight=weights, ref=data, **binning)
        booster = xgboost.train(
            options_of(training, problem, settings, limits, seed) | {"learning_rate": rate},
            data,
            num_boost_round=settings.get("n_estimators", rounds_of(rate, stopped=validation is not None)),
            evals=[(checked, "validation")] if checked else [],
            verbose_eval=False,
            callbacks=[_Ending(stopping)],
        )
        kept = booster[: stopping.best_step + 1]
        kept.set_param({"nthread": 1})
        return XgboostModel(preparation, kept, link_of(problem), problem.outputs)


def rate_of(rows: int, problem: Problem) -> float:
    """Return the learning rate where nobody says one."""
    base = learning_rate_of(rows, problem)
    return base * _RATE_BESIDE_LIGHTGBM if problem.is_classification else base


def rounds_of(rate: float, *, stopped: bool) -> int:
    """Return the most trees where nobody says how many."""
    return _MOST_TREES if stopped else min(_MOST_TREES, round(_STEPS_WITHOUT_VALIDATION / rate))


def options_of(
    training: Examples, problem: Problem, settings: Settings, limits: FitLimits, seed: int
) -> dict[str, Any]:
    """Return XGBoost's parameters but for the learning rate."""
    classifies = problem.is_classification
    return {
        "tree_method": "hist",
        "max_depth": settings.get("max_depth", 6 if classifies else 9),
        "min_child_weight": settings.get("min_child_weight", 5e-6 if classifies else 2.0),
        "subsample": settings.get("subsample", 0.65 if classifies else 0.7),
        "colsample_bytree": settings.get("colsample_bytree", 1.0),
        "colsample_bylevel": settings.get("colsample_bylevel", 0.9 if classifies else 1.0),
        "reg_alpha": settings.get("reg_alpha", 0.0),
        "reg_lambda": settings.get("reg_lambda", 0.0),
        "gamma": settings.get("gamma", 0.0),
        "max_bin": settings.get("max_bin", 256),
        "seed": seed,
        "nthread": limits.threads,
        "verbosity": 0,
        **_target(training, problem),
    }


def _target(training: Examples, problem: Problem) -> Mapping[str, Any]:
    """Return objective, metric and the score that trees start from.

    The metric is the problem's where it is smooth; accuracy and its kin move in jumps.
    """
    if problem.is_classification:
        if problem.outputs > 2:
            return {"objective": "multi:softprob", "num_class": problem.outputs, "eval_metric": "mlogloss"}
        metric = "auc" if problem.metric is Metric.ROC_AUC else "logloss"
        return {"objective": "binary:logistic", "eval_metric": metric}
    if problem.objective is Objective.QUANTILE:
        return {
            "objective": "reg:quantileerror",
            "quantile_alpha": np.array(problem.quantiles),
            "eval_metric": "quantile",
        }
    if problem.objective is Objective.COUNT:
        return {"objective": "count:poisson", "eval_metric": "poisson-nloglik", "max_delta_step": 0.7}
    if problem.metric is Metric.MAE:
        return {"objective": "reg:absoluteerror", "eval_metric": "mae"}
    return {"objective": "reg:squarederror", "eval_metric": "rmse"}


class _Ending(TrainingCallback):
    """Ends training as `Stopping` says."""

    def __init__(self, stopping: Stopping) -> None:
        super().__init__()
        self._stopping = stopping

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Any]) -> bool:
        loss = None
        for metrics in evals_log.values():
            for name, values in metrics.items():
                loss = -values[-1] if name == "auc" else values[-1]
        return self._stopping.after_step(loss)
