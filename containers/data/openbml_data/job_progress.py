"""How far a job is, told at most once a second."""

import time
from collections.abc import Callable

from openbml_kit.progress import Progress

_EVERY_S = 1.0


class JobProgress:
    def __init__(self, progress: Progress | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress = progress or Progress()
        self._clock = clock
        self._told_at = float("-inf")
        self._told: tuple[int, int] | None = None

    def stage(self, stage: str) -> None:
        self._progress.stage(stage)

    def note(self, level: str, message: str) -> None:
        self._progress.note(level, message)

    def done(self, done: int, total: int) -> None:
        """Tell that `done` of `total` are done; the end is always told, once."""
        now = self._clock()
        due = now - self._told_at >= _EVERY_S or done >= total
        if due and self._told != (done, total):
            self._told_at, self._told = now, (done, total)
            self._progress.work(done, total)
