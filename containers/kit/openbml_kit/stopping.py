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
        self._started = clock()
        self._earlier = seconds_before
        self.max_seconds = max_seconds
        self._signalled = False

    def listen(self) -> None:
        """Take SIGTERM, which SageMaker sends two minutes before it kills, as a wish to stop."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def count_earlier(self, seconds: float) -> None:
        """Take into account what a resumed job had worked before it was killed; the longest told counts."""
        self._earlier = max(self._earlier, seconds)

    @property
    def seconds(self) -> float:
        return self._clock() - self._started + self._earlier

    @property
    def seconds_left(self) -> float | None:
        """The seconds until the time limit, None where there is none."""
        return max(0.0, self.max_seconds - self.seconds) if self.max_seconds else None

    @property
    def reason(self) -> str | None:
        if self._signalled:
            return SIGNAL
        if self.max_seconds and self.seconds >= self.max_seconds:
            return TIME_LIMIT
        return None

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signalled = True
