"""What a warm worker remembers for a few seconds.

A deleted application, a revoked right or a stopped service may be served from here for `LIFETIME_S` more
seconds on workers that met it before; nothing new is ever hidden, since only positive answers are kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

LIFETIME_S = 10.0
_MOST_ENTRIES = 2048


class ShortMemory(Generic[Key, Value]):
    """Values by key, each for a few seconds; the oldest go first.

    Args:
        clock: seconds that never go back, such as `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float], lifetime_s: float = LIFETIME_S) -> None:
        self._clock = clock
        self._lifetime_s = lifetime_s
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        until, value = entry
        if self._clock() < until:
            return value
        del self._entries[key]
        return None

    def keep(self, key: Key, value: Value) -> None:
        self._entries[key] = (self._clock() + self._lifetime_s, value)
        self._entries.move_to_end(key)
        while len(self._entries) > _MOST_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, key: Key) -> None:
        self._entries.pop(key, None)
