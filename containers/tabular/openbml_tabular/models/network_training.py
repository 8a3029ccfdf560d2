"""Trains the neural network."""

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import FitLimits, OutOfTimeError
from openbml_tabular.models.network import Activation
from openbml_tabular.models.network_inputs import InputLayout
from openbml_tabular.models.network_modules import Batch, Network

Loss = Callable[[Tensor, Tensor], Tensor]

# Factors of the learning rate: Holzmüller et al. 2024, table A.1.
_RATE_FACTORS = {"waves": 0.1, "scale": 6.0, "bias": 0.1, "bend": 0.1}
_UNDECAYED = ("bias", "shift", "bend")
_BETAS = (0.9, 0.95)
_SHARE_OF_TIME = 0.9  # of what is left: the rest is for the last check
_EVALUATION_ROWS = 8192
_FITTING_ROWS = 1024


@dataclass(frozen=True)
class Recipe:
    """Attributes:
    steps: at most so many batches; the schedule ends with them or with the deadline, whichever is sooner.
    checks: how often validation is looked at; patience: checks without an improvement that end training.
    """

    hidden: tuple[int, ...]
    activation: Activation
    learning_rate: float
    dropout: float
    weight_decay: float
    batch: int
    steps: int
    checks: int
    patience: int


@dataclass(frozen=True)
class Goal:
    """What the network is trained to say.

    Attributes:
        targets, validation_targets: class numbers or scaled values.
        loss: of scores (n, outputs) and targets (n,), shape (n,).
        start: shape (outputs,): scores before anything is learned.
    """

    targets: Tensor
    validation_targets: Tensor | None
    loss: Loss
    start: Tensor


def trained(
    training: Examples,
    validation: Examples | None,
    layout: InputLayout,
    goal: Goal,
    recipe: Recipe,
    *,
    limits: FitLimits,
    seed: int,
) -> Network:
    """Return the network as it was at its best check.

    Raises:
        OutOfTimeError: the deadline passed before the first check.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(limits.threads)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return _Training(training, validation, layout, goal, recipe, limits).run()
    finally:
        torch.set_num_threads(before)


class _Training:
    def __init__(
        self,
        training: Examples,
        validation: Examples | None,
        layout: InputLayout,
        goal: Goal,
        recipe: Recipe,
        limits: FitLimits,
    ) -> None:
        self._goal, self._recipe = goal, recipe
        self._batch = Batch.of(layout.inputs(training.x))
        self._weights = _weights(training)
        self._network = Network(layout, recipe.hidden, goal.start, recipe.activation, recipe.dropout)
        self._network.fit_to(self._batch.rows(torch.randperm(len(training))[:_FITTING_ROWS]))
        self._check = None if validation is None else _Check(validation, layout, goal)
        self._optimizer = torch.optim.AdamW(_groups(self._network, recipe), betas=_BETAS)
        self._begun_at, self._allowed_s = time.monotonic(), limits.left_s * _SHARE_OF_TIME

    def run(self) -> Network:
        due = max(1, self._recipe.steps // self._recipe.checks)
        for step, rows in enumerate(_batches(len(self._batch), self._recipe.batch)):
            progress = self._progress(step)
            if progress >= 1:
                break
            self._step(rows, progress)
            if self._check and (step + 1) % due == 0 and self._check.is_stale(self._network, self._recipe):
                break
        if step == 0:
            raise OutOfTimeError("the deadline passed before the network's first step")
        if self._check:
            self._check.restore_best(self._network)
        return self._network.eval()

    def _progress(self, step: int) -> float:
        """Return the share of the steps or of the time that is over, whichever is more."""
        elapsed = time.monotonic() - self._begun_at
        return max(step / self._recipe.steps, elapsed / self._allowed_s if self._allowed_s > 0 else 1.0)

    def _step(self, rows: Tensor, progress: float) -> None:
        _schedule(self._optimizer, self._network, self._recipe, progress)
        self._network.train()
        losses = self._goal.loss(self._network(self._batch.rows(rows)), self._goal.targets[rows])
        self._optimizer.zero_grad()
        (losses * self._weights[rows]).mean().backward()
        self._optimizer.step()


class _Check:
    """Looks at validation rows and remembers the best network."""

    def __init__(self, validation: Examples, layout: InputLayout, goal: Goal) -> None:
        if goal.validation_targets is None:
            raise ValueError("validation rows need targets")
        rows = validation.take(np.arange(min(len(validation), _EVALUATION_ROWS)))
        self._batch = Batch.of(layout.inputs(rows.x))
        self._targets = goal.validation_targets[: len(rows)]
        self._weights = _weights(rows)
        self._loss = goal.loss
        self._best: Mapping[str, Tensor] | None = None
        self._least, self._stale = math.inf, 0

    def is_stale(self, network: Network, recipe: Recipe) -> bool:
        """Look once; tell whether nothing has improved for long."""
        loss = self._loss_of(network)
        better = loss < self._least
        self._stale = 0 if better else self._stale + 1
        if better:
            self._least, self._best = loss, copy.deepcopy(network.state_dict())
        return self._stale > recipe.patience

    def restore_best(self, network: Network) -> None:
        """Give the network its best weights; its last ones where they are."""
        if self._best is not None and self._loss_of(network) >= self._least:
            network.load_state_dict(self._best)

    @torch.no_grad()
    def _loss_of(self, network: Network) -> float:
        network.eval()
        losses = self._loss(network(self._batch), self._targets)
        return float((losses * self._weights).mean())


def _batches(rows: int, size: int) -> Iterator[Tensor]:
    """Return batches without end; each epoch leaves its incomplete last one out."""
    size = min(rows, size)
    while True:
        order = torch.randperm(rows)
        for first in range(0, rows - size + 1, size):
            yield order[first : first + size]


def _weights(rows: Examples) -> Tensor:
    if rows.weights is None:
        return torch.ones(len(rows))
    return torch.from_numpy(rows.weights.astype(np.float32))


def _groups(network: Network, recipe: Recipe) -> list[dict[str, Any]]:
    """Return every parameter with its factor of the learning rate."""
    groups = []
    for name, parameter in network.named_parameters():
        factors = [factor for part, factor in _RATE_FACTORS.items() if part in name]
        decay = 0.0 if any(part in name for part in _UNDECAYED) else recipe.weight_decay
        groups.append(
            {
                "params": [parameter],
                "lr": 0.0,
                "factor": math.prod(factors),
                "decay": decay,
                "weight_decay": 0.0,
            }
        )
    return groups


def _schedule(optimizer: torch.optim.Optimizer, network: Network, recipe: Recipe, progress: float) -> None:
    """Set rates for a step: four cycles of the learning rate, dropout and decay that end with a cosine.

    Source: Holzmüller et al. 2024, section 3: coslog4 and flat_cos.
    """
    rate = recipe.learning_rate * 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress)))
    flat = 1.0 if progress < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * progress - 1)))
    network.dropout = recipe.dropout * flat
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]
        group["weight_decay"] = group["decay"] * flat
