"""The neural network while it learns, in torch; `fitted` turns it into arrays.

Source: Holzmüller et al. 2024, "Better by default: strong pre-tuned MLPs and boosted trees on tabular data",
arXiv:2407.04491: RealMLP-TD.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from openbml_tabular.examples import Floats
from openbml_tabular.models.blocks import Block, CodeTables, Preparation
from openbml_tabular.models.network import Activation, Layer, PeriodicNumbers
from openbml_tabular.models.network_inputs import InputLayout, Inputs

WAVES = 16
_MIXED = 3
_EMBEDDING = 8
_HULL = 6  # rows whose random mixture a neuron's first kink goes through


@dataclass(frozen=True)
class Recipe:
    """Attributes:
    steps: at most so many batches; the schedule ends with them or with the deadline, whichever is sooner.
    checks: how often validation is looked at.
    wave_frequency: standard deviation of the waves' first frequencies.
    """

    hidden: tuple[int, ...]
    activation: Activation
    learning_rate: float
    dropout: float
    weight_decay: float
    batch: int
    steps: int
    checks: int
    wave_frequency: float


@dataclass(frozen=True)
class Batch:
    """Tensors of `Inputs`."""

    numbers: Tensor
    fixed: Tensor
    codes: Tensor

    @classmethod
    def of(cls, inputs: Inputs) -> "Batch":
        return cls(
            torch.from_numpy(inputs.numbers), torch.from_numpy(inputs.fixed), torch.from_numpy(inputs.codes)
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def rows(self, places: Tensor | slice) -> "Batch":
        return Batch(self.numbers[places], self.fixed[places], self.codes[places])


class Waves(nn.Module):
    """Each number and three learned waves of it."""

    def __init__(self, numbers: int, frequency: float) -> None:
        super().__init__()
        self.frequencies = nn.Parameter(torch.randn(numbers, WAVES) * (frequency * 2 * math.pi))
        self.phases = nn.Parameter((torch.rand(numbers, WAVES) * 2 - 1) * math.pi)
        bound = 1 / math.sqrt(WAVES)
        self.mixing = nn.Parameter((torch.rand(numbers, WAVES, _MIXED) * 2 - 1) * bound)
        self.shift = nn.Parameter((torch.rand(numbers, _MIXED) * 2 - 1) * bound)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return shape (n, numbers · 4)."""
        waves = torch.cos(numbers[:, :, None] * self.frequencies + self.phases)
        mixed = torch.bmm(waves.transpose(0, 1), self.mixing).transpose(0, 1) + self.shift
        return torch.cat([numbers, mixed.flatten(1)], dim=1)


class Dense(nn.Module):
    """A layer whose weights have a standard deviation near 1 and are divided by √width (neural tangent
    parametrisation), with an activation that each neuron may bend towards the identity."""

    def __init__(self, width: int, outputs: int, activation: Activation | None) -> None:
        super().__init__()
        weights = torch.randn(width, outputs) if activation else torch.zeros(width, outputs)
        self.weights = nn.Parameter(weights)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.bend = nn.Parameter(torch.ones(outputs)) if activation else None
        self._activation = activation
        self._factor = 1 / math.sqrt(width)

    @torch.no_grad()
    def fit_to(self, x: Tensor) -> None:
        """Give every neuron's output a standard deviation of 1 over rows, and a kink among them."""
        if self._activation is None:
            return
        spread = (x @ self.weights * self._factor).std(dim=0, correction=0)
        self.weights /= torch.where(spread > 1e-6, spread, 1.0)
        mixture = torch.rand(self.bias.numel(), _HULL).log().neg()
        mixture /= mixture.sum(dim=1, keepdim=True)
        rows = x[torch.randint(len(x), (self.bias.numel(), _HULL))]
        points = (rows * mixture[:, :, None]).sum(dim=1)
        self.bias -= (points * self.weights.T).sum(dim=1) * self._factor

    def forward(self, x: Tensor) -> Tensor:
        linear = x @ (self.weights * self._factor) + self.bias
        if self.bend is None:
            return linear
        return linear + self.bend * (self._activated(linear) - linear)

    def _activated(self, linear: Tensor) -> Tensor:
        return functional.selu(linear) if self._activation is Activation.SELU else functional.mish(linear)

    def fitted(self) -> Layer:
        bend = None if self.bend is None else _array(self.bend)
        return Layer(_array(self.weights * self._factor), _array(self.bias), bend)


class Network(nn.Module):
    """Waves, embeddings and flags, each scaled by a learned factor, then dense layers."""

    def __init__(self, layout: InputLayout, recipe: Recipe, start: Tensor) -> None:
        """Args:
        start: shape (outputs,): scores before anything is learned.
        """
        super().__init__()
        numbers = layout.scaled.width if layout.scaled else 0
        self._layout = layout
        self.waves = Waves(numbers, recipe.wave_frequency)
        codes = int((layout.cardinalities + 1).sum())
        self.embeddings = nn.Parameter(torch.randn(codes, _EMBEDDING))
        width = numbers * (1 + _MIXED) + layout.fixed.width + len(layout.embedded) * _EMBEDDING
        self.scale = nn.Parameter(torch.ones(width))
        widths = [width, *recipe.hidden]
        layers = [Dense(before, after, recipe.activation) for before, after in pairwise(widths)]
        last = Dense(widths[-1], len(start), None)
        last.bias.data.copy_(start)
        self.layers = nn.ModuleList([*layers, last])
        self.dropout = recipe.dropout

    def _seen(self, batch: Batch) -> Tensor:
        embedded = self.embeddings[batch.codes].flatten(1)
        return torch.cat([self.waves(batch.numbers), batch.fixed, embedded], dim=1)

    @torch.no_grad()
    def fit_to(self, batch: Batch) -> None:
        """Initialise the layers by what they see of some rows."""
        hidden = self._seen(batch) * self.scale
        for layer in self.layers:
            layer.fit_to(hidden)
            hidden = layer(hidden)

    def forward(self, batch: Batch) -> Tensor:
        hidden = self._seen(batch) * self.scale
        for layer in self.layers[:-1]:
            hidden = functional.dropout(layer(hidden), self.dropout, training=self.training)
        return self.layers[-1](hidden)

    @torch.no_grad()
    def fitted(self) -> tuple[Preparation, list[Layer]]:
        """Return the network as arrays, the first factors folded into the first layer."""
        layers = [layer.fitted() for layer in self.layers]
        first = layers[0]
        scaled = Layer(first.weights * _array(self.scale)[:, None], first.bias, first.bend)
        return Preparation(list(self._blocks())), [scaled, *layers[1:]]

    def _blocks(self) -> list[Block]:
        layout = self._layout
        blocks: list[Block] = list(layout.fixed.blocks)
        if layout.scaled:
            waves = self.waves
            arrays = [_array(each) for each in (waves.frequencies, waves.phases, waves.mixing, waves.shift)]
            blocks.insert(0, PeriodicNumbers(layout.scaled, *arrays))
        if len(layout.embedded):
            blocks.append(CodeTables(layout.embedded, layout.cardinalities, _array(self.embeddings)))
        return blocks


def _array(tensor: Tensor) -> Floats:
    return np.ascontiguousarray(tensor.detach().numpy(), np.float32).copy()
