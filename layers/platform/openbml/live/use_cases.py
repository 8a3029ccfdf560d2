"""Live updates: tickets, connections, fan-out."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.identity.projects import ProjectAccess
from openbml.live.connections import (
    MOST_TOPICS,
    TICKET_LIFETIME,
    Connection,
    ConnectionGoneError,
    LiveRepository,
    Sender,
    StoredTicket,
    Ticket,
    TicketRefusedError,
    Visitor,
)
from openbml.live.topics import BusEvent, require_topic

_LONGEST_TICKET = 128


def issue_ticket(access: ProjectAccess, *, public_url: str, live: LiveRepository, now: Clock) -> Ticket:
    """Return a ticket that opens one connection to the project within a minute.

    A browser cannot send a header with a WebSocket; a ticket in the address is of no use to who finds it in a
    log later.
    """
    ticket = secrets.token_urlsafe(32)
    visitor = Visitor(scope=access.scope, user_id=access.user_id, permissions=access.permissions)
    live.add_ticket(
        StoredTicket(digest=_digest(ticket), visitor=visitor, valid_until=now() + TICKET_LIFETIME)
    )
    return Ticket(
        ticket=ticket,
        url=_socket_address(public_url, ticket),
        expires_in=int(TICKET_LIFETIME.total_seconds()),
    )


def open_connection(
    connection_id: str, ticket: str | None, *, live: LiveRepository, now: Clock
) -> Connection:
    """Trade the ticket for a connection.

    Raises:
        TicketRefusedError: never issued, used already, or too old.
    """
    if not ticket or len(ticket) > _LONGEST_TICKET:
        raise TicketRefusedError
    stored = live.take_ticket(_digest(ticket))
    if stored is None or stored.is_expired(now()):
        raise TicketRefusedError
    connection = Connection(connection_id=connection_id, visitor=stored.visitor, opened_at=now())
    live.add_connection(connection)
    return connection


def follow(connection_id: str, topics: Sequence[str], *, live: LiveRepository) -> Sequence[str]:
    """Let the connection follow the topics, all or none; return them."""
    connection = _existing(connection_id, live)
    wanted = _checked(topics)
    for topic in wanted:
        require_topic(topic, connection.visitor.permissions)
    live.follow(connection, wanted)
    return wanted


def unfollow(connection_id: str, topics: Sequence[str], *, live: LiveRepository) -> Sequence[str]:
    connection = _existing(connection_id, live)
    wanted = _checked(topics)
    live.unfollow(connection, wanted)
    return wanted


def fan_out(document: Mapping[str, Any], *, live: LiveRepository, sender: Sender) -> int:
    """Send the event to every connection that follows its topic; return how many got it.

    Connections that are gone are forgotten. A repeat of the event is sent again: clients take states, not
    differences.
    """
    found = BusEvent.of(document).notice()
    if found is None:
        return 0
    scope, notice = found
    text = notice.text()
    sent = 0
    for connection_id in live.followers(scope, notice.topic):
        try:
            sender.send(connection_id, text)
            sent += 1
        except ConnectionGoneError:
            live.remove_connection(connection_id)
    return sent


def _existing(connection_id: str, live: LiveRepository) -> Connection:
    connection = live.find_connection(connection_id)
    if connection is None:
        raise ConnectionGoneError
    return connection


def _checked(topics: Sequence[str]) -> Sequence[str]:
    wanted = list(dict.fromkeys(topics))
    if not 1 <= len(wanted) <= MOST_TOPICS:
        raise InvalidRequestError(field="topics", reason=f"1 to {MOST_TOPICS} topics")
    return wanted


def _socket_address(public_url: str, ticket: str) -> str:
    address = urlsplit(public_url)
    scheme = "wss" if address.scheme == "https" else "ws"
    return urlunsplit((scheme, address.netloc, "/live", f"ticket={ticket}", ""))


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode(errors="replace")).hexdigest()
