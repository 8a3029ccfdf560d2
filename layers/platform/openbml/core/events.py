"""Facts on the bus: past-tense, versioned, published at least once.

A use case publishes before it saves the state that would make it skip the publication, so that a crash
between the two repeats the event instead of losing it. Subscribers are idempotent.
"""

from collections.abc import Sequence
from typing import ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope


class Event(BaseModel):
    """Base of all events; `source` is `openbml.<context>`, the class name is the detail type."""

    model_config = ConfigDict(frozen=True)

    source: ClassVar[str]
    version: int = 1
    scope: ProjectScope

    @classmethod
    def detail_type(cls) -> str:
        return cls.__name__


class EventPublisher(Protocol):
    def publish(self, events: Sequence[Event]) -> None:
        """Hand the events to the bus; raises when any was refused."""
