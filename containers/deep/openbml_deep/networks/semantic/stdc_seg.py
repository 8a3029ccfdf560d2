"""STDC-Seg: features of an STDC backbone, refined by global context; a head beside it learns edges.

Source: Fan et al. 2021, arXiv:2104.13188, sections 3.2 (network) and 3.3 (detail guidance); the refinement
and fusion modules are BiSeNet's (Yu et al. 2018, arXiv:1808.00897).
"""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.semantic.blocks import ConvBlock, PixelHead
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier
from openbml_deep.networks.semantic.stdc import CHANNELS, REPEATS, Stdc
from openbml_deep.tasks.objects import BACKGROUND, IGNORED

_CONTEXT = 128
_FUSED = 256
# Shares of the edges at strides 1, 2 and 4 in the edge map, and the value from which a pixel is an edge.
_EDGE_SHARES = (0.6, 0.3, 0.1)
_EDGE = 0.1


def build(plan: NetworkPlan) -> nn.Module:
    return StdcSeg(plan.label_count + 1, backbone=str(plan.network.build["backbone"]))


class StdcSeg(PixelClassifier):
    auxiliary_weight = 1.0
    own = ("head.1.", "head_8.1.", "head_16.1.")

    def __init__(self, classes: int, *, backbone: str) -> None:
        super().__init__()
        self.backbone = Stdc(REPEATS[backbone])
        self.context = ConvBlock(CHANNELS[4], _CONTEXT, 1)
        self.refine_32 = _Refinement(CHANNELS[4], _CONTEXT)
        self.refine_16 = _Refinement(CHANNELS[3], _CONTEXT)
        self.smooth_32 = ConvBlock(_CONTEXT, _CONTEXT)
        self.smooth_16 = ConvBlock(_CONTEXT, _CONTEXT)
        self.fusion = _Fusion(CHANNELS[2] + _CONTEXT, _FUSED)
        self.head = PixelHead(_FUSED, _FUSED, classes)
        self.head_8 = PixelHead(_CONTEXT, 64, classes)
        self.head_16 = PixelHead(_CONTEXT, 64, classes)
        self.detail_head = PixelHead(CHANNELS[2], 64, 1)

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        return self._outputs(self.backbone(images))

    def losses(self, images: torch.Tensor, maps: torch.Tensor) -> Mapping[str, torch.Tensor]:
        features = self.backbone(images)
        main, *beside = self._outputs(features)
        parts = {"pixels": self.criterion(main, maps)}
        for number, output in enumerate(beside, start=1):
            parts[f"auxiliary_{number}"] = self.auxiliary_weight * self.criterion(output, maps)
        parts["detail"] = detail_loss(self.detail_head(features[2]), maps)
        return parts

    def _outputs(self, features: list[torch.Tensor]) -> list[torch.Tensor]:
        *_, eighth, sixteenth, last = features
        context = self.context(last.mean(dim=(2, 3), keepdim=True))
        at_16 = self.smooth_32(_doubled(self.refine_32(last) + context))
        at_8 = self.smooth_16(_doubled(self.refine_16(sixteenth) + at_16))
        found = [self.head(self.fusion(torch.cat([eighth, at_8], dim=1)))]
        if self.training:
            found += [self.head_8(at_8), self.head_16(at_16)]
        return found


def _doubled(features: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")


class _Refinement(nn.Module):
    """Channels weighed by the mean of the image."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = ConvBlock(inputs, outputs)
        self.attention = ConvBlock(outputs, outputs, 1, active=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        refined = self.convolution(features)
        return refined * torch.sigmoid(self.attention(refined.mean(dim=(2, 3), keepdim=True)))


class _Fusion(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = ConvBlock(inputs, outputs, 1)
        self.attention = nn.Sequential(
            nn.Conv2d(outputs, outputs // 4, 1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs // 4, outputs, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        fused = self.convolution(features)
        return fused + fused * self.attention(fused.mean(dim=(2, 3), keepdim=True))


def edges(maps: torch.Tensor) -> torch.Tensor:
    """Return where classes meet, shape (n, 1, size, size), 0 or 1: Laplacians at strides 1, 2 and 4."""
    kernel = maps.new_full((1, 1, 3, 3), -1, dtype=torch.float32)
    kernel[0, 0, 1, 1] = 8
    values = torch.where(maps == IGNORED, BACKGROUND, maps)[:, None].float()
    total = torch.zeros_like(values)
    for share, stride in zip(_EDGE_SHARES, (1, 2, 4), strict=True):
        found = functional.conv2d(values, kernel, stride=stride, padding=1).clamp(min=0) > _EDGE
        total += share * functional.interpolate(found.float(), size=values.shape[-2:], mode="nearest")
    return (total > _EDGE).float()


def detail_loss(logits: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """Binary cross entropy plus Dice loss of the edges (eq. 2 and 3)."""
    wanted = edges(maps)
    scores = functional.interpolate(logits, size=wanted.shape[-2:], mode="bilinear", align_corners=False)
    scores = scores.float()
    probabilities = scores.sigmoid().flatten(1)
    flat = wanted.flatten(1)
    shared = (probabilities * flat).sum(dim=1)
    dice = 1 - (2 * shared + 1) / (probabilities.square().sum(dim=1) + flat.sum(dim=1) + 1)
    return functional.binary_cross_entropy_with_logits(scores, wanted) + dice.mean()
