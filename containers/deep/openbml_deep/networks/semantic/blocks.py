"""Blocks of convolutional segmentation networks."""

import torch
from torch import nn


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation, ReLU; the padding keeps the size at stride 1."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        groups: int = 1,
        dilation: int = 1,
        active: bool = True,
    ) -> None:
        padding = dilation * (kernel // 2)
        convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding, groups=groups, dilation=dilation, bias=False
        )
        activation = [nn.ReLU(inplace=True)] if active else []
        super().__init__(convolution, nn.BatchNorm2d(outputs), *activation)


class PixelHead(nn.Sequential):
    """A 3x3 convolution block and a 1x1 convolution to the classes."""

    def __init__(self, inputs: int, middle: int, classes: int) -> None:
        super().__init__(ConvBlock(inputs, middle), nn.Conv2d(middle, classes, 1))


class AverageOfBins(nn.Module):
    """Adaptive average pooling to `bins` x `bins` as two matrix products: any input size exports to ONNX."""

    def __init__(self, bins: int) -> None:
        super().__init__()
        self.bins = bins

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        down = self._shares(int(features.shape[-2])).to(features)
        across = self._shares(int(features.shape[-1])).to(features)
        return down @ features @ across.T

    def _shares(self, length: int) -> torch.Tensor:
        """Return the share of each place in each bin, shape (bins, length); bins overlap where they must."""
        shares = torch.zeros(self.bins, length)
        for index in range(self.bins):
            start = index * length // self.bins
            end = -(-(index + 1) * length // self.bins)
            shares[index, start:end] = 1 / (end - start)
        return shares
