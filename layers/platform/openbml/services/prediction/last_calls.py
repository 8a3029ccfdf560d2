"""When services were called last, noted sparingly: what the sleep policy goes by."""

from collections.abc import Callable
from datetime import datetime

from openbml.services.prediction.caches import ShortMemory
from openbml.services.repositories import LastCalls

_EVERY_S = 15.0


class NotedCalls:
    """Notes a call unless this worker noted one of the same service in the last 15 seconds."""

    def __init__(self, last_calls: LastCalls, clock: Callable[[], float]) -> None:
        self._last_calls = last_calls
        self._noted: ShortMemory[int, bool] = ShortMemory(clock, lifetime_s=_EVERY_S)

    def note(self, service_id: int, at: datetime) -> None:
        if self._noted.get(service_id):
            return
        self._last_calls.note(service_id, at)
        self._noted.keep(service_id, True)  # noqa: FBT003 - a set with an expiry
