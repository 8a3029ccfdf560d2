"""SOLOv2: a grid says what lies where, and each cell makes the kernel that draws its object's mask.

Source: Wang et al. 2020, arXiv:2003.10152 (kernels, mask features, matrix suppression), and for the grid's
targets and losses Wang et al. 2020, arXiv:1912.04488. Ranges of object sizes are the papers', as shares of
the input instead of pixels of 800.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.instance.mask_suppression import strongest_masks
from openbml_deep.networks.instance.masks import INPUT, OneImageMaskGraph, whole_masks
from openbml_deep.networks.instance.pyramids import TimmPyramid
from openbml_deep.networks.instance.solov2_targets import Cells, cells_of
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.tasks.objects import Found, Target

_MASK_WEIGHT = 3.0
_PRIOR = 0.01


@dataclass(frozen=True)
class Size:
    """How much a network computes.

    Attributes:
        pyramid, head, masks: channels of the pyramid, of the head's two branches and of the mask features.
        depth: convolutions of a branch.
        grids: cells a side of each level.
    """

    pyramid: int
    head: int
    masks: int
    depth: int
    grids: tuple[int, ...]


_WHOLE = Size(pyramid=256, head=512, masks=256, depth=4, grids=(40, 36, 24, 16, 12))
_LIGHT = Size(pyramid=128, head=128, masks=64, depth=2, grids=(24, 20, 14, 10, 8))


def build(plan: NetworkPlan) -> nn.Module:
    arguments = plan.network.build
    size = _LIGHT if arguments.get("light") else _WHOLE
    return SoloV2(str(arguments["backbone"]), plan.label_count, size)


class SoloV2(nn.Module):
    """Implements `DetectionNetwork`; masks are of the whole input, a quarter of its size."""

    def __init__(self, backbone: str, label_count: int, size: Size) -> None:
        super().__init__()
        self.pyramid = TimmPyramid(backbone, channels=size.pyramid)
        channels = self.pyramid.out_channels
        self.category_branch = _branch(channels, size)
        self.categories = nn.Conv2d(size.head, label_count, 3, padding=1)
        self.kernel_branch = _branch(channels + 2, size)
        self.kernels = nn.Conv2d(size.head, size.masks, 3, padding=1)
        self.mask_features = _MaskFeatures(channels, size.masks)
        self._grids = size.grids
        for layer in (self.categories, self.kernels):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)
        nn.init.constant_(self.categories.bias, math.log(_PRIOR / (1 - _PRIOR)))

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        categories, kernels, features = self._predicted(images)
        every = [
            cells_of(target, self._grids, size=images.shape[-1], mask_size=features.shape[-1])
            for target in targets
        ]
        return {
            "categories": self._category_loss(categories, every),
            "masks": _MASK_WEIGHT * _mask_loss(kernels, features, every),
        }

    def found(self, images: torch.Tensor) -> list[Found]:
        size = images.shape[-1]
        return [whole_masks(found, size=size, frame=INPUT) for found in self.raw_found(images)]

    def raw_found(self, images: torch.Tensor) -> list[Found]:
        categories, kernels, features = self._predicted(images)
        scores = torch.cat([_peaks(level.sigmoid()).flatten(2) for level in categories], dim=2)
        flat = torch.cat([level.flatten(2) for level in kernels], dim=2)
        return [
            strongest_masks(scores[row].T, flat[row].T, features[row], size=images.shape[-1])
            for row in range(images.shape[0])
        ]

    def pretrained_part(self, tag: str) -> PretrainedPart:
        return self.pyramid.body.pretrained_part(tag)

    def graph(self) -> nn.Module:
        return OneImageMaskGraph(self, frame=INPUT)

    def _predicted(self, images: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
        """Return, of each level, categories (n, labels, g, g) and kernels (n, c, g, g), and the mask features
        (n, c, size / 4, size / 4)."""
        levels = list(self.pyramid(images).values())
        categories, kernels = [], []
        for features, grid in zip(_head_inputs(levels), self._grids, strict=True):
            located = _sized(torch.cat([features, _places(features)], dim=1), grid)
            kernels.append(self.kernels(self.kernel_branch(located)))
            categories.append(self.categories(self.category_branch(_sized(features, grid))))
        return categories, kernels, self.mask_features(levels[:4])

    def _category_loss(self, categories: Sequence[torch.Tensor], every: Sequence[Cells]) -> torch.Tensor:
        total = categories[0].new_zeros(())
        for level, logits in enumerate(categories):
            wanted = torch.zeros_like(logits)
            for image, cells in enumerate(every):
                own = cells.levels == level
                wanted[image, cells.classes[own], cells.rows[own], cells.columns[own]] = 1
            total = total + sigmoid_focal_loss(logits.float(), wanted.float(), reduction="sum")
        return total / (1 + sum(len(cells.levels) for cells in every))


def _branch(inputs: int, size: Size) -> nn.Sequential:
    layers = [_grouped(inputs if number == 0 else size.head, size.head, 3) for number in range(size.depth)]
    return nn.Sequential(*layers)


def _grouped(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.GroupNorm(32, outputs),
        nn.ReLU(inplace=True),
    )


class _MaskFeatures(nn.Module):
    """All levels at stride 4, added up; the coarsest one knows where its places are."""

    def __init__(self, channels: int, outputs: int, *, middle: int = 128) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.ModuleList(
                _grouped((channels + (2 if number == 3 else 0)) if step == 0 else middle, middle, 3)
                for step in range(max(1, number))
            )
            for number in range(4)
        )
        self.project = _grouped(middle, outputs, 1)

    def forward(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        total = None
        for number, features in enumerate(levels):
            level = torch.cat([features, _places(features)], dim=1) if number == 3 else features
            for layer in self.levels[number]:
                level = layer(level)
                if number:
                    level = functional.interpolate(
                        level, scale_factor=2.0, mode="bilinear", align_corners=False
                    )
            total = level if total is None else total + level
        found: torch.Tensor = self.project(total)
        return found


def _head_inputs(levels: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Return the levels at strides 8, 8, 16, 32 and 32 of those at 4, 8, 16, 32 and 64."""
    first, second, third, fourth, last = levels
    return [_sized(first, second.shape[-1]), second, third, fourth, _sized(last, fourth.shape[-1])]


def _sized(features: torch.Tensor, size: int) -> torch.Tensor:
    return functional.interpolate(features, size=(size, size), mode="bilinear", align_corners=False)


def _places(features: torch.Tensor) -> torch.Tensor:
    """Return x and y of each place, -1 to 1, shape (n, 2, h, w)."""
    across = torch.linspace(-1, 1, features.shape[-1], device=features.device, dtype=features.dtype)
    down = torch.linspace(-1, 1, features.shape[-2], device=features.device, dtype=features.dtype)
    y, x = torch.meshgrid(down, across, indexing="ij")
    return torch.stack([x, y]).expand(features.shape[0], -1, -1, -1)


def _peaks(scores: torch.Tensor) -> torch.Tensor:
    """Return the scores with only those left that no neighbour of a 2x2 window exceeds."""
    highest = functional.max_pool2d(scores, 2, stride=1, padding=1)[:, :, :-1, :-1]
    return scores * (highest == scores)


def _mask_loss(
    kernels: Sequence[torch.Tensor], features: torch.Tensor, every: Sequence[Cells]
) -> torch.Tensor:
    """Return the mean Dice loss of the cells' masks."""
    parts = []
    for image, cells in enumerate(every):
        for level, grid in enumerate(kernels):
            own = cells.levels == level
            if not own.any():
                continue
            drawn = grid[image][:, cells.rows[own], cells.columns[own]].T @ features[image].flatten(1)
            parts.append(_dice(drawn.float().sigmoid(), cells.masks[cells.objects[own]].flatten(1)))
    if not parts:
        return features.sum() * 0.0 + sum(grid.sum() for grid in kernels) * 0.0
    return torch.cat(parts).mean()


def _dice(drawn: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return 1 - D of each row (arXiv:1912.04488, eq. 5)."""
    shared = (drawn * wanted).sum(dim=1)
    return 1 - 2 * shared / (drawn.square().sum(dim=1) + wanted.square().sum(dim=1) + 1e-3)
