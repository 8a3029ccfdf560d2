"""Augmented training batches of classification, and the evaluated views as serving makes them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from openbml_deep.augmentation import Augmenter, classification_view, image_random
from openbml_deep.augmentation.mixing import Mixing, drawn_mixing, mix_up
from openbml_deep.samples import DecodedImages
from openbml_deep.tasks.classification.kinds import LabelKind
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_kit.images import TRAINING_SIDES, Normalisation, Pixels, evaluation_view


@dataclass(frozen=True)
class Batch:
    """Pixels: shape (n, size, size, 3), uint8; gain and shift: (n, 1, 1, 1); targets: of the task's kind.

    Attributes:
        mixing: how each image is mixed with its partner, which is the same batch read backwards; None: not.
    """

    pixels: torch.Tensor
    gain: torch.Tensor
    shift: torch.Tensor
    targets: torch.Tensor
    mixing: Mixing | None = None


class BatchMaker:
    """Makes a batch of places in `images`; called by several threads."""

    def __init__(
        self,
        images: DecodedImages,
        kind: LabelKind,
        *,
        augmenter: Augmenter,
        seed: int,
        mixup_alpha: float,
        pinned: bool,
    ) -> None:
        self._images = images
        self._kind = kind
        self._augmenter = augmenter
        self._seed = seed
        self._mixup_alpha = mixup_alpha
        self._pinned = pinned

    def __call__(self, epoch: int, step: int, chosen: list[int]) -> Batch:
        size = self._augmenter.size
        pixels = torch.empty((len(chosen), size, size, 3), dtype=torch.uint8, pin_memory=self._pinned)
        tone = np.empty((2, len(chosen)), dtype=np.float32)
        view = pixels.numpy()
        for row, index in enumerate(chosen):
            random = image_random(self._seed, epoch, index)
            view[row] = classification_view(self._augmenter, self._images[index], random)
            tone[:, row] = self._augmenter.tone(random)
        gain, shift = torch.from_numpy(tone).reshape(2, -1, 1, 1, 1)
        targets = self._kind.targets([self._images.images[index] for index in chosen])
        return Batch(pixels, gain, shift, targets, self._mixing(epoch, step))

    def _mixing(self, epoch: int, step: int) -> Mixing | None:
        """Methods of the augmentation setting come before the hyper-parameter for mix-up alone."""
        random = np.random.default_rng((self._seed, epoch, step, 1))
        if self._augmenter.settings.mixing:
            return drawn_mixing(self._augmenter.settings.mixing, random, size=self._augmenter.size)
        return mix_up(self._mixup_alpha, random) if self._mixup_alpha else None


class DeviceNormalisation:
    """Moves pixels to the device and makes them the network's input, tone and all, in one multiply-add."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], device: torch.device) -> None:
        self._device = device
        self._mean = torch.tensor(mean, device=device).reshape(1, 3, 1, 1)
        self._std = torch.tensor(std, device=device).reshape(1, 3, 1, 1)

    def __call__(self, batch: Batch) -> torch.Tensor:
        pixels = batch.pixels.to(self._device, non_blocking=True).permute(0, 3, 1, 2)
        gain = batch.gain.to(self._device, non_blocking=True)
        shift = batch.shift.to(self._device, non_blocking=True)
        return torch.addcmul((shift - self._mean) / self._std, pixels.float(), gain / (255.0 * self._std))


class EvaluationViews:
    """What the serving image would feed to the network, file by file; kept while the budget lasts."""

    def __init__(
        self, images: Sequence[AnnotatedImage], *, input_size: int, budget_bytes: int, workers: int
    ) -> None:
        self.images = images
        self._input_size = input_size
        self._most_kept = budget_bytes // (input_size * input_size * 3)
        self._kept: dict[int, Pixels] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="views")

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int) -> list[Pixels]:
        return list(self._pool.map(self._view, range(min(count, len(self)))))

    def chunks(self, size: int) -> Iterator[list[Pixels]]:
        for start in range(0, len(self), size):
            yield list(self._pool.map(self._view, range(start, min(start + size, len(self)))))

    def _view(self, index: int) -> Pixels:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        view = evaluation_view(self.images[index].extent.read(), size=self._input_size, limits=TRAINING_SIDES)
        if len(self._kept) < self._most_kept:
            self._kept[index] = view
        return view


def evaluation_input(
    pixels: list[Pixels], normalisation: Normalisation, device: torch.device
) -> torch.Tensor:
    """Return the network's input of evaluation views, computed as the serving image does."""
    planes = np.concatenate([normalisation.planes(view) for view in pixels])
    return torch.from_numpy(planes).to(device).contiguous(memory_format=torch.channels_last)
