"""The model that AutoML recommends: a weighted mean of bags, calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from openbml_tabular.automl.calibration import Calibration
from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import FittedModel
from openbml_tabular.problem import Problem


@dataclass(frozen=True)
class BagModel:
    """Says the mean of its models."""

    models: Sequence[FittedModel]

    @property
    def size_bytes(self) -> int:
        return sum(model.size_bytes for model in self.models)

    def predict(self, x: Floats) -> Floats:
        total = self.models[0].predict(x).astype(np.float32)
        for model in self.models[1:]:
            total += model.predict(x)
        return total / np.float32(len(self.models))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        told = [model.add_to(graph, features) for model in self.models]
        return told[0] if len(told) == 1 else graph.node("Mean", told)


@dataclass(frozen=True)
class Member:
    """A bag of the ensemble; of weight 0 where only the second level needs it."""

    name: str
    weight: float
    bag: BagModel


@dataclass(frozen=True)
class Finish:
    """What happens to a mean of predictions: calibration of probabilities, quantiles in their order, values
    within what the target can be.

    Attributes:
        low, high: of values.
    """

    calibration: Calibration | None = None
    quantiles: int = 0
    low: float = -np.inf
    high: float = np.inf

    def apply(self, prediction: Floats) -> Floats:
        if self.calibration is not None:
            return self.calibration.apply(prediction)
        if self.quantiles > 1:
            prediction = np.sort(prediction, axis=1)
        return np.clip(prediction, np.float32(self.low), np.float32(self.high))

    def add_to(self, graph: GraphBuilder, prediction: str) -> str:
        if self.calibration is not None:
            return self.calibration.add_to(graph, prediction)
        if self.quantiles > 1:
            count = graph.constant(np.int64([self.quantiles]))
            prediction = graph.node("TopK", [prediction, count], outputs=2, axis=1, largest=0, sorted=1)
        if np.isinf(self.low) and np.isinf(self.high):
            return prediction
        limits = [graph.constant(np.float32(limit)) for limit in (self.low, self.high)]
        return graph.node("Clip", [prediction, *limits])


@dataclass(frozen=True)
class EnsemblePredictor:
    """Attributes:
    members: of the first level; those of `bases`, in its order, are what the second level sees too.
    stacked: of the second level, which sees the features and then the bases' predictions.
    """

    problem: Problem
    members: Sequence[Member]
    finish: Finish
    bases: Sequence[str] = ()
    stacked: Sequence[Member] = ()

    @property
    def size_bytes(self) -> int:
        return sum(member.bag.size_bytes for member in [*self.members, *self.stacked])

    @property
    def model_count(self) -> int:
        return sum(len(member.bag.models) for member in [*self.members, *self.stacked])

    def predict(self, x: Floats) -> Floats:
        told = {member.name: member.bag.predict(x) for member in self.members}
        parts = [(member.weight, told[member.name]) for member in self.members if member.weight]
        if self.stacked:
            wide = np.concatenate([x, *(told[name] for name in self.bases)], axis=1)
            parts += [(member.weight, member.bag.predict(wide)) for member in self.stacked]
        return self.finish.apply(weighted(parts))

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        told = {member.name: member.bag.add_to(graph, features) for member in self.members}
        parts = [(member.weight, told[member.name]) for member in self.members if member.weight]
        if self.stacked:
            wide = graph.node("Concat", [features, *(told[name] for name in self.bases)], axis=1)
            parts += [(member.weight, member.bag.add_to(graph, wide)) for member in self.stacked]
        return self.finish.add_to(graph, _sum_in_graph(graph, parts))


def weighted(parts: Sequence[tuple[float, Floats]]) -> Floats:
    """Return the sum of the products, float32."""
    total = np.zeros_like(parts[0][1], np.float32)
    for weight, prediction in parts:
        total += np.float32(weight) * prediction
    return total


def _sum_in_graph(graph: GraphBuilder, parts: Sequence[tuple[float, str]]) -> str:
    scaled = [
        tensor if weight == 1 else graph.node("Mul", [tensor, graph.constant(np.float32(weight))])
        for weight, tensor in parts
    ]
    return scaled[0] if len(scaled) == 1 else graph.node("Sum", scaled)
