"""Limits of calls, per application and service, counted only where a service has any (spec 08, 4.4)."""

from datetime import datetime, timedelta, timezone

from openbml.core.clock import Clock
from openbml.services.prediction.callers import Caller
from openbml.services.repositories import CallCounters
from openbml.services.routes import Route

_BEIJING = timezone(timedelta(hours=8))  # days are the manual's: Beijing time


def exceeded_limit(route: Route, caller: Caller, *, counters: CallCounters, now: Clock) -> str | None:
    """Count the call; return the error's name when a limit is reached, in the manual's order 19, 17, 18.

    A refused call counts in none of the limits. Seconds and days are fixed windows.
    """
    limits = route.limits
    if not limits.are_set:
        return None
    at = now()
    counted: list[str] = []
    for error, most, name, forget_at in _windows(route, caller, at):
        if most is None:
            continue
        if not counters.count(name, most=most, forget_at=forget_at):
            for earlier in counted:
                counters.take_back(earlier)
            return error
        counted.append(name)
    return None


def _windows(
    route: Route, caller: Caller, at: datetime
) -> list[tuple[str, int | None, str, datetime | None]]:
    limits = route.limits
    name = f"{route.service_id}#{caller.app_id}"
    day = at.astimezone(_BEIJING).strftime("%Y-%m-%d")
    second = int(at.timestamp())
    return [
        ("total_limit", limits.total, f"{name}#total", None),
        ("daily_limit", limits.daily, f"{name}#day#{day}", at + timedelta(days=2)),
        ("qps_limit", limits.qps, f"{name}#second#{second}", at + timedelta(hours=1)),
    ]
