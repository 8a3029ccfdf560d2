"""Live's repository and sender in memory; tests/contract/live holds the repository to the adapter's suite."""

from collections.abc import Sequence

from openbml.core.scope import ProjectScope
from openbml.live.connections import (
    MOST_TOPICS,
    Connection,
    ConnectionGoneError,
    StoredTicket,
    TooManyTopicsError,
)


class InMemoryLiveRepository:
    def __init__(self) -> None:
        self.tickets: dict[str, StoredTicket] = {}
        self._connections: dict[str, Connection] = {}

    def add_ticket(self, ticket: StoredTicket) -> None:
        self.tickets[ticket.digest] = ticket

    def take_ticket(self, digest: str) -> StoredTicket | None:
        return self.tickets.pop(digest, None)

    def add_connection(self, connection: Connection) -> None:
        self._connections[connection.connection_id] = connection

    def find_connection(self, connection_id: str) -> Connection | None:
        return self._connections.get(connection_id)

    def follow(self, connection: Connection, topics: Sequence[str]) -> None:
        if len(connection.topics | set(topics)) > MOST_TOPICS:
            raise TooManyTopicsError(most=MOST_TOPICS)
        self._set(connection, connection.topics | set(topics))

    def unfollow(self, connection: Connection, topics: Sequence[str]) -> None:
        self._set(connection, connection.topics - set(topics))

    def followers(self, scope: ProjectScope, topic: str) -> Sequence[str]:
        return [
            connection.connection_id
            for connection in self._connections.values()
            if connection.visitor.scope == scope and topic in connection.topics
        ]

    def remove_connection(self, connection_id: str) -> None:
        self._connections.pop(connection_id, None)

    def _set(self, connection: Connection, topics: frozenset[str]) -> None:
        if connection.connection_id not in self._connections:
            raise ConnectionGoneError
        changed = connection.model_copy(update={"topics": topics})
        self._connections[connection.connection_id] = changed


class RecordingSender:
    """Delivers to every connection but those that are gone."""

    def __init__(self, gone: Sequence[str] = ()) -> None:
        self._gone = gone
        self.sent: list[tuple[str, str]] = []

    def send(self, connection_id: str, text: str) -> None:
        if connection_id in self._gone:
            raise ConnectionGoneError
        self.sent.append((connection_id, text))
