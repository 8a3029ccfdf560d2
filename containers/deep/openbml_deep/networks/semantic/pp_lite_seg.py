"""PP-LiteSeg: an STDC encoder, simple pyramid pooling, and a decoder that fuses by spatial attention.

Source: Peng et al. 2022, arXiv:2204.02681, sections 3.1 to 3.3 and table 1 (decoder channels).
"""

import torch
from torch import nn

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.semantic.blocks import AverageOfBins, ConvBlock, PixelHead
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier, scaled
from openbml_deep.networks.semantic.stdc import CHANNELS, REPEATS, Stdc

_CONTEXT = 128
# Decoder channels at strides 8, 16 and 32: -T on STDC1, -B on STDC2.
_DECODER = {"stdc1": (32, 64, 128), "stdc2": (64, 96, 128)}


def build(plan: NetworkPlan) -> nn.Module:
    return PPLiteSeg(plan.label_count + 1, backbone=str(plan.network.build["backbone"]))


class PPLiteSeg(PixelClassifier):
    auxiliary_weight = 1.0
    own = ("heads.0.1.", "heads.1.1.", "heads.2.1.")

    def __init__(self, classes: int, *, backbone: str) -> None:
        super().__init__()
        widths = _DECODER[backbone]
        self.backbone = Stdc(REPEATS[backbone])
        self.context = _SimplePyramidPooling(CHANNELS[4], _CONTEXT)
        self.fusions = nn.ModuleList(
            _AttentionFusion(low, high, outputs)
            for low, high, outputs in zip(CHANNELS[2:], (*widths[1:], _CONTEXT), widths, strict=True)
        )
        self.heads = nn.ModuleList(PixelHead(width, width, classes) for width in widths)

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        lows = self.backbone(images)[2:]
        high = self.context(lows[-1])
        found: list[torch.Tensor] = []
        for index in reversed(range(len(lows))):
            high = self.fusions[index](lows[index], high)
            if index == 0 or self.training:
                found.insert(0, self.heads[index](high))
        return found


class _SimplePyramidPooling(nn.Module):
    """Means of 1, 2 and 4 bins a side, added up."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(AverageOfBins(bins), ConvBlock(inputs, outputs, 1)) for bins in (1, 2, 4)
        )
        self.smooth = ConvBlock(outputs, outputs)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        size = features.shape[-1]
        first, *others = (scaled(level(features), size) for level in self.levels)
        smoothed: torch.Tensor = self.smooth(sum(others, first))
        return smoothed


class _AttentionFusion(nn.Module):
    """Unified attention fusion module, spatial: each place takes its share of either input."""

    def __init__(self, low: int, high: int, outputs: int) -> None:
        super().__init__()
        self.low = ConvBlock(low, high)
        self.attention = nn.Sequential(ConvBlock(4, 2), ConvBlock(2, 1, active=False), nn.Sigmoid())
        self.smooth = ConvBlock(high, outputs)

    def forward(self, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
        fine, coarse = self.low(low), scaled(high, low.shape[-1])
        share = self.attention(
            torch.cat(
                [
                    value
                    for features in (coarse, fine)
                    for value in (
                        features.mean(dim=1, keepdim=True),
                        features.max(dim=1, keepdim=True).values,
                    )
                ],
                dim=1,
            )
        )
        fused: torch.Tensor = self.smooth(coarse * share + fine * (1 - share))
        return fused
