"""The feature maps inside any network, found by what its modules return: no network is known by name here."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isqrt

import torch
from torch import nn

# Modules whose results are no features: what they return is attention or the same again.
_NO_FEATURES = (nn.Identity, nn.Dropout, nn.Dropout2d, nn.Softmax, nn.Linear)
_MOST_KEPT = 48
# Tokens before those of the image: class, distillation and register tokens.
_MOST_PREFIX = 8
_SMALLEST_SIDE = 2


@dataclass(frozen=True)
class FeatureMap:
    """What a module returned for one image; `grid` shows it as shape (channels, side, side)."""

    output: torch.Tensor
    grid: Callable[[torch.Tensor], torch.Tensor]
    channels: int
    side: int


class Recording:
    """The feature maps of a forward pass.

    Attributes:
        last: the last ones, in order.
        widest: the one with most channels, of equal ones the last: the end of the backbone, as a rule.
    """

    def __init__(self) -> None:
        self.last: deque[FeatureMap] = deque(maxlen=_MOST_KEPT)
        self.widest: FeatureMap | None = None

    def add(self, found: FeatureMap) -> None:
        if not self.last or self.last[-1].output is not found.output:
            self.last.append(found)
        if self.widest is None or found.channels >= self.widest.channels:
            self.widest = found


@contextmanager
def recorded(network: nn.Module) -> Iterator[Recording]:
    """Let the feature maps of a forward pass of one image be kept."""
    recording = Recording()

    def keep(_: nn.Module, __: tuple[object, ...], output: object) -> None:
        found = feature_map(output)
        if found is not None:
            recording.add(found)

    handles = [
        module.register_forward_hook(keep)
        for module in network.modules()
        if module is not network and not isinstance(module, _NO_FEATURES)
    ]
    try:
        yield recording
    finally:
        for handle in handles:
            handle.remove()


def feature_map(output: object) -> FeatureMap | None:
    """Return a module's output as a feature map, None where it is none.

    Square maps (1, channels, side, side), the same with channels last, and tokens (1, prefix + side x side,
    channels) are feature maps.
    """
    if not isinstance(output, torch.Tensor) or not output.is_floating_point() or output.shape[0] != 1:
        return None
    if output.ndim == 4:
        return _square(output)
    return _tokens(output) if output.ndim == 3 else None


def _square(output: torch.Tensor) -> FeatureMap | None:
    _, first, second, third = output.shape
    if second == third and second >= _SMALLEST_SIDE:
        return FeatureMap(output, lambda values: values[0], first, second)
    if first == second and first >= _SMALLEST_SIDE:
        return FeatureMap(output, lambda values: values[0].permute(2, 0, 1), third, first)
    return None


def _tokens(output: torch.Tensor) -> FeatureMap | None:
    _, count, channels = output.shape
    side = isqrt(count)
    prefix = count - side * side
    if side < _SMALLEST_SIDE or prefix > _MOST_PREFIX:
        return None
    return FeatureMap(
        output, lambda values: values[0, prefix:].T.reshape(channels, side, side), channels, side
    )
