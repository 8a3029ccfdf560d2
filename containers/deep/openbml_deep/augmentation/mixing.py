"""Mix-up and CutMix of a batch with itself in reverse order, on the device."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from openbml_catalog.augmentation.settings import ChosenMixing


@dataclass(frozen=True)
class Mixed:
    """Images of which `share` belongs to their own targets, the rest to those of the reversed batch."""

    images: torch.Tensor
    share: float

    def loss(self, own: torch.Tensor, partner: torch.Tensor) -> torch.Tensor:
        """Return the loss of both targets, each for its share."""
        return self.share * own + (1 - self.share) * partner


def mixed(images: torch.Tensor, methods: Sequence[ChosenMixing], random: np.random.Generator) -> Mixed | None:
    """Return the batch mixed by the first of the methods that chance chooses; None: by none.

    Args:
        images: shape (n, 3, height, width).
        methods: mix_up and cut_mix of checked settings; others are passed over.

    Sources: Zhang et al. 2017, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899, section 3.
    """
    for method in methods:
        if method.name not in _METHODS or random.random() >= float(method.probability or 0.0):
            continue
        alpha = float(method.strength or 1.0)
        return _METHODS[method.name](images, float(random.beta(alpha, alpha)), random)
    return None


def mix_up(images: torch.Tensor, share: float, random: np.random.Generator) -> Mixed:
    del random
    return Mixed(torch.lerp(images.flip(0), images, share), share)


def cut_mix(images: torch.Tensor, share: float, random: np.random.Generator) -> Mixed:
    """Return the images with a rectangle of the partner's; the true share of the area is given back."""
    height, width = images.shape[-2:]
    side = math.sqrt(1 - share)
    x, y = random.uniform(0, width), random.uniform(0, height)
    left, right = (round(np.clip(x + half * side * width, 0, width)) for half in (-0.5, 0.5))
    top, bottom = (round(np.clip(y + half * side * height, 0, height)) for half in (-0.5, 0.5))
    pasted = images.clone()
    pasted[..., top:bottom, left:right] = images.flip(0)[..., top:bottom, left:right]
    return Mixed(pasted, 1 - (right - left) * (bottom - top) / (width * height))


_METHODS = {"mix_up": mix_up, "cut_mix": cut_mix}
