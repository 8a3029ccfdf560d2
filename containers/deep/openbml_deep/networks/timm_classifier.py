"""Classifiers of timm.

`build` of the catalogue: `model` and `arguments` of `timm.create_model`; `sized: true` where the network has
to know the input size (position embeddings); `squeeze_excitation: false` takes these modules out.
"""

import sys
from collections.abc import Mapping

import timm
import torch
from torch import nn

from openbml_deep.networks import NetworkPlan, RegistryState


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


def registry_state(network: nn.Module, tag: str, state: Mapping[str, torch.Tensor]) -> RegistryState:
    """Take timm's file as its own loader does, with position embeddings resized to the network's input."""
    config = timm.get_pretrained_cfg(tag)  # None: weights of one's own
    resized = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
    tensors = dict(state) if resized is None else resized(dict(state), network)
    if config is None:
        return RegistryState(tensors)
    return RegistryState(tensors, tuple(config.mean), tuple(config.std))
