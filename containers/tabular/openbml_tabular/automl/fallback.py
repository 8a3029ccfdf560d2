"""The model that there is before any other: the best constant."""

from dataclasses import dataclass

import numpy as np

from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.problem import Problem

CODE = "PRIOR"


@dataclass(frozen=True)
class Prior:
    """Says the same of every row: shares of the classes, the mean, the quantiles.

    Attributes:
        values: shape (outputs,), float32.
    """

    values: Floats

    @property
    def size_bytes(self) -> int:
        return self.values.nbytes

    def predict(self, x: Floats) -> Floats:
        return np.tile(self.values, (len(x), 1))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        rows = graph.node("Shape", [features], start=0, end=1)
        shape = graph.node("Concat", [rows, graph.constant(np.int64([len(self.values)]))], axis=0)
        return graph.node("Expand", [graph.constant(self.values[None]), shape])


def prior_of(training: Examples, problem: Problem) -> Prior:
    """Return the constant of the least loss; a class without rows counts as one row."""
    weights = np.ones(len(training)) if training.weights is None else training.weights
    if problem.is_classification:
        counts = np.maximum(np.bincount(training.y, weights, minlength=problem.outputs), 1)
        return Prior((counts / counts.sum()).astype(np.float32))
    if problem.quantiles:
        found = np.quantile(training.y, problem.quantiles, weights=weights, method="inverted_cdf")
        return Prior(np.asarray(found, np.float32))
    return Prior(np.array([np.average(training.y, weights=weights)], np.float32))
