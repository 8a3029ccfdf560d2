"""Tickets that open a connection, and connections with what they follow."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

TICKET_LIFETIME = timedelta(seconds=60)
CONNECTION_LIFETIME = timedelta(hours=2, minutes=10)  # API Gateway ends a WebSocket after two hours
MOST_TOPICS = 100


class TicketRefusedError(OpenBMLError):
    """The ticket was never issued, is used up, or too old."""


class ConnectionGoneError(OpenBMLError):
    """The client is not connected any more."""


class TooManyTopicsError(OpenBMLError):
    """A connection follows at most MOST_TOPICS topics; details: most."""


class Visitor(BaseModel):
    """Who watches which project, and what that user may see there."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    user_id: int
    permissions: frozenset[str]


class StoredTicket(BaseModel):
    """A ticket as it is kept: by its SHA-256, never itself."""

    model_config = ConfigDict(frozen=True)

    digest: str
    visitor: Visitor
    valid_until: AwareDatetime

    def is_expired(self, now: datetime) -> bool:
        return now >= self.valid_until


class Ticket(BaseModel):
    """A ticket as it is handed out: opens one connection."""

    model_config = ConfigDict(frozen=True)

    ticket: str = Field(repr=False)
    url: str = Field(repr=False)
    expires_in: int


class Connection(BaseModel):
    model_config = ConfigDict(frozen=True)

    connection_id: str
    visitor: Visitor
    opened_at: AwareDatetime
    topics: frozenset[str] = frozenset()


class LiveRepository(Protocol):
    """Port; tests/contract/live holds what implementations owe."""

    def add_ticket(self, ticket: StoredTicket) -> None: ...

    def take_ticket(self, digest: str) -> StoredTicket | None:
        """Remove the ticket and return it; of two who take it at once, one gets it."""

    def add_connection(self, connection: Connection) -> None: ...

    def find_connection(self, connection_id: str) -> Connection | None: ...

    def follow(self, connection: Connection, topics: Sequence[str]) -> None:
        """Raises ConnectionGoneError, TooManyTopicsError."""

    def unfollow(self, connection: Connection, topics: Sequence[str]) -> None: ...

    def followers(self, scope: ProjectScope, topic: str) -> Sequence[str]:
        """Return the connection ids that follow the topic of the project."""

    def remove_connection(self, connection_id: str) -> None:
        """Forget the connection and all it follows; nothing happens for an unknown one."""


class Sender(Protocol):
    def send(self, connection_id: str, text: str) -> None:
        """Raises ConnectionGoneError."""
