"""What all networks of semantic segmentation share: a score of every class for every pixel, and the loss."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.tasks.objects import IGNORED


class PixelLoss(nn.Module):
    """Cross entropy of the pixels, and the Dice loss of the classes beside it.

    Args:
        class_weights: weight of each class in the cross entropy, shape (classes,); None: all the same.
        dice_weight: 0 leaves the Dice loss out.

    Source of the Dice loss: Milletari et al. 2016, arXiv:1606.04797, eq. 3.
    """

    class_weights: torch.Tensor | None

    def __init__(self, *, class_weights: Sequence[float] | None = None, dice_weight: float = 0.0) -> None:
        super().__init__()
        weights = None if class_weights is None else torch.tensor(class_weights)
        self.register_buffer("class_weights", weights, persistent=False)
        self.dice_weight = dice_weight

    def forward(self, logits: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
        """Return the scalar loss of logits, shape (n, classes, h, w), on maps, shape (n, size, size)."""
        scores = scaled(logits, maps.shape[-1]).float()
        counted = maps != IGNORED
        if not counted.any():
            return scores.sum() * 0.0
        loss = functional.cross_entropy(scores, maps, weight=self.class_weights, ignore_index=IGNORED)
        if self.dice_weight == 0:
            return loss
        return loss + self.dice_weight * _dice_loss(scores, maps, counted)


def _dice_loss(scores: torch.Tensor, maps: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    """Mean over the classes of the batch; one that neither occurs nor is foretold counts as right."""
    probabilities = scores.softmax(dim=1) * counted[:, None]
    classes = torch.where(counted, maps, 0)
    wanted = functional.one_hot(classes, scores.shape[1]).permute(0, 3, 1, 2) * counted[:, None]
    shared = (probabilities * wanted).sum(dim=(0, 2, 3))
    both = (probabilities.square() + wanted).sum(dim=(0, 2, 3))
    return 1 - ((2 * shared + 1) / (both + 1)).mean()


def scaled(features: torch.Tensor, size: int) -> torch.Tensor:
    """Return features, shape (n, c, h, w), as (n, c, size, size)."""
    if features.shape[-1] == size and features.shape[-2] == size:
        return features
    return functional.interpolate(features, size=(size, size), mode="bilinear", align_corners=False)


class PixelClassifier(nn.Module):
    """A network that `outputs` logits of the pixels in its own resolution.

    Attributes:
        criterion: the loss of each output; the task puts the job's own here.
        auxiliary_weight: weight of the loss of every output after the first, which training alone has.
        own: beginnings of the names of the layers that depend on the job's labels.
    """

    auxiliary_weight = 0.4
    own: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.criterion = PixelLoss()

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return logits, each of shape (n, classes, h, w): the result, and in training what stands beside
        it."""
        raise NotImplementedError

    def losses(self, images: torch.Tensor, maps: torch.Tensor) -> Mapping[str, torch.Tensor]:
        main, *beside = self.outputs(images)
        parts = {"pixels": self.criterion(main, maps)}
        for number, output in enumerate(beside, start=1):
            parts[f"auxiliary_{number}"] = self.auxiliary_weight * self.criterion(output, maps)
        return parts

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        return scaled(self.outputs(images)[0], images.shape[-1])

    def pretrained_part(self, tag: str) -> PretrainedPart:
        del tag  # the catalogue's are of whole networks
        return PretrainedPart(self, self.own)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.logits(images)
