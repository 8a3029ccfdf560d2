"""Mix-up and CutMix: a batch mixed with itself in reverse order, on the device."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from openbml_catalog.augmentation.settings import ChosenMixing


@dataclass(frozen=True)
class Mixing:
    """How a batch is mixed.

    Attributes:
        share: what of each image is its own; the rest is the partner's.
        window: left, top, right, bottom of the partner's pixels (CutMix); None: both are blended (mix-up).
    """

    share: float
    window: tuple[int, int, int, int] | None = None

    def images(self, images: torch.Tensor) -> torch.Tensor:
        """Return shape (n, 3, height, width), each image mixed with its partner."""
        if self.window is None:
            return torch.lerp(images.flip(0), images, self.share)
        left, top, right, bottom = self.window
        mixed = images.clone()
        mixed[..., top:bottom, left:right] = images.flip(0)[..., top:bottom, left:right]
        return mixed

    def loss(self, own: torch.Tensor, partner: torch.Tensor) -> torch.Tensor:
        """Return the loss of both targets, each for its share."""
        return self.share * own + (1 - self.share) * partner


def drawn_mixing(methods: Sequence[ChosenMixing], random: np.random.Generator, *, size: int) -> Mixing | None:
    """Return how a batch of square images is mixed: by the first method that chance chooses; None: not.

    Args:
        methods: of checked settings; mix_up and cut_mix are asked in their order, others passed over.
    """
    for method in methods:
        if method.name in _METHODS and random.random() < float(method.probability or 0.0):
            return _METHODS[method.name](float(method.strength or 1.0), random, size)
    return None


def mix_up(alpha: float, random: np.random.Generator, size: int = 0) -> Mixing:
    """Source: Zhang et al. 2017, arXiv:1710.09412, section 2."""
    del size
    return Mixing(float(random.beta(alpha, alpha)))


def cut_mix(alpha: float, random: np.random.Generator, size: int) -> Mixing:
    """The share is that of the area which is left, where the image's edges cut the window.

    Source: Yun et al. 2019, arXiv:1905.04899, section 3.1.
    """
    half = size * math.sqrt(1 - float(random.beta(alpha, alpha))) / 2
    x, y = random.uniform(0, size, 2)
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(size, round(x + half)), min(size, round(y + half))
    return Mixing(1 - (right - left) * (bottom - top) / size**2, (left, top, right, bottom))


_METHODS = {"mix_up": mix_up, "cut_mix": cut_mix}
