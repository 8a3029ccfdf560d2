"""Shared counts of calls, and a worker's leases of them: few writes, and no more calls than a limit allows.

A worker takes calls from the shared count in lots and spends them on its own. Lots grow while the worker is
busy and shrink to one where little is left, so that a quiet worker holds next to nothing back.

Per second the shared count is a leaky bucket (GCRA): it runs out at the limit's pace and holds one second's
calls. In an instant at most one second's calls pass, over a long time never more than the limit.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from openbml.core.clock import Clock

_BUSY = timedelta(seconds=1)  # a lot spent faster than this is followed by a larger one
_FRESH = timedelta(milliseconds=500)  # calls of a pace that were not spent by then are given up
_USED_UP = timedelta(seconds=10)  # so long a used-up count is not asked again: its limit may have been raised
_LARGEST_SHARE = 200  # a lot is at most 1/200 of a limit,
_LEFT_SHARE = 20  # and 1/20 of what is left of it
_PACE_SHARE = 20  # or of a second's calls
_MOST_LEASES = 4096


class Taken(NamedTuple):
    granted: int
    left: int


class Paced(NamedTuple):
    """Calls that may go on now; of none, the seconds until one may."""

    granted: int
    wait_s: float = 0.0


class Tallies(Protocol):
    """Port; `tests/contract/services/test_tallies.py` holds what implementations owe."""

    def take(self, name: str, *, wanted: int, most: int, forget_at: datetime | None) -> Taken:
        """Count up to `wanted` calls, never beyond `most` in all; tell how many, and how many are left."""

    def pace(self, name: str, *, wanted: int, per_second: int, at: datetime) -> Paced:
        """Let up to `wanted` calls through a bucket that holds a second's calls."""


@dataclass
class _Lease:
    most: int
    left: int = 0
    lot: int = 1
    taken_at: datetime | None = None
    remaining: int | None = None
    refused_until: datetime | None = None

    def grown(self, at: datetime, largest: int) -> int:
        busy = self.taken_at is not None and at - self.taken_at < _BUSY
        return max(1, min(self.lot * 2 if busy else 1, largest))


class LeasedTallies:
    """One worker's view of the shared counts; it may be asked from several threads."""

    def __init__(self, shared: Tallies, now: Clock) -> None:
        self._shared = shared
        self._now = now
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, name: str, *, most: int, forget_at: datetime | None) -> bool:
        """Count one call, unless `most` are counted; tell whether it was."""
        with self._lock:
            at = self._now()
            lease = self._lease(name, most)
            if lease.left == 0 and not _refuses(lease, at):
                self._fill(lease, name, forget_at, at)
            return _spent(lease)

    def pace(self, name: str, *, per_second: int) -> float | None:
        """Let one call through; or return the seconds until one may come again."""
        with self._lock:
            at = self._now()
            lease = self._lease(name, per_second)
            if lease.left and lease.taken_at is not None and at - lease.taken_at >= _FRESH:
                lease.left, lease.lot = 0, 1
            if lease.left == 0 and not _refuses(lease, at):
                self._fill_pace(lease, name, at)
            if _spent(lease):
                return None
            until = lease.refused_until or at
            return max(0.0, (until - at).total_seconds())

    def take_back(self, name: str) -> None:
        """Undo one count or one pace of this worker."""
        with self._lock:
            if name in self._leases:
                self._leases[name].left += 1

    def _lease(self, name: str, most: int) -> _Lease:
        lease = self._leases.get(name)
        if lease is None or lease.most != most:
            lease = self._leases[name] = _Lease(most=most)
        self._leases.move_to_end(name)
        while len(self._leases) > _MOST_LEASES:
            self._leases.popitem(last=False)
        return lease

    def _fill(self, lease: _Lease, name: str, forget_at: datetime | None, at: datetime) -> None:
        remaining = lease.most if lease.remaining is None else lease.remaining
        lease.lot = lease.grown(at, min(lease.most // _LARGEST_SHARE, remaining // _LEFT_SHARE))
        taken = self._shared.take(name, wanted=lease.lot, most=lease.most, forget_at=forget_at)
        lease.left, lease.remaining, lease.taken_at = taken.granted, taken.left, at
        lease.refused_until = None if taken.granted else at + _USED_UP

    def _fill_pace(self, lease: _Lease, name: str, at: datetime) -> None:
        lease.lot = lease.grown(at, lease.most // _PACE_SHARE)
        paced = self._shared.pace(name, wanted=lease.lot, per_second=lease.most, at=at)
        lease.left, lease.taken_at = paced.granted, at
        lease.refused_until = None if paced.granted else at + timedelta(seconds=paced.wait_s)


def _refuses(lease: _Lease, at: datetime) -> bool:
    return lease.refused_until is not None and at < lease.refused_until


def _spent(lease: _Lease) -> bool:
    if lease.left == 0:
        return False
    lease.left -= 1
    return True
