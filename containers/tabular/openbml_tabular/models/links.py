"""From a model's raw scores to its predictions, in numpy and in ONNX."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from openbml_catalog.tabular.settings import Objective
from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.problem import Problem


class Link(StrEnum):
    """Attributes:
    SIGMOID: one score, two probabilities. SOFTMAX: a score and a probability for each class.
    EXP: of counts. ASCENDING: quantiles, sorted (Chernozhukov et al. 2010: rearranging only improves them).
    """

    IDENTITY = "identity"
    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"
    EXP = "exp"
    ASCENDING = "ascending"
    SHARES = "shares"  # probabilities already, up to rounding

    def scores(self, outputs: int) -> int:
        """Return how many raw scores there are for so many outputs."""
        return 1 if self is Link.SIGMOID else outputs

    def apply(self, scores: npt.NDArray[np.float64] | Floats) -> Floats:
        """Return predictions, shape (n, outputs), of raw scores, shape (n, outputs) or (n, 1)."""
        if self is Link.SIGMOID:
            second = expit(scores)
            return np.concatenate([1 - second, second], axis=1).astype(np.float32)
        return self._wide(scores).astype(np.float32)

    def _wide(self, scores: npt.NDArray[np.float64] | Floats) -> npt.NDArray[np.float64] | Floats:
        match self:
            case Link.SOFTMAX:
                return softmax(scores, axis=1)
            case Link.EXP:
                return np.exp(np.minimum(scores, _LARGEST_EXPONENT))
            case Link.ASCENDING:
                return np.sort(scores, axis=1)
            case Link.SHARES:
                return scores / scores.sum(axis=1, keepdims=True)
            case _:
                return scores

    def add_to(self, graph: GraphBuilder, scores: str, outputs: int) -> str:
        """Add the same to a graph.

        Args:
            outputs: columns of the predictions.
        """
        match self:
            case Link.SIGMOID:
                second = graph.node("Sigmoid", [scores])
                first = graph.node("Sub", [graph.constant(np.float32(1)), second])
                return graph.node("Concat", [first, second], axis=1)
            case Link.SOFTMAX:
                return graph.node("Softmax", [scores], axis=1)
            case Link.EXP:
                most = graph.constant(np.float32(_LARGEST_EXPONENT))
                return graph.node("Exp", [graph.node("Min", [scores, most])])
            case Link.ASCENDING:
                count = graph.constant(np.array([outputs], np.int64))
                return graph.node("TopK", [scores, count], outputs=2, axis=1, largest=0, sorted=1)
            case Link.SHARES:
                total = graph.node("ReduceSum", [scores, graph.constant(np.array([1], np.int64))], keepdims=1)
                return graph.node("Div", [scores, total])
            case _:
                return scores


_LARGEST_EXPONENT = 80.0  # e^80 is below float32's largest


def link_of(problem: Problem) -> Link:
    """Return the link of models that add up scores."""
    if problem.is_classification:
        return Link.SIGMOID if problem.outputs == 2 else Link.SOFTMAX
    if problem.objective is Objective.COUNT:
        return Link.EXP
    return link_of_values(problem)


def link_of_values(problem: Problem) -> Link:
    """Return the link of models that average values."""
    if problem.is_classification:
        return Link.SHARES
    return Link.ASCENDING if problem.objective is Objective.QUANTILE else Link.IDENTITY
