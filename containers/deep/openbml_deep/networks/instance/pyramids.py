"""Feature pyramids on backbones of timm."""

import timm
import torch
from torch import nn
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool


class TimmPyramid(nn.Module):
    """Features at strides 4 to 64, all of `out_channels`, by torchvision's names of the levels.

    Source: Lin et al. 2017, arXiv:1612.03144.
    """

    def __init__(self, backbone: nn.Module, *, channels: int) -> None:
        super().__init__()
        self.body = backbone
        self.fpn = FeaturePyramidNetwork(
            backbone.feature_info.channels(), channels, extra_blocks=LastLevelMaxPool()
        )
        self.out_channels = channels

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        levels = {str(number): features for number, features in enumerate(self.body(images))}
        found: dict[str, torch.Tensor] = self.fpn(levels)
        return found


def timm_pyramid(model: str, *, channels: int = 256) -> TimmPyramid:
    """Return the pyramid of a timm classifier's stages at strides 4, 8, 16 and 32."""
    backbone = timm.create_model(model, pretrained=False, features_only=True, out_indices=(1, 2, 3, 4))
    return TimmPyramid(backbone, channels=channels)
