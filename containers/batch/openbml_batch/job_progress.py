"""How far a node is, told at most once a second."""

import time
from collections.abc import Callable

from openbml_kit.progress import Progress

_EVERY_S = 1.0


class JobProgress:
    """
    Args:
        node: this node's number; several nodes tell their own items.
    """

    def __init__(self, progress: Progress, *, node: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress
        self._node = node
        self._clock = clock
        self._told_at = float("-inf")
        self._told: tuple[int, int] | None = None
        self.done = 0
        self.failed = 0

    def count(self, *, items: int, failed: int) -> None:
        self.done += items
        self.failed += failed

    def tell(self, *, total: int | None, share: float, ended: bool = False) -> None:
        """Tell the counts so far; the last ones are always told, once.

        Args:
            total: items of the whole input, None while it is not known.
            share: of the input that was read.
        """
        now = self._clock()
        figures = (self.done, self.failed)
        if (ended or now - self._told_at >= _EVERY_S) and (ended or self._told != figures):
            self._told_at, self._told = now, figures
            self._progress.batch(
                node=self._node, done=self.done, failed=self.failed, total=total or 0, share=round(share, 4)
            )
