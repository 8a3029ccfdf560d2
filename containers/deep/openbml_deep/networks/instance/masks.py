"""What networks of masks export, and their masks as pixels of the square."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Protocol

import torch
from torch import nn

from openbml_deep.tasks.objects import Found
from openbml_kit.found_masks import square_masks

# Masks are of the object's box, or of the whole input (`openbml_kit.model_manifest.Outputs.mask_frame`).
Frame = Literal["box", "input"]
BOX: Frame = "box"
INPUT: Frame = "input"


class FindsMasks(Protocol):
    def raw_found(self, images: torch.Tensor) -> Sequence[Found]:
        """Return what is found in each image, with masks of shape (k, h, w) in 0..1, as the graph gives
        them."""


class OneImageMaskGraph(nn.Module):
    """One image (1, 3, size, size) → boxes (k, 4), scores (k,), classes (k,), masks (k, h, w) in 0..1.

    Attributes:
        mask_frame: what the masks are of.
    """

    def __init__(self, network: nn.Module, *, frame: Frame) -> None:
        super().__init__()
        self.network = network
        self.mask_frame = frame

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        every: Sequence[Found] = self.network.raw_found(image)  # type: ignore[operator]
        found = every[0]
        if found.masks is None:
            raise ValueError("a network of instance segmentation finds masks")
        return found.boxes, found.scores, found.classes, found.masks


def whole_masks(found: Found, *, size: int, frame: Frame) -> Found:
    """Return what was found with its masks as pixels of the square, as serving draws them."""
    if found.masks is None:
        return found
    masks = square_masks(
        found.masks.float().cpu().numpy(), found.boxes.float().cpu().numpy(), size, frame=frame
    )
    return replace(found, masks=torch.from_numpy(masks))
