"""Classifiers of timm.

`build` of the catalogue: `model` and `arguments` of `timm.create_model`; `sized: true` where the network has
to know the input size (position embeddings); `squeeze_excitation: false` takes these modules out.
"""

import sys
from collections.abc import Mapping

import timm
import torch
from torch import nn

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.pretrained import IMAGENET_MEAN, IMAGENET_STD, PretrainedPart


def build(plan: NetworkPlan) -> nn.Module:
    told = plan.network.build
    arguments = dict(told.get("arguments", {}))
    if told.get("sized"):
        arguments["img_size"] = plan.input_size
    if told.get("squeeze_excitation") is False:
        arguments["se_layer"] = nn.Identity
    network: nn.Module = timm.create_model(
        told["model"], pretrained=False, num_classes=plan.label_count, **arguments
    )
    return network


def pretrained_part(network: nn.Module, tag: str, head: frozenset[str]) -> PretrainedPart:
    """timm's file is taken as its own loader does, position embeddings resized to the network's input."""

    def prepared(state: Mapping[str, torch.Tensor]) -> Mapping[str, torch.Tensor]:
        resized = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
        return dict(state) if resized is None else dict(resized(dict(state), network))

    config = timm.get_pretrained_cfg(tag)  # None: weights of one's own
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if config is None else (config.mean, config.std)
    return PretrainedPart(network, tuple(head), mean=tuple(mean), std=tuple(std), prepare=prepared)
