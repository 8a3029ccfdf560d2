"""A fitted neural network: plain arrays, computed the same by numpy and by a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from openbml_tabular.examples import Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.blocks import Preparation, ScaledNumbers
from openbml_tabular.models.guarded import size_of
from openbml_tabular.models.links import Link

_CHUNK_ROWS = 4096
# Klambauer et al. 2017, arXiv:1706.02515.
_SELU_SCALE = np.float32(1.0507009873554805)
_SELU_ALPHA = np.float32(1.6732632423543772)
_LARGEST = np.float32(20)  # above, Mish is the identity in float32


class Activation(StrEnum):
    SELU = "selu"
    MISH = "mish"

    def apply(self, x: Floats) -> Floats:
        if self is Activation.SELU:
            low = _SELU_ALPHA * np.expm1(np.minimum(x, 0))
            return _SELU_SCALE * np.where(x > 0, x, low)
        grown = np.exp(np.minimum(x, _LARGEST))
        grown = grown * (grown + 2)
        return x * (grown / (grown + 2))

    def add_to(self, graph: GraphBuilder, tensor: str) -> str:
        if self is Activation.SELU:
            return graph.node("Selu", [tensor], alpha=float(_SELU_ALPHA), gamma=float(_SELU_SCALE))
        return graph.node("Mul", [tensor, graph.node("Tanh", [graph.node("Softplus", [tensor])])])


@dataclass(frozen=True)
class PeriodicNumbers:
    """Each scaled number x with three learned waves of it: [x, W·cos(2π(f·x + b)) + c].

    Attributes:
        frequencies, phases: shape (d, waves). mixing: shape (d, waves, 3). shift: shape (d, 3).

    Source: Holzmüller et al. 2024, arXiv:2407.04491 (PBLD embeddings), after Gorishniy et al.
    2022, arXiv:2203.05556.
    """

    scaled: ScaledNumbers
    frequencies: Floats
    phases: Floats
    mixing: Floats
    shift: Floats

    @property
    def width(self) -> int:
        return self.scaled.width * (1 + self.shift.shape[1])

    def transform(self, x: Floats) -> Floats:
        numbers = self.scaled.transform(x)
        waves = np.cos(numbers[:, :, None] * self.frequencies + self.phases)
        mixed = np.matmul(waves.transpose(1, 0, 2), self.mixing).transpose(1, 0, 2) + self.shift
        return np.concatenate([numbers, mixed.reshape(len(x), -1)], axis=1)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        numbers = self.scaled.add_to(graph, features)
        each = graph.node("Unsqueeze", [numbers, graph.constant(np.array([2], np.int64))])
        scaled = graph.node("Mul", [each, graph.constant(self.frequencies)])
        waves = graph.node("Cos", [graph.node("Add", [scaled, graph.constant(self.phases)])])
        by_feature = graph.node("Transpose", [waves], perm=[1, 0, 2])
        mixed = graph.node("MatMul", [by_feature, graph.constant(self.mixing)])
        by_row = graph.node("Transpose", [mixed], perm=[1, 0, 2])
        shifted = graph.node("Add", [by_row, graph.constant(self.shift)])
        flat = graph.node("Reshape", [shifted, graph.constant(np.array([0, self.shift.size], np.int64))])
        return graph.node("Concat", [numbers, flat], axis=1)


@dataclass(frozen=True)
class Layer:
    """Attributes:
    weights: shape (width, next width); bias: shape (next width,).
    bend: shape (next width,): the share of a neuron's activation in its output, the rest is linear; None: no
        activation.
    """

    weights: Floats
    bias: Floats
    bend: Floats | None = None


@dataclass(frozen=True)
class NetworkModel:
    """Attributes:
    lowest, highest: of the raw outputs, shape (outputs,), before they are scaled.
    scale, shift: from raw outputs to scores, of a target that was standardised.
    """

    preparation: Preparation
    layers: Sequence[Layer]
    activation: Activation
    lowest: float
    highest: float
    scale: float
    shift: float
    link: Link
    outputs: int

    @cached_property
    def size_bytes(self) -> int:
        return size_of(self)

    def predict(self, x: Floats) -> Floats:
        starts = range(0, len(x), _CHUNK_ROWS)
        parts = [self._scores(x[start : start + _CHUNK_ROWS]) for start in starts]
        return self.link.apply(np.concatenate(parts) if parts else np.zeros((0, self.outputs), np.float32))

    def _scores(self, x: Floats) -> Floats:
        hidden = self.preparation.transform(x)
        for layer in self.layers:
            hidden = hidden @ layer.weights + layer.bias
            if layer.bend is not None:
                hidden += layer.bend * (self.activation.apply(hidden) - hidden)
        bounded = np.clip(hidden, np.float32(self.lowest), np.float32(self.highest))
        return bounded * np.float32(self.scale) + np.float32(self.shift)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        hidden = self.preparation.add_to(graph, features)
        for layer in self.layers:
            hidden = graph.node("Gemm", [hidden, graph.constant(layer.weights), graph.constant(layer.bias)])
            if layer.bend is not None:
                bent = graph.node("Sub", [self.activation.add_to(graph, hidden), hidden])
                hidden = graph.node("Add", [hidden, graph.node("Mul", [bent, graph.constant(layer.bend)])])
        bounds = [graph.constant(np.float32(bound)) for bound in (self.lowest, self.highest)]
        bounded = graph.node("Clip", [hidden, *bounds])
        scaled = graph.node("Mul", [bounded, graph.constant(np.float32(self.scale))])
        scores = graph.node("Add", [scaled, graph.constant(np.float32(self.shift))])
        return self.link.add_to(graph, scores, self.outputs)
