"""Augmented training batches of tasks whose images are scenes: objects with masks, or maps of classes."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import torch

from openbml_deep.augmentation import Augmenter, Scene, image_random, scene_pixels
from openbml_deep.batches import PreparedBatches
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import TaskJob
from openbml_deep.tasks.training_scenes import TrainingScenes

B = TypeVar("B")

# Views that an epoch shows at least: of few images it shows each several times, augmented anew, so that
# epochs mean about the same whatever the amount of data.
_LEAST_VIEWS = 64
# Normalisation over a batch needs two images where a network's last features are one pixel.
_LEAST_BATCH = 2


class SceneBatchMaker(Generic[B]):
    """Makes a batch of places; place p is a view of image p modulo their number. Threads may share it."""

    def __init__(
        self,
        scenes: TrainingScenes,
        augmenter: Augmenter,
        finish: Callable[[torch.Tensor, Sequence[Scene]], B],
        *,
        seed: int,
        pinned: bool,
    ) -> None:
        """Args:
        finish: returns the batch of pixels, shape (n, size, size, 3) uint8, and of the square scenes.
        """
        self._scenes = scenes
        self._augmenter = augmenter
        self._finish = finish
        self._seed = seed
        self._pinned = pinned

    def __call__(self, epoch: int, step: int, chosen: list[int]) -> B:
        del step
        size, count = self._augmenter.size, len(self._scenes)
        pixels = torch.empty((len(chosen), size, size, 3), dtype=torch.uint8, pin_memory=self._pinned)
        view, squares = pixels.numpy(), []
        for row, place in enumerate(chosen):
            random = image_random(self._seed, epoch, place)
            square = self._augmenter.scene(place % count, self._scenes.__getitem__, count, random)
            view[row] = scene_pixels(square)
            squares.append(square)
        return self._finish(pixels, squares)


def scene_batches(
    job: TaskJob, make: SceneBatchMaker[B], images: Sequence[AnnotatedImage]
) -> PreparedBatches[B]:
    """Return the batches of a job's training images."""
    repeats = max(1, -(-_LEAST_VIEWS // len(images)))
    return PreparedBatches(
        job.order([image.classes for image in images] * repeats),
        make,
        batch_size=max(_LEAST_BATCH, job.settings.batch_size),
        workers=job.loading_threads,
    )
