"""Batches prepared by threads while the network computes.

What happens to an image depends on the seed, the epoch and the image only, never on which thread takes it:
a resumed job sees the same pixels. Pillow and numpy release the interpreter lock, so threads share the
decoded images for free.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from openbml_deep.sampling import EpochOrder
from openbml_kit.faults import UserFault

B = TypeVar("B")


class PreparedBatches(Generic[B]):
    """Batches of an epoch in its order; a last batch that is not full is left out."""

    def __init__(
        self,
        order: EpochOrder,
        make: Callable[[int, int, list[int]], B],
        *,
        batch_size: int,
        workers: int,
    ) -> None:
        """Args:
        make: returns the batch of an epoch, a step (from 0) and the places of its images.

        Raises:
            UserFault: there is no image for this process.
        """
        if len(order) == 0:
            raise UserFault("there are fewer training images than machines: take fewer machines")
        self._order = order
        self._make = make
        self._batch_size = min(batch_size, len(order))
        self._ahead = workers + 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")

    def __len__(self) -> int:
        return len(self._order) // self._batch_size

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def epoch(self, epoch: int) -> Iterator[B]:
        order = self._order(epoch)
        waiting: deque[Future[B]] = deque()
        try:
            for step in range(len(self)):
                chosen = order[step * self._batch_size : (step + 1) * self._batch_size].tolist()
                waiting.append(self._pool.submit(self._make, epoch, step, chosen))
                if len(waiting) > self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
