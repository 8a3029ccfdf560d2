"""Deformable convolution, second version, of differentiable operators that run and export everywhere.

Each tap of the kernel samples the input at a learned offset and weighs what it finds.
Paper: Zhu et al. 2019, arXiv:1811.11168.
"""

import torch
from torch import nn
from torch.nn import functional


class DeformableConv2d(nn.Conv2d):
    """A square convolution whose taps move; offsets start at zero, weights of taps at a half."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int, padding: int
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False)
        taps = kernel_size**2
        self.offsets = nn.Conv2d(in_channels, 3 * taps, kernel_size, stride=stride, padding=padding)
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.offsets.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        taps = self.kernel_size[0] * self.kernel_size[1]
        moved = self.offsets(features)
        return deformed_convolution(
            features,
            self.weight,
            offsets=moved[:, : 2 * taps],
            tap_weights=moved[:, 2 * taps :].sigmoid(),
            stride=self.stride[0],
            padding=int(self.padding[0]),
        )


def deformed_convolution(
    features: torch.Tensor,
    weight: torch.Tensor,
    *,
    offsets: torch.Tensor,
    tap_weights: torch.Tensor,
    stride: int,
    padding: int,
) -> torch.Tensor:
    """Convolve at moved taps; what lies outside the features is zero.

    Args:
        features: shape (n, channels, height, width).
        weight: shape (out, channels, k, k).
        offsets: shape (n, 2 * k * k, rows, columns): down and across, in pixels, tap by tap.
        tap_weights: shape (n, k * k, rows, columns).

    Returns:
        Shape (n, out, rows, columns).
    """
    height, width = features.shape[-2:]
    rows, columns = offsets.shape[-2:]
    kernel = weight.shape[-1]
    taps = kernel**2
    down, across = _tap_places(rows, columns, kernel=kernel, stride=stride, padding=padding, like=offsets)
    moved = offsets.reshape(-1, taps, 2, rows, columns)
    # Pixel centres of `grid_sample` lie half a pixel inside its borders, which are -1 and 1.
    y = (2 * (down + moved[:, :, 0]) + 1) / height - 1
    x = (2 * (across + moved[:, :, 1]) + 1) / width - 1
    grid = torch.stack((x, y), dim=-1).reshape(-1, taps * rows, columns, 2).to(features.dtype)
    sampled = functional.grid_sample(
        features, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )
    taken = sampled.reshape(-1, features.shape[1], taps, rows, columns) * tap_weights[:, None]
    joined = taken.reshape(-1, features.shape[1] * taps, rows, columns)
    return functional.conv2d(joined, weight.reshape(weight.shape[0], -1, 1, 1))


def _tap_places(
    rows: int, columns: int, *, kernel: int, stride: int, padding: int, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where the taps lie unmoved: shapes (taps, rows, 1) and (taps, 1, columns)."""
    steps = torch.arange(kernel, dtype=like.dtype, device=like.device)
    top = torch.arange(rows, dtype=like.dtype, device=like.device) * stride - padding
    left = torch.arange(columns, dtype=like.dtype, device=like.device) * stride - padding
    down = steps.repeat_interleave(kernel)[:, None, None] + top[None, :, None]
    across = steps.repeat(kernel)[:, None, None] + left[None, None, :]
    return down, across


def deform_last_stage(backbone: nn.Module) -> None:
    """Make the 3 x 3 convolutions of a ResNet's last stage deformable; weights keep names and values."""
    for name, convolution in list(backbone.named_modules()):
        if not (name.startswith("layer4.") and isinstance(convolution, nn.Conv2d)):
            continue
        if convolution.kernel_size != (3, 3):
            continue
        deformable = DeformableConv2d(
            convolution.in_channels,
            convolution.out_channels,
            3,
            stride=convolution.stride[0],
            padding=int(convolution.padding[0]),
        )
        deformable.weight = convolution.weight
        block, _, last = name.rpartition(".")
        setattr(backbone.get_submodule(block), last, deformable)
