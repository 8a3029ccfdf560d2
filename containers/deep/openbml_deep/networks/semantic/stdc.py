"""Short-Term Dense Concatenate backbones STDC1 and STDC2.

Source: Fan et al. 2021, arXiv:2104.13188, section 3.1 and table 2.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from openbml_deep.networks.semantic.blocks import ConvBlock

# Channels of the features at strides 2, 4, 8, 16 and 32.
CHANNELS = (32, 64, 256, 512, 1024)
# Modules of the stages at strides 8, 16 and 32.
REPEATS = {"stdc1": (2, 2, 2), "stdc2": (4, 5, 3)}
_BLOCKS = 4


class Stdc(nn.Module):
    def __init__(self, repeats: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.ModuleList([ConvBlock(3, CHANNELS[0], stride=2), ConvBlock(*CHANNELS[:2], stride=2)])
        self.stages = nn.ModuleList(
            _stage(inputs, outputs, count)
            for inputs, outputs, count in zip(CHANNELS[1:], CHANNELS[2:], repeats, strict=False)
        )

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the features at strides 2, 4, 8, 16 and 32, with `CHANNELS`."""
        found = []
        features = images
        for layer in (*self.stem, *self.stages):
            features = layer(features)
            found.append(features)
        return found


def _stage(inputs: int, outputs: int, count: int) -> nn.Sequential:
    return nn.Sequential(
        _Concatenated(inputs, outputs, stride=2),
        *(_Concatenated(outputs, outputs, stride=1) for _ in range(count - 1)),
    )


class _Concatenated(nn.Module):
    """Blocks one after another, each of half the channels, whose outputs are put side by side."""

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        half = outputs // 2
        self.first = ConvBlock(inputs, half, 1)
        self.down: nn.Module = nn.Identity()
        self.pool: nn.Module = nn.Identity()
        if stride == 2:
            self.down = ConvBlock(half, half, stride=2, groups=half, active=False)
            self.pool = nn.AvgPool2d(3, stride=2, padding=1)
        widths = [outputs // 2 ** min(number, _BLOCKS - 1) for number in range(1, _BLOCKS + 1)]
        self.others = nn.ModuleList(ConvBlock(before, after) for before, after in pairwise(widths))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        first = self.first(features)
        found = [self.pool(first)]
        block = self.down(first)
        for other in self.others:
            block = other(block)
            found.append(block)
        return torch.cat(found, dim=1)
