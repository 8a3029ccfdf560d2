"""Identifiers: time-sortable integers, because the manual's ids are integers.

`new_id` stays at or below 2**53 so that JavaScript clients keep every digit; `new_log_id` fills 63 bits,
as the manual's own log ids do (spec 08 section 4.2). Neither is a guarantee of uniqueness: every create is
a conditional write.
"""

import secrets
import time
from collections.abc import Callable
from datetime import datetime

IdFactory = Callable[[], int]

_EPOCH_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
_ID_RANDOM_BITS = 12
_LOG_ID_RANDOM_BITS = 22


def _elapsed_ms() -> int:
    return time.time_ns() // 1_000_000 - _EPOCH_MS


def new_id() -> int:
    """Return a new id below 2**53: 41 bits of milliseconds, 12 random bits."""
    return _elapsed_ms() << _ID_RANDOM_BITS | secrets.randbits(_ID_RANDOM_BITS)


def first_log_id(at: datetime) -> int:
    """Return the lowest id that a call of that moment can have: ids are sorted by time."""
    elapsed_ms = int(at.timestamp() * 1000) - _EPOCH_MS
    return max(0, elapsed_ms) << _LOG_ID_RANDOM_BITS


def new_log_id() -> int:
    """Return a new 63-bit call id: 41 bits of milliseconds, 22 random bits."""
    return _elapsed_ms() << _LOG_ID_RANDOM_BITS | secrets.randbits(_LOG_ID_RANDOM_BITS)
