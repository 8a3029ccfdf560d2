"""One adapter per source of networks; the catalogue's `adapter` names it, its `build` holds the adapter's
arguments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

import torch
from torch import nn

from openbml_catalog.networks import Network
from openbml_deep.networks.pretrained import PretrainedPart, TakesPretrained

# Adapter of the catalogue → module here with `build(plan: NetworkPlan) -> nn.Module`. What the module must
# be is written in `networks.interfaces` for the task's kind of network. Where published weights name their
# tensors otherwise than the network does, or were trained with another normalisation than ImageNet's, the
# network has a `pretrained_part(tag)`, or the module a `pretrained_part(network, tag, head)`.
ADAPTERS: Mapping[str, str] = {
    "mask_rcnn": "instance.mask_rcnn",
    "cascade_mask_rcnn": "instance.cascade_mask_rcnn",
    "mask2former": "instance.query_masks",
    "solov2": "instance.solov2",
    "fast_scnn": "semantic.fast_scnn",
    "pp_lite_seg": "semantic.pp_lite_seg",
    "stdc_seg": "semantic.stdc_seg",
    "torchvision_semantic": "semantic.torchvision_networks",
    "transformers_semantic": "semantic.transformers_networks",
    "torchvision_detector": "detection.torchvision_detectors",
    "ssd": "detection.ssd",
    "yolov3": "detection.yolov3",
    "cascade_rcnn": "detection.cascade_rcnn",
    "transformers_detector": "detection.transformers_detectors",
    "timm_classifier": "timm_classifier",
    "supernet": "supernet",
    "subnet": "subnet",
}


@dataclass(frozen=True)
class NetworkPlan:
    """What a network is built from.

    Attributes:
        label_count: the job's labels; a background class, where the architecture has one, is the adapter's.
        input_size: side of the square input, pixels.
        options: hyper-parameters that change the structure, e.g. `anchor_scale`.
    """

    network: Network
    label_count: int
    input_size: int
    options: Mapping[str, Any] = field(default_factory=dict)


def build_network(plan: NetworkPlan) -> nn.Module:
    """Return the network with random weights; seed torch before.

    Raises:
        LookupError: the catalogue names an adapter that this image does not have.
    """
    built: nn.Module = _adapter(plan).build(plan)
    return built


def label_names(plan: NetworkPlan, network: nn.Module) -> frozenset[str]:
    """Return the names of the parameters and buffers whose shape depends on the number of labels."""
    with torch.device("meta"):
        other = build_network(
            NetworkPlan(plan.network, plan.label_count + 1, plan.input_size, plan.options)
        ).state_dict()
    state = network.state_dict()
    return frozenset(name for name, tensor in state.items() if tensor.shape != other[name].shape)


def pretrained_part(plan: NetworkPlan, network: nn.Module, tag: str, head: frozenset[str]) -> PretrainedPart:
    """Return what published weights fill: the network says it itself, or its adapter does."""
    if isinstance(network, TakesPretrained):
        return network.pretrained_part(tag)
    told: Callable[..., PretrainedPart] | None = getattr(_adapter(plan), "pretrained_part", None)
    return PretrainedPart(network, tuple(head)) if told is None else told(network, tag, head)


def continued_by_adapter(
    plan: NetworkPlan, network: nn.Module, earlier: Mapping[str, Any], state: Mapping[str, torch.Tensor]
) -> bool:
    """Let the adapter take the weights of an earlier run of another network; False where it does not know
    how."""
    take: Callable[..., bool] | None = getattr(_adapter(plan), "continue_from", None)
    return take is not None and take(network, earlier, state)


def _adapter(plan: NetworkPlan) -> ModuleType:
    name = ADAPTERS.get(plan.network.adapter)
    if name is None:
        raise LookupError(f"network {plan.network.name}: there is no adapter {plan.network.adapter!r}")
    return import_module(f"openbml_deep.networks.{name}")
