"""Fakes of the ports of calls; they pass the contract suites of the real ones."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from openbml.core.scope import ProjectScope
from openbml.services.calls.expiring_objects import KeptObjectMissingError, Lifetime
from openbml.services.calls.records import CallFilter, CallNotFoundError, EnteredCall, Feedback
from openbml.services.calls.tallies import DayKey, HourKey, MinuteKey, Sums, Tally, sums_of
from openbml.services.prediction.leases import Paced, Taken
from openbml.services.prediction.tickets import Ticket, TicketNotFoundError
from openbml.services.repositories import CallRecord, Position

_SECOND_US = 1_000_000


class InMemoryTallies:
    """Shared counts; `writes` tells how often workers asked."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.due_us: dict[str, int] = {}
        self.writes = 0
        self._lock = threading.Lock()

    def take(self, name: str, *, wanted: int, most: int, forget_at: datetime | None) -> Taken:
        with self._lock:
            self.writes += 1
            granted = max(0, min(wanted, most - self.counts.get(name, 0)))
            self.counts[name] = self.counts.get(name, 0) + granted
            return Taken(granted, max(0, most - self.counts[name]))

    def pace(self, name: str, *, wanted: int, per_second: int, at: datetime) -> Paced:
        with self._lock:
            self.writes += 1
            now = int(at.timestamp() * _SECOND_US)
            step = _SECOND_US // per_second
            due = max(now, self.due_us.get(name, 0))
            granted = min(wanted, (now + _SECOND_US - due) // step)
            if granted < 1:
                return Paced(0, (due + step - now - _SECOND_US) / _SECOND_US)
            self.due_us[name] = due + granted * step
            return Paced(granted)


class InMemoryCallBook:
    def __init__(self) -> None:
        self.calls: dict[int, EnteredCall] = {}

    def enter(self, calls: Sequence[EnteredCall]) -> int:
        new = {call.record.log_id: call for call in calls if call.record.log_id not in self.calls}
        self.calls |= new
        return len(new)

    def page(
        self, service_id: int, wanted: CallFilter, *, limit: int, position: Position
    ) -> tuple[Sequence[CallRecord], Position]:
        mine = [
            call.record
            for call in self.calls.values()
            if call.recorded and call.record.service_id == service_id and wanted.fits(call.record)
        ]
        mine.sort(key=lambda row: -row.log_id)
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(mine) else None
        return mine[start : start + limit], following

    def find(self, scope: ProjectScope, log_id: int) -> CallRecord:
        call = self.calls.get(log_id)
        if call is None or not call.recorded or call.scope != scope:
            raise CallNotFoundError(log_id=str(log_id))
        return call.record

    def usage(self, scope: ProjectScope, first: date, last: date) -> Mapping[DayKey, Tally]:
        days = self._sums().days.items()
        return {
            key: tally._replace(histogram={})
            for key, tally in days
            if key.scope == scope and first <= key.day <= last
        }

    def minutes(self, service_id: int, since: datetime) -> Mapping[MinuteKey, Tally]:
        begin = since.replace(second=0, microsecond=0)
        rows = self._sums().minutes.items()
        return {key: tally for key, tally in rows if key.service_id == service_id and key.minute >= begin}

    def hours(self, service_id: int, since: datetime, until: datetime) -> Mapping[HourKey, Tally]:
        begin = since.replace(minute=0, second=0, microsecond=0)
        rows = self._sums().hours.items()
        return {
            key: tally for key, tally in rows if key.service_id == service_id and begin <= key.hour <= until
        }

    def _sums(self) -> Sums:
        return sums_of((call.scope, call.record) for call in self.calls.values())


class InMemoryFeedbackBook:
    def __init__(self) -> None:
        self._said: dict[tuple[int, int], Feedback] = {}

    def put(self, feedback: Feedback) -> None:
        self._said[feedback.service_id, feedback.log_id] = feedback

    def find(self, service_id: int, log_id: int) -> Feedback | None:
        return self._said.get((service_id, log_id))

    def between(self, service_id: int, since: datetime, until: datetime) -> Iterator[Feedback]:
        for (owner, _), feedback in sorted(self._said.items()):
            if owner == service_id and since <= feedback.called_at < until:
                yield feedback


class InMemoryExpiringObjects:
    """Files; `lifetimes` tells how long each is kept; `refusing` makes it fail like an unreachable one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.lifetimes: dict[str, Lifetime] = {}
        self.refusing = False

    def put(self, key: str, body: bytes, lifetime: Lifetime) -> None:
        if self.refusing:
            raise ConnectionError("storage is unreachable")
        self.files[key] = body
        self.lifetimes[key] = lifetime

    def read(self, key: str) -> bytes:
        if key not in self.files:
            raise KeptObjectMissingError(key=key)
        return self.files[key]

    def delete(self, key: str) -> None:
        self.files.pop(key, None)

    def url(self, key: str) -> str:
        return f"https://storage.test/{key}"


class InMemoryTickets:
    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self._lock = threading.Lock()

    def add(self, ticket: Ticket) -> None:
        self.tickets[ticket.ticket] = ticket

    def get(self, ticket: str) -> Ticket:
        if ticket not in self.tickets:
            raise TicketNotFoundError(ticket=ticket)
        return self.tickets[ticket]

    def answer(self, ticket: Ticket, answer_key: str) -> bool:
        with self._lock:
            known = self.tickets.get(ticket.ticket)
            if known is None or known.answer_key is not None:
                return False
            self.tickets[ticket.ticket] = known.model_copy(update={"answer_key": answer_key})
            return True
