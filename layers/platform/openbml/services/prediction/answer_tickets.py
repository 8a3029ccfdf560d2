"""Use cases: take a call for later, and answer it once its service runs."""

import secrets
from datetime import datetime, timedelta

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
from openbml.services.prediction.routing import Draw, Role, chosen_role
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
                routing_key=call.routing_key,
                body_key=key,
                made_at=self._now(),
            )
        )
        self._orders.send([TicketOrder(ticket=name)])
        return name


class LateAnswers:
    """Answers the calls of tickets.

    Orders come at least once: the first answer stands, and a call is recorded once, since its report is sent
    before its answer is told and has the call's id.
    """

    def __init__(
        self,
        *,
        tickets: TicketRepository,
        objects: ExpiringObjects,
        orders: MessageQueue,
        routes: RouteMemory,
        wakes: Wakes,
        models: Models,
        reports: Reporter,
        draw: Draw,
        now: Clock,
    ) -> None:
        self._tickets = tickets
        self._objects = objects
        self._orders = orders
        self._routes = routes
        self._wakes = wakes
        self._models = models
        self._reports = reports
        self._draw = draw
        self._now = now

    def answer(self, order: TicketOrder) -> bool:
        """Answer the call, or put its order at the queue's end again; tell whether it is answered.

        A service that does not run within an hour is answered with 336100.
        """
        ticket = self._open(order)
        if ticket is None:
            return True
        route = self._routes.route(ticket.suffix)
        if route is None or route.service_id != ticket.service_id:
            self._keep(ticket, Asked(Role.MAIN, None, error="unsupported_method"))
            return True
        began = self._now()
        call = self._call(ticket)
        asked = Asked(Role.MAIN, None, error="model_unavailable", is_absent=True)
        if route.answers:
            role = chosen_role(route, ticket.routing_key, self._draw)
            asked = self._models.ask(route, role, call, lambda: _MODEL_TIME_S)
        if asked.is_absent and began - ticket.made_at < PATIENCE:
            self._look_again(order, route, began)
            return False
        report = report_of(
            call,
            route,
            asked,
            app_id=ticket.app_id,
            log_id=ticket.log_id,
            began=ticket.made_at,
            ended=self._now(),
            waited_ms=round((began - ticket.made_at).total_seconds() * 1000),
        )
        self._reports.report(report)
        self._keep(ticket, asked)
        return True

    def _open(self, order: TicketOrder) -> Ticket | None:
        """Return a ticket that waits for its answer."""
        try:
            ticket = self._tickets.get(order.ticket)
        except TicketNotFoundError:
            logger.info("an order for a ticket that is over")
            return None
        return None if ticket.answer_key or ticket.is_over(self._now()) else ticket

    def _look_again(self, order: TicketOrder, route: Route, at: datetime) -> None:
        if route.sleeps:
            self._wakes.ask(route.scope, route.service_id, at)
        self._orders.send([order])

    def _call(self, ticket: Ticket) -> PublicCall:
        """Return the call again; storage forgets bodies after a day, when the ticket is over as well."""
        try:
            body = self._objects.read(ticket.body_key)
        except KeptObjectMissingError:
            body = b""
        return PublicCall(method="POST", path="", token=None, content_type=ticket.content_type, body=body)

    def _keep(self, ticket: Ticket, asked: Asked) -> None:
        """Store the reply at a place of its own, then say where, unless another one is told already."""
        log_id = ticket.log_id
        reply = error_reply(asked.error, log_id) if asked.error else with_log_id(asked.reply, log_id)
        key = f"{ticket.body_key}.answer-{secrets.token_hex(8)}"
        self._objects.put(key, reply, Lifetime.DAY)
        self._tickets.answer(ticket, key)
