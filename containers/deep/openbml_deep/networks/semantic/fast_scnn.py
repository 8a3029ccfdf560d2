"""Fast-SCNN: two resolutions that share their first layers; made to be trained from scratch.

Source: Poudel et al. 2019, arXiv:1902.04502, tables 1 and 2, section 3.3 (losses of the two modules beside
the result, weight 0.4).
"""

import torch
from torch import nn

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.semantic.blocks import AverageOfBins, ConvBlock
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier, scaled

_DROPOUT = 0.1


def build(plan: NetworkPlan) -> nn.Module:
    return FastSCNN(plan.label_count + 1)


class FastSCNN(PixelClassifier):
    own = ("classifier.3.", "downsampled_head.", "global_head.")

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.learning_to_downsample = nn.Sequential(
            ConvBlock(3, 32, stride=2), _Separable(32, 48, stride=2), _Separable(48, 64, stride=2)
        )
        self.global_features = nn.Sequential(
            *_bottlenecks(64, 64, stride=2),
            *_bottlenecks(64, 96, stride=2),
            *_bottlenecks(96, 128, stride=1),
            _PyramidPooling(128, 128),
        )
        self.fusion = _Fusion(64, 128, 128)
        self.classifier = nn.Sequential(
            _Separable(128, 128), _Separable(128, 128), nn.Dropout(_DROPOUT), nn.Conv2d(128, classes, 1)
        )
        self.downsampled_head = nn.Conv2d(64, classes, 1)
        self.global_head = nn.Conv2d(128, classes, 1)

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        fine = self.learning_to_downsample(images)
        coarse = self.global_features(fine)
        found = [self.classifier(self.fusion(fine, coarse))]
        if self.training:
            found += [self.downsampled_head(fine), self.global_head(coarse)]
        return found


class _Separable(nn.Sequential):
    """Depthwise and pointwise convolution without a non-linearity between them."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__(
            ConvBlock(inputs, inputs, stride=stride, groups=inputs, active=False),
            ConvBlock(inputs, outputs, 1),
        )


class _Bottleneck(nn.Module):
    """Inverted residual of expansion 6 (MobileNetV2)."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        wide = inputs * 6
        self.layers = nn.Sequential(
            ConvBlock(inputs, wide, 1),
            ConvBlock(wide, wide, stride=stride, groups=wide),
            ConvBlock(wide, outputs, 1, active=False),
        )
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        changed: torch.Tensor = self.layers(features)
        return features + changed if self.is_residual else changed


def _bottlenecks(inputs: int, outputs: int, *, stride: int) -> list[nn.Module]:
    first = _Bottleneck(inputs, outputs, stride=stride)
    return [first, *(_Bottleneck(outputs, outputs, stride=1) for _ in range(2))]


class _PyramidPooling(nn.Module):
    """Means of 1, 2, 3 and 6 bins a side beside the features (Zhao et al. 2017, arXiv:1612.01105)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(AverageOfBins(bins), ConvBlock(inputs, inputs // 4, 1)) for bins in (1, 2, 3, 6)
        )
        self.project = ConvBlock(inputs * 2, outputs, 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        size = features.shape[-1]
        pooled: torch.Tensor = self.project(
            torch.cat([features, *(scaled(level(features), size) for level in self.levels)], dim=1)
        )
        return pooled


class _Fusion(nn.Module):
    def __init__(self, fine: int, coarse: int, outputs: int) -> None:
        super().__init__()
        self.fine = ConvBlock(fine, outputs, 1, active=False)
        self.coarse = nn.Sequential(
            ConvBlock(coarse, coarse, groups=coarse, dilation=4), ConvBlock(coarse, outputs, 1, active=False)
        )

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.fine(fine) + self.coarse(scaled(coarse, fine.shape[-1])))
