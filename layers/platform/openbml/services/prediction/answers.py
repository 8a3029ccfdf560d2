"""The use case: one prediction call, checked in the manual's order, answered with the manual's bodies."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.identity.applications import (
    ApplicationGoneError,
    TokenExpiredError,
    TokenMissingError,
    TokenUnknownError,
)
from openbml.services.calls.expiring_objects import ExpiringObjects
from openbml.services.calls.reports import CallReport
from openbml.services.policies import WhileAsleep
from openbml.services.prediction.answer_tickets import TicketCounter
from openbml.services.prediction.callers import Caller, Callers
from openbml.services.prediction.last_calls import NotedCalls
from openbml.services.prediction.limits import CallLimits
from openbml.services.prediction.models import Asked, Models, RouteMemory
from openbml.services.prediction.replies import error_reply, ticket_reply, with_log_id
from openbml.services.prediction.reporting import report_of
from openbml.services.prediction.routing import Draw, Role, chosen_role
from openbml.services.prediction.shadows import Shadows
from openbml.services.prediction.sleeping import Sleepers
from openbml.services.prediction.stages import StepFailedError, answered_as
from openbml.services.prediction.tickets import TicketRepository, fetch_answer, ticket_in
from openbml.services.routes import Route
from openbml_catalog.errors import Retry, prediction_error

MOST_BODY_BYTES = 6_291_456  # what an endpoint takes; images end at 4 MiB long before
_TIME_S = 25.0  # of a call in all; the gateway in front gives up after 29
RETRY_AFTER_S = 30
_TICKET_AFTER_S = 5
_PATH = re.compile(
    r"/rpc/2\.0/ai_custom_bml/v1/(?P<segment>[a-z_]{1,40})/(?P<suffix>[A-Za-z0-9_-]{1,50})/?\Z"
)

_TOKEN_ERRORS = {
    TokenMissingError: "invalid_parameter",
    TokenUnknownError: "token_invalid",
    TokenExpiredError: "token_expired",
    ApplicationGoneError: "application_missing",
}


class Answer(NamedTuple):
    """What goes back, always with HTTP 200, and the report of it; none where no service was meant."""

    body: bytes
    retry_after_s: int | None = None
    report: CallReport | None = None


class RightCheck(Protocol):
    def may_call(self, caller: Caller, route: Route) -> bool: ...


class PredictionApi:
    """Answers calls. Order of checks: spec 08 section 3.3."""

    def __init__(
        self,
        *,
        callers: Callers,
        routes: RouteMemory,
        rights: RightCheck,
        limits: CallLimits,
        last_calls: NotedCalls,
        models: Models,
        sleepers: Sleepers,
        ticket_counter: TicketCounter,
        tickets: TicketRepository,
        objects: ExpiringObjects,
        shadows: Shadows,
        draw: Draw,
        now: Clock,
        new_log_id: IdFactory,
    ) -> None:
        self._callers = callers
        self._routes = routes
        self._rights = rights
        self._limits = limits
        self._last_calls = last_calls
        self._models = models
        self._sleepers = sleepers
        self._ticket_counter = ticket_counter
        self._tickets = tickets
        self._objects = objects
        self._shadows = shadows
        self._draw = draw
        self._now = now
        self._new_log_id = new_log_id

    def answer(self, call: PublicCall) -> Answer:
        log_id = self._new_log_id()
        try:
            with answered_as("service_token_failed"):
                caller = self._callers.of_token(call.token)
            with answered_as("unavailable"):
                ticket = ticket_in(call.path) if call.method == "GET" else None
                if ticket is not None:
                    return self._fetched(ticket, caller, log_id)
                route = self._route(call)
            if route is None:
                return _refused("unsupported_method", log_id)
            return self._answered(call, caller, route, log_id)
        except tuple(_TOKEN_ERRORS) as error:
            return _refused(_TOKEN_ERRORS[type(error)], log_id)
        except StepFailedError as failure:
            logger.exception("a call could not be answered", log_id=log_id)
            return _refused(failure.details["error"], log_id)

    def _route(self, call: PublicCall) -> Route | None:
        form = _PATH.match(call.path)
        if form is None or call.method != "POST":
            return None
        route = self._routes.route(form["suffix"])
        return route if route and route.segment == form["segment"] else None

    def _fetched(self, ticket: str, caller: Caller, log_id: int) -> Answer:
        fetched = fetch_answer(ticket, caller, tickets=self._tickets, objects=self._objects, at=self._now())
        if fetched.error is None:
            return Answer(fetched.reply)
        after = _TICKET_AFTER_S if fetched.log_id else None
        return _refused(fetched.error, fetched.log_id or log_id, after)

    def _answered(self, call: PublicCall, caller: Caller, route: Route, log_id: int) -> Answer:
        began = self._now()
        with answered_as("unavailable"):
            refused = self._refusal(call, caller, route)
        if refused is not None:
            error, after = refused
            asked = Asked(Role.MAIN, None, error=error)
            return self._told(call, caller, route, asked, log_id, began, retry_after_s=after)
        with answered_as("unavailable"):
            self._last_calls.note(route.service_id, began)
        if route.answers:
            asked = self._asked(call, caller, route, self._time_left(began))
            fresh = self._routes.route(route.suffix) if asked.is_absent else None
            if fresh is None or not fresh.sleeps:
                return self._told(call, caller, route, asked, log_id, began)
            route = fresh
        if not route.sleeps:
            asked = Asked(Role.MAIN, None, error="model_unavailable")
            return self._told(call, caller, route, asked, log_id, began)
        return self._while_asleep(call, caller, route, log_id, began)

    def _refusal(self, call: PublicCall, caller: Caller, route: Route) -> tuple[str, int | None] | None:
        if not self._rights.may_call(caller, route):
            return "no_permission", None
        limit = self._limits.exceeded(route, caller)
        if limit:
            return limit.error, limit.retry_after_s
        if len(call.body) > MOST_BODY_BYTES:
            return "size_invalid", None
        return None

    def _asked(
        self, call: PublicCall, caller: Caller, route: Route, seconds_left: Callable[[], float]
    ) -> Asked:
        copy = self._shadows.copied(call, route, caller.app_id)
        role = chosen_role(route, call.routing_key, self._draw)
        asked = self._models.ask(route, role, call, seconds_left)
        self._shadows.finish(copy)
        return asked

    def _while_asleep(
        self, call: PublicCall, caller: Caller, route: Route, log_id: int, began: datetime
    ) -> Answer:
        with answered_as("unavailable"):
            self._sleepers.wake(route)
            if route.while_asleep is WhileAsleep.TICKET:
                ticket = self._ticket_counter.take(call, caller, route, log_id)
                return Answer(ticket_reply(ticket, log_id), RETRY_AFTER_S)
        asked = Asked(Role.MAIN, None, error="model_unavailable")
        waited_ms = 0
        if route.while_asleep is WhileAsleep.WAIT:
            awake = self._sleepers.awaited(route, self._time_left(began))
            waited_ms = round((self._now() - began).total_seconds() * 1000)
            if awake is not None:
                route = awake
                asked = self._asked(call, caller, route, self._time_left(began))
        return self._told(call, caller, route, asked, log_id, began, waited_ms=waited_ms)

    def _told(
        self,
        call: PublicCall,
        caller: Caller,
        route: Route,
        asked: Asked,
        log_id: int,
        began: datetime,
        *,
        waited_ms: int = 0,
        retry_after_s: int | None = None,
    ) -> Answer:
        report = report_of(
            call,
            route,
            asked,
            app_id=caller.app_id,
            log_id=log_id,
            began=began,
            ended=self._now(),
            waited_ms=waited_ms,
        )
        if asked.error:
            return _refused(asked.error, log_id, retry_after_s)._replace(report=report)
        return Answer(with_log_id(asked.reply, log_id), report=report)

    def _time_left(self, began: datetime) -> Callable[[], float]:
        return lambda: _TIME_S - (self._now() - began).total_seconds()


def _refused(error: str, log_id: int, retry_after_s: int | None = None) -> Answer:
    waits = prediction_error(error).retry is Retry.WAIT
    return Answer(error_reply(error, log_id), retry_after_s or (RETRY_AFTER_S if waits else None))
