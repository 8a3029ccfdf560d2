"""Tickets: answers that are kept for callers who did not wait for a sleeping service."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml.services.calls.expiring_objects import ExpiringObjects, KeptObjectMissingError
from openbml.services.prediction.callers import Caller

LIFETIME = timedelta(hours=24)
_FORM = re.compile(r"/rpc/2\.0/ai_custom_bml/v1/tickets/(?P<ticket>[^/]{1,200})/?\Z")


class TicketNotFoundError(OpenBMLError):
    """There is no such ticket, or its day is over; details: ticket."""


class Ticket(BaseModel):
    """A call that is answered later.

    Attributes:
        log_id: of the call; the answer has it too.
        answer_key: where the answer lies; None: it is not there yet.
    """

    model_config = ConfigDict(frozen=True)

    ticket: str
    scope: ProjectScope
    service_id: int
    suffix: str
    app_id: int
    account_id: int
    log_id: int
    content_type: str = Field(max_length=1000)
    routing_key: str | None = None
    body_key: str
    made_at: AwareDatetime
    answer_key: str | None = None

    def is_of(self, caller: Caller) -> bool:
        return caller.app_id == self.app_id or caller.account_id == self.account_id

    def is_over(self, at: datetime) -> bool:
        return at >= self.made_at + LIFETIME


class TicketOrder(BaseModel):
    """Message: answer this ticket's call as soon as its service runs."""

    model_config = ConfigDict(frozen=True)

    ticket: str


class TicketRepository(Protocol):
    """Port; `tests/contract/services/test_tickets.py` holds what implementations owe."""

    def add(self, ticket: Ticket) -> None: ...

    def get(self, ticket: str) -> Ticket:
        """Raises TicketNotFoundError."""

    def answer(self, ticket: Ticket, answer_key: str) -> bool:
        """Say where the answer lies, unless there is one already; tell whether it was said."""


class Fetched(NamedTuple):
    """The kept reply, or the name of the error that is answered."""

    reply: bytes = b""
    error: str | None = None
    log_id: int | None = None


def ticket_in(path: str) -> str | None:
    """Return the ticket that a path of the public API names; None: it is another path."""
    form = _FORM.match(path)
    return form["ticket"] if form else None


def fetch_answer(
    name: str, caller: Caller, *, tickets: TicketRepository, objects: ExpiringObjects, at: datetime
) -> Fetched:
    """Return what a ticket stands for; again and again until its day is over.

    A ticket of another account's application is none (code 3), so that guessing tells nothing.
    """
    try:
        ticket = tickets.get(name)
    except TicketNotFoundError:
        return Fetched(error="unsupported_method")
    if ticket.is_over(at) or not ticket.is_of(caller):
        return Fetched(error="unsupported_method")
    if ticket.answer_key is None:
        return Fetched(error="model_unavailable", log_id=ticket.log_id)
    try:
        return Fetched(reply=objects.read(ticket.answer_key))
    except KeptObjectMissingError:
        return Fetched(error="unsupported_method")
