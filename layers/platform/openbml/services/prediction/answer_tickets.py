"""Use cases: take a call for later, and answer it once its service runs."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from openbml.core.clock import Clock
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.core.queues import MessageQueue
from openbml.services.calls.expiring_objects import (
    ExpiringObjects,
    KeptObjectMissingError,
    Lifetime,
    ticket_key,
)
from openbml.services.calls.reports import Reporter
from openbml.services.prediction.callers import Caller
from openbml.services.prediction.models import Asked, Models, RouteMemory
from openbml.services.prediction.replies import error_reply, with_log_id
from openbml.services.prediction.reporting import report_of
from openbml.services.prediction.routing import Role, chosen_role
from openbml.services.prediction.tickets import (
    Ticket,
    TicketNotFoundError,
    TicketOrder,
    TicketRepository,
)
from openbml.services.routes import Route
from openbml.services.wakes import Wakes

PATIENCE = timedelta(hours=1)
_MODEL_TIME_S = 50.0


class TicketCounter:
    """Makes tickets: first the body, then the ticket, then the order to answer it."""

    def __init__(
        self, tickets: TicketRepository, objects: ExpiringObjects, orders: MessageQueue, now: Clock
    ) -> None:
        self._tickets = tickets
        self._objects = objects
        self._orders = orders
        self._now = now

    def take(self, call: PublicCall, caller: Caller, route: Route, log_id: int) -> str:
        name = secrets.token_hex(20)
        key = ticket_key(route.scope, route.service_id, name)
        self._objects.put(key, call.body, Lifetime.DAY)
        self._tickets.add(
            Ticket(
                ticket=name,
                scope=route.scope,
                service_id=route.service_id,
                suffix=route.suffix,
                app_id=caller.app_id,
                account_id=caller.account_id,
                log_id=log_id,
                content_type=call.content_type[:1000],
                body_key=key,
                made_at=self._now(),
            )
        )
        self._orders.send([TicketOrder(ticket=name)])
        return name


def answer_ticket(
    order: TicketOrder,
    *,
    tickets: TicketRepository,
    objects: ExpiringObjects,
    orders: MessageQueue,
    routes: RouteMemory,
    wakes: Wakes,
    models: Models,
    reports: Reporter,
    draw: Callable[[], float],
    now: Clock,
) -> bool:
    """Answer the call, or put its order at the queue's end again; tell whether it is answered.

    Orders come at least once: the first answer stands, and only it is recorded. A service that does not run
    within an hour is answered with 336100.
    """
    try:
        ticket = tickets.get(order.ticket)
    except TicketNotFoundError:
        logger.info("an order for a ticket that is over")
        return True
    if ticket.answer_key is not None or ticket.is_over(now()):
        return True
    route = routes.route(ticket.suffix)
    if route is None or route.service_id != ticket.service_id:
        return _keep(ticket, Asked(Role.MAIN, None, error="unsupported_method"), tickets, objects)
    began = now()
    asked = None
    if route.answers:
        asked = _asked(ticket, route, models, objects, draw)
    if asked is None or asked.is_absent:
        if began - ticket.made_at < PATIENCE:
            if route.sleeps:
                wakes.ask(route.scope, route.service_id, began)
            orders.send([order])
            return False
        asked = Asked(Role.MAIN, None, error="model_unavailable")
    if not _keep(ticket, asked, tickets, objects):
        return True
    waited_ms = round((began - ticket.made_at).total_seconds() * 1000)
    reports.report(
        report_of(
            _call(ticket, objects),
            route,
            asked,
            app_id=ticket.app_id,
            log_id=ticket.log_id,
            began=ticket.made_at,
            ended=now(),
            waited_ms=waited_ms,
        )
    )
    return True


def _asked(
    ticket: Ticket, route: Route, models: Models, objects: ExpiringObjects, draw: Callable[[], float]
) -> Asked:
    role = chosen_role(route, None, draw)
    return models.ask(route, role, _call(ticket, objects), lambda: _MODEL_TIME_S)


def _call(ticket: Ticket, objects: ExpiringObjects) -> PublicCall:
    """Return the call again; storage forgets bodies after a day, when the ticket is over as well."""
    try:
        body = objects.read(ticket.body_key)
    except KeptObjectMissingError:
        body = b""
    return PublicCall(method="POST", path="", token=None, content_type=ticket.content_type, body=body)


def _keep(ticket: Ticket, asked: Asked, tickets: TicketRepository, objects: ExpiringObjects) -> bool:
    """Store the reply at a place of its own, then say where; tell whether this one is the answer."""
    reply = (
        error_reply(asked.error, ticket.log_id) if asked.error else with_log_id(asked.reply, ticket.log_id)
    )
    key = f"{ticket.body_key}.answer-{secrets.token_hex(8)}"
    objects.put(key, reply, Lifetime.DAY)
    return tickets.answer(ticket, key)
