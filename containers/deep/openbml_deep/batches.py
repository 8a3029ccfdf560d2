"""Augmented training batches, prepared by threads while the network computes.

What happens to an image depends on the seed, the epoch and the image only, never on which thread takes it:
a resumed
job sees the same pixels. Pillow and numpy release the interpreter lock, so threads share the decoded
images for free.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from openbml_deep.augmentation import Augmenter, classification_view, image_random
from openbml_deep.samples import DecodedImages
from openbml_kit.images import Normalisation, Pixels


@dataclass(frozen=True)
class Batch:
    """Pixels: shape (n, size, size, 3), uint8; gain and shift: (n, 1, 1, 1); targets: (n,)."""

    pixels: torch.Tensor
    gain: torch.Tensor
    shift: torch.Tensor
    targets: torch.Tensor


class TrainingBatches:
    """Batches of an epoch in an order fixed by the seed; a last batch that is not full is left out."""

    def __init__(
        self,
        images: DecodedImages,
        *,
        augmenter: Augmenter,
        batch_size: int,
        seed: int,
        workers: int,
        pinned: bool,
    ) -> None:
        self._images = images
        self._augmenter = augmenter
        self._batch_size = min(batch_size, len(images))
        self._seed = seed
        self._pinned = pinned
        self._ahead = workers + 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")

    def __len__(self) -> int:
        return len(self._images) // self._batch_size

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def epoch(self, epoch: int) -> Iterator[Batch]:
        order = np.random.default_rng((self._seed, epoch)).permutation(len(self._images))
        waiting: deque[Future[Batch]] = deque()
        try:
            for step in range(len(self)):
                chosen = order[step * self._batch_size : (step + 1) * self._batch_size].tolist()
                waiting.append(self._pool.submit(self._batch, epoch, chosen))
                if len(waiting) > self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _batch(self, epoch: int, chosen: list[int]) -> Batch:
        size = self._augmenter.size
        pixels = torch.empty((len(chosen), size, size, 3), dtype=torch.uint8, pin_memory=self._pinned)
        tone = np.empty((2, len(chosen)), dtype=np.float32)
        view = pixels.numpy()
        for row, index in enumerate(chosen):
            random = image_random(self._seed, epoch, index)
            view[row] = classification_view(self._augmenter, self._images[index], random)
            tone[:, row] = self._augmenter.tone(random)
        gain, shift = torch.from_numpy(tone).reshape(2, -1, 1, 1, 1)
        targets = torch.tensor([self._images.images[index].class_index for index in chosen])
        return Batch(pixels, gain, shift, targets)


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


def evaluation_input(
    pixels: list[Pixels], normalisation: Normalisation, device: torch.device
) -> torch.Tensor:
    """Return the network's input of evaluation views, computed as the serving image does."""
    planes = np.concatenate([normalisation.planes(view) for view in pixels])
    return torch.from_numpy(planes).to(device).contiguous(memory_format=torch.channels_last)
