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
from openbml_tabular.models.learner import FitLimits
from openbml_tabular.models.network_inputs import InputLayout
from openbml_tabular.models.network_modules import Batch, Network, Recipe

Loss = Callable[[Tensor, Tensor], Tensor]

# Factors of the learning rate: Holzmüller et al. 2024 (RealMLP-TD).
_RATE_FACTORS = {"waves": 0.1, "scale": 6.0, "bias": 0.1, "bend": 0.1}
_UNDECAYED = ("bias", "shift", "bend")
_BETAS = (0.9, 0.95)
_SHARE_OF_TIME = 0.9  # of what is left: the rest is for the last check
_MEASURED_STEPS = 20  # before them, nobody knows what a step takes
_CYCLES_WITHOUT_GAIN = 2.5
_SLACK = 0.05
_EVALUATION_ROWS = 4096
_FITTING_ROWS = 1024


@dataclass(frozen=True)
class Goal:
    """What the network is trained to say.

    Attributes:
        targets, validation_targets: class numbers or scaled values.
        loss: of scores (n, outputs) and targets (n,), shape (n,); training_loss: with smoothed labels.
        start: shape (outputs,): scores before anything is learned.
    """

    targets: Tensor
    validation_targets: Tensor | None
    loss: Loss
    training_loss: Loss
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
    """Return the network as it was at its best check."""
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
        self._network = Network(layout, recipe, goal.start)
        self._network.fit_to(self._batch.rows(torch.randperm(len(training))[:_FITTING_ROWS]))
        self._check = None if validation is None else _Check(validation, layout, goal)
        self._optimizer = torch.optim.AdamW(_groups(self._network, recipe), betas=_BETAS)
        self._progress = _Progress(recipe.steps, limits)

    def run(self) -> Network:
        due = max(1, self._recipe.steps // self._recipe.checks)
        for step, rows in enumerate(_batches(len(self._batch), self._recipe.batch), start=1):
            self._step(rows, self._progress.share)
            if self._progress.after_step():
                break
            if self._check and step % due == 0:
                self._check.look(self._network, step)
                if self._check.is_stale(step, self._recipe.steps):
                    break
        if self._check:
            self._check.restore_best(self._network)
        return self._network.eval()

    def _step(self, rows: Tensor, progress: float) -> None:
        _schedule(self._optimizer, self._network, self._recipe, progress)
        self._network.train()
        losses = self._goal.training_loss(self._network(self._batch.rows(rows)), self._goal.targets[rows])
        self._optimizer.zero_grad()
        (losses * self._weights[rows]).mean().backward()
        self._optimizer.step()


class _Progress:
    """How much of the training is over: by steps, unless the deadline leaves time for fewer.

    Attributes:
        share: from 0 to 1.
    """

    def __init__(self, steps: int, limits: FitLimits) -> None:
        self._steps, self._limits = steps, limits
        self._kept_s = limits.left_s * (1 - _SHARE_OF_TIME)
        self._begun_at = time.monotonic()
        self._done = 0
        self.share = 0.0

    def after_step(self) -> bool:
        """Return whether that was the last step."""
        self._done += 1
        left_s = self._limits.left_s - self._kept_s
        mean_s = (time.monotonic() - self._begun_at) / self._done
        left = self._steps - self._done
        if self._done >= _MEASURED_STEPS or left_s <= 0:
            left = min(left, int(left_s / mean_s))
        if left <= 0:
            return True
        self.share += (1 - self.share) / (left + 1)
        return False


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
        self._least, self._best_step = math.inf, 0

    def look(self, network: Network, step: int) -> None:
        loss = self._loss_of(network)
        if loss < self._least:
            self._least, self._best_step = loss, step
            self._best = copy.deepcopy(network.state_dict())

    def is_stale(self, step: int, steps: int) -> bool:
        """Tell whether a whole cycle of the learning rate, each twice as long as the one before, has improved
        nothing."""
        return step > _CYCLES_WITHOUT_GAIN * self._best_step + _SLACK * steps

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

    Source: Holzmüller et al. 2024: coslog4 and flat_cos.
    """
    rate = recipe.learning_rate * 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * progress)))
    flat = 1.0 if progress < 0.5 else 0.5 * (1 + math.cos(math.pi * (2 * progress - 1)))
    network.dropout = recipe.dropout * flat
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]
        group["weight_decay"] = group["decay"] * flat
