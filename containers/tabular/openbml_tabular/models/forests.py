"""Random forests and extremely randomised trees, codes RF and XT."""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree._tree import Tree as SklearnTree

from openbml_catalog.tabular.settings import Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.graphs.forest_trees import Forest
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters, Value
from openbml_tabular.models.links import Link, link_of_values
from openbml_tabular.models.packed_forest import PackedForest
from openbml_tabular.models.parameters import SWITCH, Known, Settings, choice, whole
from openbml_tabular.models.preparation import fit_transform_for_trees
from openbml_tabular.models.stopping import begun
from openbml_tabular.problem import Problem

KNOWN = {
    "n_estimators": whole(1, 5000),
    "max_features": Known((int, float, str), 1e-6, 100_000, ("sqrt", "log2")),
    "max_depth": whole(-1, 1000),
    "min_samples_split": whole(2, 1_000_000),
    "min_samples_leaf": whole(1, 1_000_000),
    "max_leaf_nodes": whole(2, 1_000_000),
    "bootstrap": SWITCH,
    "criterion": choice("gini", "entropy"),
    "one_hot_max_size": whole(2, 100),
}
_MOST_ROWS_OF_A_TREE = 100_000
_MOST_LEAVES = 300_000  # of all trees, so that a graph has some ten megabytes
_BATCH_S = 1.0  # between two looks at the clock
_LEAF_OF_QUANTILES = 10  # rows; fewer say little of a distribution
_LARGEST = np.float32(1e30)
# Of two classes, whose targets are noisy as a rule: shares of single rows are no probabilities (Malley et al.
# 2012, "Probability machines", take more still). Forests of more classes have purer leaves.
_LEAF_OF_PROBABILITIES = 3
_PRIOR_ROWS = 0.1  # how many rows of the prior a leaf has beside its own: no class is impossible


@dataclass(frozen=True)
class ForestModel:
    """Attributes:
    smallest: of counts, a mean that no prediction is below; a leaf of zeros would make others impossible.
    """

    preparation: Preparation
    forest: PackedForest
    link: Link
    outputs: int
    smallest: float | None

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        means = self.forest.predict(self.preparation.transform(x))
        bounded = means if self.smallest is None else np.maximum(means, self.smallest)
        return self.link.apply(bounded)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        means = self.forest.arrays().add_to(graph, prepared)
        if self.smallest is not None:
            means = graph.node("Max", [means, graph.constant(np.float32(self.smallest))])
        return self.link.add_to(graph, means, self.outputs)


class RandomForest:
    """Averaged trees, each of a bootstrap sample of the rows; grown by batches until the deadline.

    A leaf has enough rows for all trees to have 300,000 leaves at most. Its class shares are smoothed
    towards the prior (Provost & Domingos 2003, "Tree induction for probability-based ranking"). Quantiles
    are those of the training rows of a leaf (after Meinshausen 2006), averaged over trees. `bootstrap` of
    false gives every tree all rows; of more than 100,000 rows each tree has a sample of so many.
    """

    code = "RF"
    extremely_random = False

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        return problem.outputs <= 200

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        leaves = min(rows * 200, _MOST_LEAVES * 2)
        return rows * features * 8 + leaves * (200 + 24 * problem.outputs)

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> ForestModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        preparation, x = fit_transform_for_trees(
            training, problem, seed=seed, one_hot=settings.get("one_hot_max_size", 10)
        )
        # scikit-learn adds up columns; no threshold lies beyond the largest numbers that training has.
        x = np.clip(x, -_LARGEST, _LARGEST)
        options = self._options(training, x.shape[1], problem, settings)
        kind = self._kind(problem)
        forest = kind(**options, n_estimators=1, warm_start=True, random_state=seed, n_jobs=limits.threads)
        _grow(forest, x, training, settings.get("n_estimators", _trees_of(len(training))), limits)
        trees = [each.tree_ for each in forest.estimators_]
        packed = PackedForest.of(trees, [_values(tree, x, training, problem) for tree in trees])
        counts = problem.objective is Objective.COUNT
        smallest = 0.01 * float(np.average(training.y, weights=training.weights)) if counts else None
        return ForestModel(preparation, packed, link_of_values(problem), problem.outputs, smallest)

    def _kind(self, problem: Problem) -> type[Forest]:
        return RandomForestClassifier if problem.is_classification else RandomForestRegressor

    def _features_of_split(self, problem: Problem) -> Value:
        return "sqrt" if problem.is_classification else 0.5

    def _options(
        self, training: Examples, width: int, problem: Problem, settings: Settings
    ) -> dict[str, Value | None]:
        rows = len(training)
        bootstrap = settings.get("bootstrap", not self.extremely_random or rows > _MOST_ROWS_OF_A_TREE)
        options: dict[str, Value | None] = {
            "max_features": _max_features(settings, self._features_of_split(problem), width),
            "max_depth": _depth(settings),
            "min_samples_split": settings.get("min_samples_split", 2),
            "min_samples_leaf": settings.get("min_samples_leaf", _smallest_leaf(rows, problem)),
            "max_leaf_nodes": settings.raw("max_leaf_nodes"),
            "bootstrap": bootstrap,
            "max_samples": _MOST_ROWS_OF_A_TREE if bootstrap and rows > _MOST_ROWS_OF_A_TREE else None,
        }
        if problem.is_classification:
            options["criterion"] = settings.get("criterion", "gini")
        return options


class ExtraTrees(RandomForest):
    """Averaged trees of all rows whose splits are drawn at random (Geurts et al. 2006)."""

    code = "XT"
    extremely_random = True

    def _kind(self, problem: Problem) -> type[Forest]:
        return ExtraTreesClassifier if problem.is_classification else ExtraTreesRegressor

    def _features_of_split(self, problem: Problem) -> Value:
        return 0.75  # splits at random need more columns to choose from


def _trees_of(rows: int) -> int:
    return 200 if rows <= 20_000 else 100


def _smallest_leaf(rows: int, problem: Problem) -> int:
    """Return how many rows a leaf needs for the trees' leaves to stay within bounds."""
    if problem.objective is Objective.QUANTILE:
        return max(_LEAF_OF_QUANTILES, rows // 1000)
    smallest = _LEAF_OF_PROBABILITIES if problem.outputs == 2 and problem.is_classification else 1
    distinct = 0.63 * min(rows, _MOST_ROWS_OF_A_TREE)
    purity = 0.25 if problem.is_classification else 1.0  # pure leaves end before they are as small
    return max(smallest, round(purity * _trees_of(rows) * distinct / _MOST_LEAVES))


def _depth(settings: Settings) -> int | None:
    """Return the depth; below 1 there is no limit, as LightGBM has it."""
    depth = settings.get("max_depth", -1)
    return depth if depth > 0 else None


def _max_features(settings: Settings, default: Value, width: int) -> Value:
    """Return scikit-learn's value: a share, or a number of columns that is there."""
    chosen = settings.raw("max_features")
    if chosen is None:
        return default
    if isinstance(chosen, float) and chosen <= 1:
        return chosen
    return chosen if isinstance(chosen, str) else min(int(chosen), width)


def _grow(forest: Forest, x: Floats, training: Examples, trees: int, limits: FitLimits) -> None:
    """Add trees until there are enough or the deadline would pass; there is one at least."""
    grown, batch = 0, 1
    while grown < trees:
        begun_at = time.monotonic()
        grown = min(trees, grown + batch)
        forest.set_params(n_estimators=grown)
        forest.fit(x, training.y, sample_weight=training.weights)
        of_one = max((time.monotonic() - begun_at) / batch, 1e-6)
        if limits.left_s < 2 * of_one:
            return
        batch = max(1, int(min(_BATCH_S, limits.left_s / 2) / of_one))


def _values(tree: SklearnTree, x: Floats, training: Examples, problem: Problem) -> Floats:
    """Return what each node says, shape (n_nodes, outputs)."""
    if problem.objective is Objective.QUANTILE:
        return _leaf_quantiles(tree, x, training, problem)
    values = tree.value[:, 0, :]
    if not problem.is_classification:
        return values.astype(np.float32)
    rows = tree.weighted_n_node_samples[:, None]
    return ((values * rows + values[0] * _PRIOR_ROWS) / (rows + _PRIOR_ROWS)).astype(np.float32)


def _leaf_quantiles(tree: SklearnTree, x: Floats, training: Examples, problem: Problem) -> Floats:
    leaf: npt.NDArray[np.int64] = tree.apply(x)
    weights = np.ones(len(training)) if training.weights is None else training.weights
    order = np.lexsort((training.y, leaf))
    below = np.cumsum(weights[order])
    leaves, begins = np.unique(leaf[order], return_index=True)
    before = np.concatenate([[0.0], below])[begins]
    totals = np.add.reduceat(weights[order], begins)
    wanted = before[:, None] + totals[:, None] * np.array(problem.quantiles)
    ends = np.append(begins[1:], len(order)) - 1
    places = np.clip(np.searchsorted(below, wanted), begins[:, None], ends[:, None])
    values = np.zeros((tree.node_count, problem.outputs), np.float32)
    values[leaves] = training.y[order][places]
    return values
