"""The order in which an epoch takes the images."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Order = npt.NDArray[np.int64]

# Stands for the images that have no class.
_NONE = -1


class EpochOrder:
    """Places of images, fixed by the seed and the epoch; each process of a job takes every `size`-th one.

    Args:
        classes: of each image, or of each part of one that training looks at by itself.
        balanced: draw with replacement so that every class is met equally often. An image of several classes
            counts as the mean of them; images without any are a class of their own.
    """

    def __init__(
        self,
        classes: Sequence[tuple[int, ...]],
        *,
        seed: int,
        balanced: bool,
        rank: int = 0,
        size: int = 1,
    ) -> None:
        self._count = len(classes)
        self._seed = seed
        self._rank = rank
        self._size = size
        self._chances = _chances(classes) if balanced else None

    def __len__(self) -> int:
        """Return the images of an epoch for one process; what does not divide evenly is left out."""
        return self._count // self._size

    def __call__(self, epoch: int) -> Order:
        random = np.random.default_rng((self._seed, epoch))
        order = (
            random.permutation(self._count)
            if self._chances is None
            else random.choice(self._count, self._count, p=self._chances)
        )
        return order[: len(self) * self._size][self._rank :: self._size]


def _chances(classes: Sequence[tuple[int, ...]]) -> npt.NDArray[np.float64]:
    met = [of_image or (_NONE,) for of_image in classes]
    counts = Counter(class_index for of_image in met for class_index in of_image)
    weights = np.array([np.mean([1 / counts[class_index] for class_index in of_image]) for of_image in met])
    return np.asarray(weights / weights.sum(), dtype=np.float64)
