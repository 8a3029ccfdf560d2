"""Exponential moving average of a model's weights."""

import copy

import torch
from torch import nn


class MovingAverage:
    """Keeps `model`, the average that is evaluated and exported.

    Early on the decay is (1 + steps) / (10 + steps), so that a short run is not stuck at its random start.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self._source = model
        self._decay = decay
        self.model = copy.deepcopy(model).eval() if decay > 0 else model
        self.steps = 0
        self._pairs = _float_pairs(self.model, model)

    @torch.no_grad()
    def update(self) -> None:
        self.steps += 1
        if self._decay == 0:
            return
        share = 1 - min(self._decay, (1 + self.steps) / (10 + self.steps))
        averages, currents = self._pairs
        torch._foreach_lerp_(averages, currents, share)

    @torch.no_grad()
    def copy_counters(self) -> None:
        """Copy what cannot be averaged: integer buffers, such as the number of batches seen."""
        if self._decay > 0:
            for mine, theirs in zip(self.model.buffers(), self._source.buffers(), strict=True):
                if not mine.is_floating_point():
                    mine.copy_(theirs)


def _float_pairs(average: nn.Module, source: nn.Module) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    if average is source:
        return [], []
    mine, theirs = average.state_dict(keep_vars=True), source.state_dict(keep_vars=True)
    names = [name for name, tensor in mine.items() if tensor.is_floating_point()]
    return [mine[name] for name in names], [theirs[name] for name in names]
