"""What a network of each kind can do. Inputs are normalised images of shape (n, 3, size, size), float32.

A classifier is a plain `nn.Module`: images → logits (n, labels).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import nn

from openbml_deep.tasks.objects import Found, Target


class DetectionNetwork(Protocol):
    """Object detection and instance segmentation."""

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        """Return the named parts of the loss, each a scalar; their sum is minimised. A target may be
        empty."""

    def found(self, images: torch.Tensor) -> list[Found]:
        """Return what is in each image, after the network's own suppression, at most 100 of a score above
        0.01."""

    def graph(self) -> nn.Module:
        """Return what is exported: one image (1, 3, size, size) → boxes (k, 4), scores (k,), classes (k,)
        and, for instance segmentation, masks (k, h, w) in 0..1, either of the whole input or of each box."""


class SemanticNetwork(Protocol):
    """Semantic segmentation; classes are `labels + 1`, number 0 is the background."""

    def losses(self, images: torch.Tensor, maps: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """`maps`: (n, size, size) int64, `IGNORED` counts for nothing."""

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return shape (n, labels + 1, size, size)."""
