"""Limits of calls, per application and service and of the installation, where there are any (spec 08).

Order: total, daily, per second, installation. A refused call counts in none of them. Days are Beijing's.
"""

import math
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from openbml.core.clock import Clock
from openbml.services.prediction.callers import Caller
from openbml.services.prediction.leases import LeasedTallies
from openbml.services.routes import Route

_BEIJING = timezone(timedelta(hours=8))
_KEPT = timedelta(days=2)


class Refusal(NamedTuple):
    """The error's name in the catalogue, and when a repeat may succeed where that is soon."""

    error: str
    retry_after_s: int | None = None


class CallLimits:
    """Args:
    cluster_qps: calls per second that the installation takes of all applications; 0: as many as come.
    """

    def __init__(self, tallies: LeasedTallies, *, cluster_qps: int, now: Clock) -> None:
        self._tallies = tallies
        self._cluster_qps = cluster_qps
        self._now = now

    def exceeded(self, route: Route, caller: Caller) -> Refusal | None:
        """Count the call; return what refuses it when a limit is reached."""
        counted: list[str] = []
        refusal = self._refusal(route, caller, counted)
        if refusal:
            for name in counted:
                self._tallies.take_back(name)
        return refusal

    def _refusal(self, route: Route, caller: Caller, counted: list[str]) -> Refusal | None:
        limits = route.limits
        name = f"{route.service_id}#{caller.app_id}"
        if limits.total is not None and not self._counted(counted, f"{name}#total", limits.total, None):
            return Refusal("total_limit")
        if limits.daily is not None:
            at = self._now()
            day = f"{name}#day#{at.astimezone(_BEIJING):%Y-%m-%d}"
            if not self._counted(counted, day, limits.daily, at + _KEPT):
                return Refusal("daily_limit")
        if limits.qps is not None:
            wait = self._paced(counted, name, limits.qps)
            if wait is not None:
                return Refusal("qps_limit", wait)
        if self._cluster_qps:
            wait = self._paced(counted, "cluster", self._cluster_qps)
            if wait is not None:
                return Refusal("cluster_limit", wait)
        return None

    def _counted(self, counted: list[str], name: str, most: int, forget_at: datetime | None) -> bool:
        if not self._tallies.count(name, most=most, forget_at=forget_at):
            return False
        counted.append(name)
        return True

    def _paced(self, counted: list[str], name: str, per_second: int) -> int | None:
        """Return whole seconds to wait; None: the call may go on."""
        wait_s = self._tallies.pace(name, per_second=per_second)
        if wait_s is None:
            counted.append(name)
            return None
        return max(1, math.ceil(wait_s))
