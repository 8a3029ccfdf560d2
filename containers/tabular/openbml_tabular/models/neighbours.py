"""Nearest neighbours, code KNN."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import Objective
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.learner import FitLimits, Parameters
from openbml_tabular.models.links import Link, link_of_values
from openbml_tabular.models.losses import loss_of
from openbml_tabular.models.parameters import Settings, choice, whole
from openbml_tabular.models.preparation import fit_transform_scaled
from openbml_tabular.models.stopping import begun
from openbml_tabular.problem import Problem

KNOWN = {
    "n_neighbors": whole(1, 1000),
    "weights": choice("uniform", "distance"),
    "one_hot_max_size": whole(2, 1000),
}
_MOST_KEPT = 30_000
_MOST_FEATURES = 300
_NEIGHBOURS = (5, 15, 50)  # tried where validation can choose
_UNCHOSEN = 15
_MOST_CHECKED = 500  # rows of validation
# Features lie on this grid: their products add up exactly in float32 whatever the order, so that numpy and
# any runtime find the same neighbours, equally far ones in the order of their rows.
_GRID = np.float32(64)
_NEAREST = np.float32(0.05)  # a distance that shorter ones count as, in scaled units
_CHUNK_CELLS = 4_000_000
_PRIOR_SHARE = 0.02


@dataclass(frozen=True)
class NeighboursModel:
    """Attributes:
    kept: shape (m, width), float32: training rows on the grid, none twice; squares: their squared lengths.
    targets: shape (m, outputs): class shares or values of the rows that are alike; counts: their weights.
    prior: shape (outputs,), and its share of every prediction: no class or count is impossible.
    """

    preparation: Preparation
    kept: Floats
    squares: Floats
    targets: Floats
    counts: Floats
    prior: Floats
    prior_share: float
    neighbours: int
    by_distance: bool
    link: Link

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        return self.answers(*self.nearest(x, self.neighbours))

    def nearest(self, x: Floats, count: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return the nearest rows' squared distances, ascending, and numbers, both shape (n, count)."""
        gridded = _on_grid(self.preparation.transform(x))
        step = max(1, _CHUNK_CELLS // len(self.kept))
        starts = range(0, max(1, len(gridded)), step)
        parts = [self._nearest(gridded[start : start + step], count) for start in starts]
        squares, places = zip(*parts, strict=True)
        return np.concatenate(squares), np.concatenate(places)

    def _nearest(self, rows: Floats, count: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        squares = (rows * rows).sum(axis=1)[:, None] + self.squares - 2 * (rows @ self.kept.T)
        squares = np.maximum(squares, np.float32(0))
        places = _smallest(squares, count)
        return np.take_along_axis(squares, places, axis=1), places

    def answers(self, squares: Floats, places: npt.NDArray[np.int64]) -> Floats:
        """Return the predictions that such neighbours make."""
        weights = self._weights(squares) * self.counts[places]
        shares = weights / weights.sum(axis=1, keepdims=True)
        means: Floats = (shares[:, :, None] * self.targets[places]).sum(axis=1)
        own, prior = np.float32(1 - self.prior_share), np.float32(self.prior_share)
        return self.link.apply(means * own + self.prior * prior)

    def _weights(self, squares: Floats) -> Floats:
        if not self.by_distance:
            return np.ones_like(squares)
        return np.reciprocal(np.maximum(np.sqrt(squares), _NEAREST))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        prepared = self.preparation.add_to(graph, features)
        grid = graph.constant(_GRID)
        whole_numbers = graph.node("Round", [graph.node("Mul", [prepared, grid])])
        rows = graph.node("Div", [whole_numbers, grid])
        nearest, chosen = self._add_nearest(graph, rows)
        weights = graph.node("Gather", [graph.constant(self.counts), chosen])
        if self.by_distance:
            distance = graph.node("Max", [graph.node("Sqrt", [nearest]), graph.constant(_NEAREST)])
            weights = graph.node("Div", [weights, distance])
        total = graph.node("ReduceSum", [weights, graph.constant(np.array([1], np.int64))], keepdims=1)
        shares = graph.node(
            "Unsqueeze", [graph.node("Div", [weights, total]), graph.constant(np.array([2], np.int64))]
        )
        values = graph.node("Gather", [graph.constant(self.targets), chosen])
        parts = graph.node("Mul", [shares, values])
        means = graph.node("ReduceSum", [parts, graph.constant(np.array([1], np.int64))], keepdims=0)
        mixed = graph.node("Mul", [means, graph.constant(np.float32(1 - self.prior_share))])
        smoothed = graph.node("Add", [mixed, graph.constant(self.prior * np.float32(self.prior_share))])
        return self.link.add_to(graph, smoothed, len(self.prior))

    def _add_nearest(self, graph: GraphBuilder, rows: str) -> tuple[str, str]:
        """Add the nearest rows' squared distances and numbers, both shape (n, neighbours)."""
        axis = graph.constant(np.array([1], np.int64))
        own = graph.node("ReduceSum", [graph.node("Mul", [rows, rows]), axis], keepdims=1)
        double = graph.node("MatMul", [rows, graph.constant(np.ascontiguousarray(2 * self.kept.T))])
        both = graph.node("Add", [own, graph.constant(self.squares)])
        apart = graph.node("Sub", [both, double])
        squares = graph.node("Max", [apart, graph.constant(np.float32(0))])
        count = graph.constant(np.array([self.neighbours], np.int64))
        nearest = graph.node("TopK", [squares, count], outputs=2, axis=1, largest=0, sorted=1)
        return nearest, f"{nearest}.1"


class Neighbours:
    """Averages the targets of the nearest training rows, by Euclidean distance of scaled features.

    Without `n_neighbors`, validation chooses among three. Of more than 30,000 rows a sample is kept: each
    prediction looks at all of them.
    """

    code = "KNN"

    def takes(self, problem: Problem, *, rows: int, features: int) -> bool:
        averages = problem.objective is not Objective.QUANTILE and problem.outputs <= 200
        return averages and rows <= 10 * _MOST_KEPT and features <= _MOST_FEATURES

    def memory_bytes(self, problem: Problem, *, rows: int, features: int) -> int:
        return min(rows, _MOST_KEPT) * (features * 40 + 8 * problem.outputs) + 100_000_000

    def fit(
        self,
        training: Examples,
        validation: Examples | None,
        problem: Problem,
        parameters: Parameters,
        *,
        limits: FitLimits,
        seed: int,
    ) -> NeighboursModel:
        settings = Settings(self.code, KNOWN, parameters)
        begun(limits)
        rows = _sampled(training, seed)
        preparation, x = fit_transform_scaled(
            rows, problem, seed=seed, one_hot=settings.get("one_hot_max_size", 30)
        )
        kept, targets, counts = _without_twins(_on_grid(x), rows, problem)
        default = min(_UNCHOSEN, max(1, len(kept) // 3))
        model = NeighboursModel(
            preparation=preparation,
            kept=kept,
            squares=(kept * kept).sum(axis=1),
            targets=targets,
            counts=counts,
            prior=np.average(targets, axis=0, weights=counts).astype(np.float32),
            prior_share=0.0 if _is_mean(problem) else _PRIOR_SHARE,
            neighbours=min(settings.get("n_neighbors", default), len(kept)),
            by_distance=settings.get("weights", "distance") == "distance",
            link=link_of_values(problem),
        )
        if validation is None or "n_neighbors" in settings:
            return model
        return _chosen(model, validation, problem)


def _is_mean(problem: Problem) -> bool:
    return not problem.is_classification and problem.objective is Objective.MEAN


def _sampled(training: Examples, seed: int) -> Examples:
    if len(training) <= _MOST_KEPT:
        return training
    chosen = np.random.default_rng(seed).choice(len(training), _MOST_KEPT, replace=False)
    return training.take(np.sort(chosen))


def _on_grid(x: Floats) -> Floats:
    return np.divide(np.round(x * _GRID), _GRID, dtype=np.float32)


def _without_twins(x: Floats, rows: Examples, problem: Problem) -> tuple[Floats, Floats, Floats]:
    """Return rows that differ, their mean targets and their weights: twins would be equally near."""
    signals = rows.y[:, None].astype(np.float64)
    if problem.is_classification:
        signals = np.eye(problem.outputs)[rows.y]
    weights = np.ones(len(rows)) if rows.weights is None else rows.weights
    kept, twin = np.unique(x, axis=0, return_inverse=True)
    counts = np.bincount(twin, weights=weights)
    sums = [np.bincount(twin, weights=weights * column) for column in signals.T]
    targets = np.stack(sums, axis=1) / counts[:, None]
    return kept, targets.astype(np.float32), counts.astype(np.float32)


def _smallest(squares: Floats, count: int) -> npt.NDArray[np.int64]:
    """Return the places of the smallest values of each row, ascending, the first of equal ones first, as
    ONNX's TopK does."""
    # Squares are multiples of 1 / grid²; below them there is room for the place.
    keys = (squares * (_GRID * _GRID)).astype(np.int64) * squares.shape[1] + np.arange(squares.shape[1])
    if count < keys.shape[1]:
        keys = np.partition(keys, count - 1, axis=1)[:, :count]
    return np.sort(keys, axis=1) % squares.shape[1]


def _chosen(model: NeighboursModel, validation: Examples, problem: Problem) -> NeighboursModel:
    """Return the model with the number of neighbours that says least wrong of validation rows."""
    rows = validation.take(np.arange(min(len(validation), _MOST_CHECKED)))
    offered = sorted({model.neighbours, *(each for each in _NEIGHBOURS if each < len(model.kept))})
    squares, places = model.nearest(rows.x, offered[-1])

    def loss(count: int) -> float:
        return loss_of(problem, model.answers(squares[:, :count], places[:, :count]), rows)

    return replace(model, neighbours=min(offered, key=loss))
