"""Asking for a sleeping service: of a herd of calls one asks, the others wait for what it brings about."""

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope


class WakeOrder(BaseModel):
    """Message to `wake_service`."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    service_id: int


class Wakes(Protocol):
    """Port; `tests/contract/services/test_wakes.py` holds what implementations owe."""

    def ask(self, scope: ProjectScope, service_id: int, at: datetime) -> bool:
        """Have the service woken up; tell whether this call was the one that asked.

        Whoever asks holds a lease for half a minute, in which others only wait. After that the next one asks
        again, so that a lost message or a killed function delays the service, and no more. Waking a service
        that is awake or waking does nothing.
        """
