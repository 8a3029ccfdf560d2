"""Calls of a service that sleeps: they wake it, and wait for it as its owner decided (spec 03, 9.4)."""

from collections.abc import Callable
from typing import Protocol

from openbml.core.clock import Clock
from openbml.services.routes import Route
from openbml.services.wakes import Wakes

_EVERY_S = 0.1
_JITTER_S = 0.1


class FreshRoutes(Protocol):
    def route(self, suffix: str) -> Route | None: ...


class Sleepers:
    """Args:
    draw: uniform numbers, 0 <= x < 1: calls that wait together do not ask together.
    """

    def __init__(
        self,
        wakes: Wakes,
        routes: FreshRoutes,
        *,
        sleep: Callable[[float], None],
        draw: Callable[[], float],
        now: Clock,
    ) -> None:
        self._wakes = wakes
        self._routes = routes
        self._sleep = sleep
        self._draw = draw
        self._now = now

    def wake(self, route: Route) -> None:
        self._wakes.ask(route.scope, route.service_id, self._now())

    def awaited(self, route: Route, seconds_left: Callable[[], float]) -> Route | None:
        """Return the route once it answers; None: time is over, or the service will not wake up."""
        while seconds_left() > 0:
            self._sleep(min(_EVERY_S + _JITTER_S * self._draw(), seconds_left()))
            fresh = self._routes.route(route.suffix)
            if fresh is None or fresh.answers:
                return fresh
            if not fresh.sleeps:
                return None
        return None
