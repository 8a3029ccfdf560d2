"""LightGBM, code LGBM."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from lightgbm.callback import CallbackEnv, EarlyStopException

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs import lightgbm_trees
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters, Value
from openbml_tabular.models.links import Link, link_of
from openbml_tabular.models.parameters import SWITCH, Settings, choice, number, whole
from openbml_tabular.models.preparation import fit_transform_for_trees
from openbml_tabular.models.stopping import Stopping, begun, patience_of
from openbml_tabular.problem import Problem

KNOWN = {
    "num_leaves": whole(2, 4096),
    "boosting_type": choice("gbdt", "dart", "goss", "rf"),
    "n_estimators": whole(1, 20_000),
    "max_depth": whole(-1, 64),
    "subsample": number(0.01, 1),
    "learning_rate": number(1e-5, 1),
    "colsample_bytree": number(0.01, 1),
    "reg_alpha": number(0, 1e6),
    "reg_lambda": number(0, 1e6),
    "min_child_samples": whole(1, 1_000_000),
    "max_bin": whole(2, 1023),
    "extra_trees": SWITCH,
    "one_hot_max_size": whole(2, 100),
}
_MOST_TREES = 4000  # where validation says when to stop
_STEPS_WITHOUT_VALIDATION = 10.0  # trees x learning rate
_TREES_OF_UNSTOPPED = 300  # of dart and rf
_SUBSAMPLE_OF_RF = 0.632  # what a bootstrap sample has of the rows


@dataclass(frozen=True)
class LightGbmModel:
    """Attributes:
    boosters: one, or one for each quantile.
    """

    preparation: Preparation
    boosters: Sequence[lightgbm.Booster]
    link: Link
    outputs: int

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    @cached_property
    def _trees_averaged(self) -> int:
        """Of `rf`, how many trees its raw scores are the sum of; 1 of the others."""
        first = self.boosters[0]
        averages = "\naverage_output\n" in first.model_to_string(num_iteration=1)
        return int(first.current_iteration()) if averages else 1

    def predict(self, x: Floats) -> Floats:
        prepared = self.preparation.transform(x)
        width = self.link.scores(self.outputs) // len(self.boosters)
        raw = [each.predict(prepared, raw_score=True, num_threads=1) for each in self.boosters]
        scores = [np.asarray(each).reshape(len(x), width) for each in raw]
        return self.link.apply(np.concatenate(scores, axis=1) / self._trees_averaged)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        parts = [lightgbm_trees.trees_of(each).add_to(graph, prepared) for each in self.boosters]
        scores = parts[0] if len(parts) == 1 else graph.node("Concat", parts, axis=1)
        return self.link.add_to(graph, scores, self.outputs)


class LightGbm:
    """Gradient-boosted trees that grow by leaves.

    Defaults: the tuned ones of Holzmüller et al. 2024, arXiv:2407.04491 (LGBM-TD). Values that
    contradict each other are made to fit: `rf` bags a share of the rows below 1 and is not stopped early,
    `goss` has a sampling of its own and drops `subsample`, `dart` cannot be stopped early since later trees
    change earlier ones, and `num_leaves` is at most 2^max_depth.
    """

    code = "LGBM"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return True

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return rows * (features * 6 + 40 * problem.outputs) + 50_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> LightGbmModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        preparation, x = fit_transform_for_trees(
            training, problem, seed=seed, one_hot=settings.get("one_hot_max_size", 10)
        )
        task = BoosterTask(training, validation, problem, settings, seed, preparation, x)
        targets = targets_of(problem)
        boosters = []
        for place, target in enumerate(targets):
            share = limits.left_s / (len(targets) - place)
            part = replace(limits, deadline=limits.deadline - limits.left_s + share)
            boosters.append(task.booster(target, part))
        return LightGbmModel(preparation, boosters, link_of(problem), problem.outputs)


@dataclass(frozen=True)
class BoosterTask:
    """What is known of a booster before its rows are binned."""

    training: Examples
    validation: Examples | None
    problem: Problem
    settings: Settings
    seed: int
    preparation: Preparation
    x: Floats

    def booster(self, target: Mapping[str, Value], limits: FitLimits) -> lightgbm.Booster:
        """Train one booster and keep its trees up to the best."""
        options = {**self.options(limits), **target}
        data = lightgbm.Dataset(self.x, self.training.y, weight=self.training.weights, params=options)
        checked = self._checked(data, options)
        stopping = Stopping(limits, patience_of(len(self.training)) if checked else 0)
        booster = lightgbm.train(
            options,
            data,
            num_boost_round=self.rounds(),
            valid_sets=checked,
            callbacks=[_stopping_callback(stopping)],
        )
        text = booster.model_to_string(num_iteration=stopping.best_step + 1)
        return lightgbm.Booster(model_str=text)

    def _checked(self, data: lightgbm.Dataset, options: dict[str, Any]) -> list[lightgbm.Dataset]:
        """Return the validation rows as LightGBM takes them; none where nothing can be stopped early."""
        if self.validation is None or self.boosting in ("dart", "rf"):
            return []
        x = self.preparation.transform(self.validation.x)
        rows = self.validation
        return [data.create_valid(x, rows.y, weight=rows.weights, params=options)]

    @property
    def boosting(self) -> str:
        return self.settings.get("boosting_type", "gbdt")

    def rounds(self) -> int:
        """Return the most trees."""
        if self.boosting in ("dart", "rf"):
            default = _TREES_OF_UNSTOPPED
        elif self.validation is None:
            default = min(_MOST_TREES, round(_STEPS_WITHOUT_VALIDATION / self._learning_rate))
        else:
            default = _MOST_TREES
        return self.settings.get("n_estimators", default)

    @property
    def _learning_rate(self) -> float:
        return self.settings.get("learning_rate", learning_rate_of(len(self.training), self.problem))

    def options(self, limits: FitLimits) -> dict[str, Any]:
        """Return LightGBM's parameters but for objective and metric."""
        classifies = self.problem.is_classification
        rows = len(self.training)
        return {
            "learning_rate": self._learning_rate,
            "num_leaves": self._leaves(50 if classifies else 100),
            "max_depth": self.settings.get("max_depth", -1),
            "min_data_in_leaf": self.settings.get("min_child_samples", smallest_leaf(rows, self.problem)),
            "min_sum_hessian_in_leaf": 1e-7 if classifies else 1e-3,
            "feature_fraction": self.settings.get("colsample_bytree", 1.0),
            "lambda_l1": self.settings.get("reg_alpha", 0.0),
            "lambda_l2": self.settings.get("reg_lambda", 0.0),
            "max_bin": self.settings.get("max_bin", 255),
            "extra_trees": self.settings.get("extra_trees", False),
            **self._sampling(),
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": self.x.shape[1] <= 200,
            "force_col_wise": self.x.shape[1] > 200,
            "feature_pre_filter": False,
            "num_threads": limits.threads,
            "verbosity": -1,
        }

    def _leaves(self, default: int) -> int:
        depth = self.settings.get("max_depth", -1)
        leaves = self.settings.get("num_leaves", default)
        return min(leaves, 2**depth) if 0 < depth < 12 else leaves

    def _sampling(self) -> dict[str, Value]:
        default = 0.75 if self.problem.is_classification else 0.7
        share = self.settings.get("subsample", default)
        match self.boosting:
            case "goss":
                return {"boosting": "gbdt", "data_sample_strategy": "goss"}
            case "rf":
                share = self.settings.get("subsample", _SUBSAMPLE_OF_RF)
                bagged = share if share < 1 else _SUBSAMPLE_OF_RF
                return {"boosting": "rf", "bagging_fraction": bagged, "bagging_freq": 1}
            case kind:
                return {"boosting": kind, "bagging_fraction": share, "bagging_freq": int(share < 1)}


def learning_rate_of(rows: int, problem: Problem) -> float:
    """Return a rate that falls from 0.08 of many rows to 0.04, or 0.05 for values, of few."""
    base = 0.04 if problem.is_classification else 0.05
    return base if rows <= 20_000 else min(0.08, base * (rows / 20_000) ** 0.4)


def smallest_leaf(rows: int, problem: Problem) -> int:
    """Return the fewest rows of a leaf: for classes 40, fewer of small tables."""
    return max(2, min(40, rows // 50)) if problem.is_classification else 3


def targets_of(problem: Problem) -> list[dict[str, Value]]:
    """Return the objective and metric of each booster.

    The metric is the problem's where it is smooth; accuracy, F1 and its kin move in jumps, so that log loss
    says when to stop.
    """
    if problem.is_classification:
        if problem.outputs == 2:
            metric = "auc" if problem.metric is Metric.ROC_AUC else "binary_logloss"
            return [{"objective": "binary", "metric": metric}]
        return [{"objective": "multiclass", "num_class": problem.outputs, "metric": "multi_logloss"}]
    if problem.objective is Objective.QUANTILE:
        return [{"objective": "quantile", "metric": "quantile", "alpha": each} for each in problem.quantiles]
    if problem.objective is Objective.COUNT:
        return [{"objective": "poisson", "metric": "poisson"}]
    if problem.metric is Metric.MAE:
        return [{"objective": "regression_l1", "metric": "l1"}]
    return [{"objective": "regression", "metric": "l2"}]


def _stopping_callback(stopping: Stopping) -> Callable[[CallbackEnv], None]:
    def after_tree(state: CallbackEnv) -> None:
        loss = None
        if state.evaluation_result_list:
            _, _, value, higher_is_better, *_ = state.evaluation_result_list[0]
            loss = -value if higher_is_better else value
        if stopping.after_step(loss):
            raise EarlyStopException(stopping.best_step, [])

    return after_tree
