"""CatBoost, code CAT."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import catboost
import numpy as np

from openbml_catalog.tabular.settings import Metric, Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs import catboost_trees
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.models.links import Link, link_of
from openbml_tabular.models.parameters import Settings, number, whole
from openbml_tabular.models.preparation import fit_transform_for_trees
from openbml_tabular.models.stopping import Stopping, begun, patience_of
from openbml_tabular.problem import Problem

KNOWN = {
    "depth": whole(1, 16),
    "iterations": whole(1, 20_000),
    "learning_rate": number(1e-5, 1),
    "l2_leaf_reg": number(0, 1e6),
    "border_count": whole(1, 65_535),
    "random_strength": number(0, 1e3),
    "subsample": number(0.01, 1),
    "rsm": number(0.01, 1),
    "one_hot_max_size": whole(2, 100),
}
_MOST_TREES = 4000
_MOST_LEAVES = 65_536  # of a tree and all its outputs
_STEPS_WITHOUT_VALIDATION = 24.0  # trees x learning rate
_FEWEST_SAMPLED = 50
_MOST_CLASSES_DEEP = 8  # above, trees are shallower: a symmetric tree has 2^depth leaves of every class


@dataclass(frozen=True)
class CatBoostModel:
    preparation: Preparation
    model: catboost.CatBoost
    link: Link
    outputs: int

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        prepared = self.preparation.transform(x)
        raw = self.model.predict(prepared, prediction_type="RawFormulaVal", thread_count=1)
        return self.link.apply(np.asarray(raw).reshape(len(x), self.link.scores(self.outputs)))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        scores = catboost_trees.trees_of(self.model).add_to(graph, prepared)
        return self.link.add_to(graph, scores, self.outputs)


class CatBoost:
    """Gradient-boosted symmetric trees.

    Defaults: CatBoost's own regularisation with the tuned sampling of Holzmüller et al. 2024,
    arXiv:2407.04491 (CatBoost-TD). A symmetric tree has 2^depth leaves of every output; `depth` is
    cut where they would be more than 65,536.
    """

    code = "CAT"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return problem.outputs <= 200

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return rows * (features * 6 + 60 * problem.outputs) + 150_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> CatBoostModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        preparation, x = fit_transform_for_trees(
            training, problem, seed=seed, one_hot=settings.get("one_hot_max_size", 10)
        )
        stopping = Stopping(limits, patience_of(len(training)) if validation else 0)
        model = catboost.CatBoost(
            _options(training, problem, settings, limits, seed, stopped=bool(validation))
        )
        checked = None if validation is None else _pool(preparation.transform(validation.x), validation)
        model.fit(_pool(x, training), eval_set=checked, callbacks=[_Ending(stopping)])
        model.shrink(stopping.best_step + 1)
        return CatBoostModel(preparation, model, link_of(problem), problem.outputs)


def _pool(x: Floats, rows: Examples) -> catboost.Pool:
    return catboost.Pool(np.ascontiguousarray(x), rows.y, weight=rows.weights)


def _options(
    training: Examples,
    problem: Problem,
    settings: Settings,
    limits: FitLimits,
    seed: int,
    *,
    stopped: bool,
) -> dict[str, Any]:
    rate = settings.get("learning_rate", rate_of(len(training)))
    rounds = _MOST_TREES if stopped else min(_MOST_TREES, round(_STEPS_WITHOUT_VALIDATION / rate))
    options = {
        "iterations": settings.get("iterations", rounds),
        "learning_rate": rate,
        "depth": _depth(settings, problem),
        "l2_leaf_reg": settings.get("l2_leaf_reg", 3.0),
        "border_count": settings.get("border_count", 254),
        "random_strength": settings.get("random_strength", 0.8),
        "rsm": settings.get("rsm", 1.0),
        "boosting_type": "Plain",
        "leaf_estimation_iterations": 1 if problem.is_classification else None,
        "random_seed": seed,
        "thread_count": limits.threads,
        "use_best_model": False,  # the kept trees are counted by `Stopping`
        "allow_writing_files": False,
        "logging_level": "Silent",
        **_sampling(len(training), settings),
        **_target(problem),
    }
    return {name: value for name, value in options.items() if value is not None}


def _sampling(rows: int, settings: Settings) -> Mapping[str, Any]:
    """A sample of very few rows could be empty, which CatBoost refuses."""
    share = settings.get("subsample", 0.9)
    if share * rows < _FEWEST_SAMPLED:
        return {"bootstrap_type": "No"}
    return {"bootstrap_type": "Bernoulli", "subsample": share}


def _depth(settings: Settings, problem: Problem) -> int:
    default = 6 if problem.outputs <= _MOST_CLASSES_DEEP else 5
    return min(settings.get("depth", default), int(np.log2(_MOST_LEAVES / problem.outputs)))


def rate_of(rows: int) -> float:
    """Return a rate that is lower for few rows, whose trees are cheap."""
    return float(np.clip(0.05 * (rows / 2_000) ** 0.15, 0.03, 0.1))


def _target(problem: Problem) -> Mapping[str, Any]:
    """Return objective and metric; the latter is the problem's where it is smooth, else the objective."""
    if problem.is_classification:
        if problem.outputs > 2:
            return {"loss_function": "MultiClass"}
        return {
            "loss_function": "Logloss",
            "eval_metric": "AUC" if problem.metric is Metric.ROC_AUC else "Logloss",
        }
    if problem.objective is Objective.QUANTILE:
        shares = ",".join(f"{each:g}" for each in problem.quantiles)
        several = len(problem.quantiles) > 1
        return {"loss_function": f"MultiQuantile:alpha={shares}" if several else f"Quantile:alpha={shares}"}
    if problem.objective is Objective.COUNT:
        return {"loss_function": "Poisson"}
    return {"loss_function": "MAE" if problem.metric is Metric.MAE else "RMSE"}


class _Ending:
    """Ends training as `Stopping` says."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping

    def after_iteration(self, info: Any) -> bool:
        """Return whether to go on."""
        return not self._stopping.after_step(_validation_loss(info.metrics))


def _validation_loss(metrics: Mapping[str, Mapping[str, list[float]]]) -> float | None:
    if "validation" not in metrics:
        return None
    if "AUC" in metrics["validation"]:
        return -metrics["validation"]["AUC"][-1]
    (values,) = metrics["validation"].values()
    return values[-1]
