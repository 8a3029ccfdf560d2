"""Augmented training batches of detection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from openbml_deep.tasks.detection.jitter import jittered
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

    def __init__(self, views: TrainingViews, *, input_size: int, seed: int, pinned: bool) -> None:
        self._views = views
        self._input_size = input_size
        self._seed = seed
        self._pinned = pinned

    def __call__(self, epoch: int, step: int, chosen: list[int]) -> Batch:
        del step
        places = chosen if len(chosen) >= FEWEST else chosen * FEWEST
        size = self._input_size
        pixels = torch.empty((len(places), size, size, 3), dtype=torch.uint8, pin_memory=self._pinned)
        view, targets = pixels.numpy(), []
        for row, place in enumerate(places):
            random = np.random.default_rng((self._seed, epoch, place, row if len(chosen) < FEWEST else 0))
            view[row], boxes, classes = jittered(self._views[place], size, random)
            targets.append(Target(torch.from_numpy(boxes), torch.from_numpy(classes)))
        return Batch(pixels, tuple(targets))
