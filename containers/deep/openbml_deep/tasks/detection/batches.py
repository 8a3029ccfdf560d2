"""Augmented training batches of detection."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from openbml_deep.augmentation import Augmenter, image_random, scene_pixels
from openbml_deep.augmentation.targets import scene_target
from openbml_deep.tasks.detection.training_views import TrainingViews
from openbml_deep.tasks.objects import Target

# Normalisation over a batch needs two images where a network's last features are one pixel.
FEWEST = 2


@dataclass(frozen=True)
class Batch:
    """Pixels: shape (n, size, size, 3), uint8; a target for each image."""

    pixels: torch.Tensor
    targets: Sequence[Target]


class BatchMaker:
    """Makes a batch of places in `views`; called by several threads."""

    def __init__(self, views: TrainingViews, *, augmenter: Augmenter, seed: int, pinned: bool) -> None:
        self._views = views
        self._augmenter = augmenter
        self._seed = seed
        self._pinned = pinned

    def __call__(self, epoch: int, step: int, chosen: list[int]) -> Batch:
        del step
        places = chosen if len(chosen) >= FEWEST else chosen * FEWEST
        size, count = self._augmenter.size, len(self._views)
        pixels = torch.empty((len(places), size, size, 3), dtype=torch.uint8, pin_memory=self._pinned)
        view, targets = pixels.numpy(), []
        for row, place in enumerate(places):
            again = row if len(chosen) < FEWEST else 0
            random = image_random(self._seed, epoch, place, again)
            scene = self._augmenter.scene(place, self._views.__getitem__, count, random)
            view[row] = scene_pixels(scene)
            targets.append(scene_target(scene, with_masks=False))
        return Batch(pixels, tuple(targets))
