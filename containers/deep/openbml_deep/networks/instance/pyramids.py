"""Feature pyramids on backbones of timm."""

import torch
from torch import nn
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from openbml_deep.networks.pretrained import TimmBackbone


class TimmPyramid(nn.Module):
    """Features at strides 4 to 64, all of `out_channels`, by torchvision's names of the levels.

    Source: Lin et al. 2017, arXiv:1612.03144.
    """

    def __init__(self, backbone: str, *, channels: int = 256) -> None:
        """`backbone`: timm's name of a classifier with stages at strides 4, 8, 16 and 32."""
        super().__init__()
        self.body = TimmBackbone(backbone, (1, 2, 3, 4))
        self.fpn = FeaturePyramidNetwork(self.body.channels, channels, extra_blocks=LastLevelMaxPool())
        self.out_channels = channels

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        levels = {str(number): features for number, features in enumerate(self.body(images))}
        found: dict[str, torch.Tensor] = self.fpn(levels)
        return found
