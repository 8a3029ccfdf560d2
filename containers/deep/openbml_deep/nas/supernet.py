"""The supernet: all sub-nets in one set of weights; and a sub-net as a network of its own.

A narrower block uses the first channels of the widest, a smaller kernel the middle of the largest (BigNAS,
arXiv 2003.11142).
"""

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional

from openbml_deep.nas.space import (
    DEEPEST,
    EXPANSIONS,
    HEAD_CHANNELS,
    KERNELS,
    STAGES,
    STEM_CHANNELS,
    Subnet,
)


def _widths() -> Iterator[tuple[int, int, int, int]]:
    """Yield (place, input channels, output channels, stride) of every block."""
    channels = STEM_CHANNELS
    for number, stage in enumerate(STAGES):
        for block in range(DEEPEST):
            yield number * DEEPEST + block, channels, stage.channels, stage.stride if block == 0 else 1
            channels = stage.channels


class _Block(nn.Module):
    """Expand, filter each channel, project; the input is added where shapes allow."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, kernel: int, expansion: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.expand = nn.Conv2d(inputs, width, 1, bias=False)
        self.expand_norm = nn.BatchNorm2d(width)
        self.filter = nn.Conv2d(
            width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False
        )
        self.filter_norm = nn.BatchNorm2d(width)
        self.project = nn.Conv2d(width, outputs, 1, bias=False)
        self.project_norm = nn.BatchNorm2d(outputs)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        wide = functional.hardswish(self.expand_norm(self.expand(images)))
        filtered = functional.hardswish(self.filter_norm(self.filter(wide)))
        projected: torch.Tensor = self.project_norm(self.project(filtered))
        return projected + images if self.adds else projected

    def narrowed(self, images: torch.Tensor, *, kernel: int, expansion: int) -> torch.Tensor:
        """The block with the first channels and the middle of the kernel only."""
        width = self.expand.in_channels * expansion
        cut = (self.filter.kernel_size[0] - kernel) // 2
        span = slice(cut, cut + kernel)
        wide = _normed(functional.conv2d(images, self.expand.weight[:width]), self.expand_norm, width)
        filtered = _normed(
            functional.conv2d(
                functional.hardswish(wide),
                self.filter.weight[:width, :, span, span],
                stride=self.filter.stride,
                padding=kernel // 2,
                groups=width,
            ),
            self.filter_norm,
            width,
        )
        projected: torch.Tensor = self.project_norm(
            functional.conv2d(functional.hardswish(filtered), self.project.weight[:, :width])
        )
        return projected + images if self.adds else projected

    @torch.no_grad()
    def take(self, widest: "_Block") -> None:
        """Copy the weights that this narrower block has of the widest."""
        width = self.expand.out_channels
        cut = (widest.filter.kernel_size[0] - self.filter.kernel_size[0]) // 2
        span = slice(cut, cut + self.filter.kernel_size[0])
        self.expand.weight.copy_(widest.expand.weight[:width])
        self.filter.weight.copy_(widest.filter.weight[:width, :, span, span])
        self.project.weight.copy_(widest.project.weight[:, :width])
        for mine, theirs in (
            (self.expand_norm, widest.expand_norm),
            (self.filter_norm, widest.filter_norm),
            (self.project_norm, widest.project_norm),
        ):
            _take_norm(mine, theirs)


class _Ends(nn.Module):
    """What all sub-nets share whole: the stem and the head."""

    def __init__(self, class_count: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, STEM_CHANNELS, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(STEM_CHANNELS),
            nn.Hardswish(),
        )
        self.head = nn.Sequential(
            nn.Conv2d(STAGES[-1].channels, HEAD_CHANNELS, 1, bias=False),
            nn.BatchNorm2d(HEAD_CHANNELS),
            nn.Hardswish(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(HEAD_CHANNELS, class_count)


class Supernet(nn.Module):
    """Images (n, 3, side, side) → logits (n, classes) of the active sub-net."""

    def __init__(self, class_count: int, active: Subnet) -> None:
        super().__init__()
        self.ends = _Ends(class_count)
        self.blocks = nn.ModuleList(
            _Block(inputs, outputs, stride, kernel=KERNELS[-1], expansion=EXPANSIONS[-1])
            for _, inputs, outputs, stride in _widths()
        )
        self.active = active

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        subnet = self.active
        side = subnet.input_size
        if images.shape[-1] != side:
            images = functional.interpolate(
                images, size=(side, side), mode="bilinear", align_corners=False, antialias=True
            )
        images = self.ends.stem(images)
        for place, block in enumerate(self.blocks):
            if place % DEEPEST < subnet.depths[place // DEEPEST]:
                assert isinstance(block, _Block)
                images = block.narrowed(
                    images, kernel=subnet.kernels[place], expansion=subnet.expansions[place]
                )
        logits: torch.Tensor = self.ends.classifier(self.ends.head(images))
        return logits


class SubnetNetwork(nn.Module):
    """A sub-net by itself: images (n, 3, side, side) of its own side → logits (n, classes)."""

    def __init__(self, class_count: int, subnet: Subnet) -> None:
        super().__init__()
        self.subnet = subnet
        self.ends = _Ends(class_count)
        self.places = [place for place, *_ in _widths() if place % DEEPEST < subnet.depths[place // DEEPEST]]
        shapes = {place: rest for place, *rest in _widths()}
        self.blocks = nn.ModuleList(
            _Block(
                shapes[place][0],
                shapes[place][1],
                shapes[place][2],
                kernel=subnet.kernels[place],
                expansion=subnet.expansions[place],
            )
            for place in self.places
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        images = self.ends.stem(images)
        for block in self.blocks:
            images = block(images)
        logits: torch.Tensor = self.ends.classifier(self.ends.head(images))
        return logits

    @torch.no_grad()
    def take(self, supernet: Supernet) -> None:
        """Copy the weights that this sub-net has of the supernet; a classifier of other classes is left
        out."""
        state = supernet.ends.state_dict()
        if state["classifier.weight"].shape != self.ends.classifier.weight.shape:
            state = {name: tensor for name, tensor in state.items() if not name.startswith("classifier.")}
        self.ends.load_state_dict(state, strict=False)
        for block, place in zip(self.blocks, self.places, strict=True):
            widest = supernet.blocks[place]
            assert isinstance(block, _Block)
            assert isinstance(widest, _Block)
            block.take(widest)


def _normed(images: torch.Tensor, norm: nn.BatchNorm2d, width: int) -> torch.Tensor:
    """Batch normalisation of the first channels. While training by the batch; the running figures of a
    narrow block mean little and are found anew for each sub-net (`calibrate`)."""
    return functional.batch_norm(
        images,
        None if norm.training else _first(norm.running_mean, width),
        None if norm.training else _first(norm.running_var, width),
        norm.weight[:width],
        norm.bias[:width],
        training=norm.training,
    )


def _first(figures: torch.Tensor | None, width: int) -> torch.Tensor | None:
    return None if figures is None else figures[:width]


def _take_norm(mine: nn.BatchNorm2d, theirs: nn.BatchNorm2d) -> None:
    width = mine.num_features
    mine.weight.copy_(theirs.weight[:width])
    mine.bias.copy_(theirs.bias[:width])
    if mine.running_mean is not None and theirs.running_mean is not None:
        mine.running_mean.copy_(theirs.running_mean[:width])
    if mine.running_var is not None and theirs.running_var is not None:
        mine.running_var.copy_(theirs.running_var[:width])


@torch.no_grad()
def calibrate(network: nn.Module, batches: Iterator[torch.Tensor]) -> None:
    """Find the normalisation figures of a network anew, as the plain mean over the batches; weights stay."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a cumulative mean
    was_training = network.training
    network.train()
    for images in batches:
        network(images)
    network.train(was_training)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
