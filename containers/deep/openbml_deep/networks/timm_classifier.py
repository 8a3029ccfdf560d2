"""Classifiers of timm; `build` of the catalogue: `model`, and `arguments` of `timm.create_model`."""

import timm
from torch import nn

from openbml_deep.networks import NetworkPlan


def build(plan: NetworkPlan) -> nn.Module:
    arguments = plan.network.build
    network: nn.Module = timm.create_model(
        arguments["model"],
        pretrained=False,
        num_classes=plan.label_count,
        **arguments.get("arguments", {}),
    )
    return network
