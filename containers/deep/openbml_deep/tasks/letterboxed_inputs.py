"""Images as networks of detection and segmentation see them: letterboxed, normalised, on the job's device."""

from collections.abc import Sequence

import numpy as np
import torch

from openbml_deep.tasks.detection.evaluation_views import EvaluationViews
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, TaskJob
from openbml_kit.images import Normalisation, Pixels


class LetterboxedInputs:
    """The inputs of one job's network; `tile` as in the hyper-parameter, 0 = whole images only."""

    def __init__(self, job: TaskJob, built: BuiltNetwork, *, tile: int = 0) -> None:
        self._job = job
        self._tile = tile
        self._normalisation = Normalisation(built.mean, built.std)
        self._device = job.device.torch
        self._mean, self._std = (
            torch.tensor(values, device=self._device).reshape(1, 3, 1, 1)
            for values in (built.mean, built.std)
        )
        self._views: EvaluationViews | None = None

    def of_batch(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the input of a training batch's pixels, shape (n, size, size, 3) uint8."""
        pixels = pixels.to(self._device, non_blocking=True).permute(0, 3, 1, 2)
        return torch.addcmul(-self._mean / self._std, pixels.float(), 1 / (255.0 * self._std))

    def planes(self, pixels: Sequence[Pixels]) -> torch.Tensor:
        """Return the input as serving computes it, shape (n, 3, size, size), on the CPU."""
        return torch.from_numpy(np.concatenate([self._normalisation.planes(view) for view in pixels]))

    def of_views(self, pixels: Sequence[Pixels]) -> torch.Tensor:
        """Return `planes` on the job's device."""
        return self.planes(pixels).to(self._device, memory_format=torch.channels_last)

    def first_planes(self, images: Sequence[AnnotatedImage], count: int) -> torch.Tensor:
        return self.planes(self.views_of(images).first(count))

    def views_of(self, images: Sequence[AnnotatedImage]) -> EvaluationViews:
        """Return the views of the evaluated images, which are kept from one evaluation to the next."""
        if self._views is None or self._views.images is not images:
            self._views = self.new_views(images, budget_bytes=self._job.memory_bytes // 4)
        return self._views

    def new_views(self, images: Sequence[AnnotatedImage], *, budget_bytes: int) -> EvaluationViews:
        return EvaluationViews(
            images,
            input_size=self._job.settings.input_size,
            tile=self._tile,
            budget_bytes=budget_bytes,
            workers=self._job.cores,
        )
