"""One adapter per source of networks; the catalogue's `adapter` names it, its `build` holds the adapter's
arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from torch import nn

from openbml_catalog.networks import Network

# Adapter of the catalogue → module here with `build(plan: NetworkPlan) -> nn.Module`. What the module must
# be is written in `networks.interfaces` for the task's kind of network.
ADAPTERS: Mapping[str, str] = {
    "mask_rcnn": "instance.mask_rcnn",
    "cascade_mask_rcnn": "instance.cascade_mask_rcnn",
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
    module = ADAPTERS.get(plan.network.adapter)
    if module is None:
        raise LookupError(f"network {plan.network.name}: there is no adapter {plan.network.adapter!r}")
    built: nn.Module = import_module(f"openbml_deep.networks.{module}").build(plan)
    return built
