"""Why training ends early: a stop signal, the time limit, or epochs that no longer gain anything."""

import signal
import time
from collections.abc import Callable
from types import FrameType

SIGNAL = "signal"
TIME_LIMIT = "time_limit"
NO_GAIN = "no_improvement"


class StopRequest:
    """Asked after every step; once it names a reason, training ends with the best model so far."""

    def __init__(
        self, *, max_seconds: int, seconds_before: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._started = clock() - seconds_before
        self._max_seconds = max_seconds
        self._signalled = False

    def listen(self) -> None:
        """Take SIGTERM, which SageMaker sends two minutes before it kills, as a wish to stop."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def count_earlier(self, seconds: float) -> None:
        """Add the seconds that a resumed job had trained before it was killed."""
        self._started -= seconds

    @property
    def seconds(self) -> float:
        return self._clock() - self._started

    @property
    def reason(self) -> str | None:
        if self._signalled:
            return SIGNAL
        if self._max_seconds and self.seconds >= self._max_seconds:
            return TIME_LIMIT
        return None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signalled = True
