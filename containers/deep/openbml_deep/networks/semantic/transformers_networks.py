"""Semantic segmentation networks of transformers, built from their configurations."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from transformers import (
    ConvNextConfig,
    SegformerConfig,
    SegformerForSemanticSegmentation,
    UperNetConfig,
    UperNetForSemanticSegmentation,
)

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.networks.published_names import published_names
from openbml_deep.networks.semantic.blocks import AverageOfBins
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier


def build(plan: NetworkPlan) -> nn.Module:
    arguments = dict(plan.network.build)
    architecture = arguments.pop("architecture")
    return TransformersSemantic(_ARCHITECTURES[architecture](arguments, plan.label_count + 1))


class TransformersSemantic(PixelClassifier):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def pretrained_part(self, tag: str) -> PretrainedPart:
        del tag  # the catalogue's are of whole networks
        return PretrainedPart(self.model, ("decode_head.classifier.",), published_names(self.model))

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        return [self.model(pixel_values=images).logits]


def _segformer(arguments: Mapping[str, Any], classes: int) -> nn.Module:
    """Xie et al. 2021, arXiv:2105.15203, table 6: depths, widths of the stages and of the decoder."""
    return SegformerForSemanticSegmentation(SegformerConfig(num_labels=classes, **arguments))


def _upernet_convnext(arguments: Mapping[str, Any], classes: int) -> nn.Module:
    """ConvNeXt (Liu et al. 2022, arXiv:2201.03545) below UPerNet (Xiao et al. 2018, arXiv:1807.10221)."""
    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = ConvNextConfig(
        depths=arguments["depths"], hidden_sizes=arguments["hidden_sizes"], out_features=stages
    )
    config = UperNetConfig(
        backbone_config=backbone,
        hidden_size=arguments["decoder_hidden_size"],
        use_auxiliary_head=False,
        num_labels=classes,
    )
    network = UperNetForSemanticSegmentation(config)
    for block in network.decode_head.psp_modules.blocks:
        # The same means by matrix products: adaptive pooling does not export for every input size.
        block.layers[0] = AverageOfBins(block.layers[0].output_size)
    return network


_ARCHITECTURES: Mapping[str, Callable[[Mapping[str, Any], int], nn.Module]] = {
    "segformer": _segformer,
    "upernet_convnext": _upernet_convnext,
}
