"""Which of two online versions answers a call (spec 03 section 9.5)."""

import hashlib
from collections.abc import Callable
from enum import StrEnum

from openbml.services.routes import Route, Target

_SLOTS = 2**64
Draw = Callable[[], float]


class Role(StrEnum):
    MAIN = "main"
    CHALLENGER = "challenger"
    SHADOW = "shadow"


def chosen_role(route: Route, routing_key: str | None, draw: Draw) -> Role:
    """Return who answers: at random in proportion, or by the key where the service keeps callers together.

    A key has a fixed place between 0 and 1, and the challenger answers the places below its share: while a
    share grows, keys only move to the challenger, and while it shrinks, only back. A call without a key is
    split at random.

    Args:
        draw: uniform numbers, 0 <= x < 1.
    """
    share = route.traffic.challenger_share / 100
    if route.challenger is None or route.traffic.shadow or share == 0:
        return Role.MAIN
    keeps = route.traffic.sticky and routing_key is not None
    place = _place(route.service_id, routing_key or "") if keeps else draw()
    return Role.CHALLENGER if place < share else Role.MAIN


def shadow_of(route: Route) -> Target | None:
    """Return what gets a copy of each call that the main version answers."""
    return route.challenger if route.traffic.shadow else None


def _place(service_id: int, routing_key: str) -> float:
    text = f"{service_id}:{routing_key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest()[:8]) / _SLOTS
