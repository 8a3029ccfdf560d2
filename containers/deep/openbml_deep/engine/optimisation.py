"""The optimiser, what each parameter's learning rate is, and how it changes over the steps."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from timm.models import group_parameters
from torch import nn

from openbml_deep.settings import TrainingSettings

# The step schedule of Detectron's "1x" runs: a tenth after two thirds and again after eight ninths.
_STEP_ENDS = (2 / 3, 8 / 9)
_STEP_FACTOR = 0.1
# What networks with parts call the one that came with pre-trained weights; the first that occurs counts.
_BACKBONES = ("backbone", "encoder", "features")


@dataclass(frozen=True)
class LayerRates:
    """The share of the learning rate that each named parameter gets."""

    shares: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.shares.get(name, 1.0)


def layer_rates(
    network: nn.Module,
    settings: TrainingSettings,
    head: frozenset[str],
    note: Callable[[str, str], None],
) -> LayerRates:
    """Return the shares: the backbone's factor, times `layer_decay` for each layer below the last one.

    Args:
        head: names of the parameters whose shape depends on the labels.

    Source of the decay by layers: Clark et al. 2020 (ELECTRA), arXiv:2003.10555; Bao et al. 2021 (BEiT).
    """
    names = [name for name, _ in network.named_parameters()]
    backbone = _backbone(names, head)
    shares = {name: settings.backbone_learning_rate_factor if name in backbone else 1.0 for name in names}
    if settings.layer_decay < 1:
        depths = _depths(network)
        if depths is None:
            note("warning", f"layer_decay is left out: network {settings.network} does not tell its layers")
        else:
            deepest = max(depths.values())
            for name in names:
                shares[name] *= settings.layer_decay ** (deepest - depths.get(name, deepest))
    return LayerRates(shares)


def _backbone(names: Sequence[str], head: frozenset[str]) -> set[str]:
    """Return what the network itself calls its backbone; of a classifier all that is not the head."""
    for part in _BACKBONES:
        named = {name for name in names if part in name.split(".")}
        if named:
            return named
    return set(names) - head


def _depths(network: nn.Module) -> dict[str, int] | None:
    """Return each parameter's layer, counted from the input, as timm's networks tell it; None of others."""
    matcher = getattr(network, "group_matcher", None)
    if matcher is None:
        return None
    depths: dict[str, int] = group_parameters(network, matcher(coarse=False), reverse=True)
    return depths


def build_optimizer(
    network: nn.Module, settings: TrainingSettings, rates: LayerRates
) -> torch.optim.Optimizer:
    """Return AdamW or SGD; biases and normalisation weights are not decayed."""
    groups = list(_groups(network, settings, rates))
    if settings.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=settings.learning_rate, momentum=0.9, nesterov=True, fused=True)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)


def _groups(network: nn.Module, settings: TrainingSettings, rates: LayerRates) -> Iterator[dict[str, Any]]:
    members: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            members.setdefault((parameter.ndim > 1, rates[name]), []).append(parameter)
    for (decayed, share), parameters in sorted(
        members.items(), key=lambda item: (not item[0][0], item[0][1])
    ):
        decay = settings.weight_decay if decayed else 0.0
        yield {"params": parameters, "weight_decay": decay, "share": share}


@dataclass(frozen=True)
class Schedule:
    """The learning rate of each step: a linear warm-up, then `kind` from the peak."""

    kind: str
    peak: float
    warmup_steps: int
    total_steps: int

    def rate(self, step: int) -> float:
        """Return the rate of a step counted from 0."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        done = min(1.0, (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps))
        match self.kind:
            case "constant":
                return self.peak
            case "step":
                return self.peak * _STEP_FACTOR ** sum(done >= end for end in _STEP_ENDS)
            case _:  # a cosine to a hundredth of the peak
                return self.peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
