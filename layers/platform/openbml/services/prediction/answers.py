"""The use case: one prediction call, checked in the manual's order, answered with the manual's bodies."""

import re
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import (
    InvocationTimeoutError,
    Invoker,
    ModelFailedError,
    ModelNotReadyError,
)
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
from openbml.services.prediction.callers import Caller, Callers
from openbml.services.prediction.limits import exceeded_limit
from openbml.services.prediction.replies import (
    ReplyMalformedError,
    error_code_of,
    error_reply,
    with_log_id,
)
from openbml.services.repositories import CallCounters, CallRecord
from openbml.services.routes import Route
from openbml_catalog.errors import prediction_error

MOST_BODY_BYTES = 6_291_456  # what an endpoint takes; images end at 4 MiB long before
_TIMEOUT_S = 25.0  # the gateway in front gives up after 29
_PATH = re.compile(
    r"/rpc/2\.0/ai_custom_bml/v1/(?P<segment>[a-z_]{1,40})/(?P<suffix>[A-Za-z0-9_-]{1,50})/?\Z"
)

_TOKEN_ERRORS = {
    TokenMissingError: "invalid_parameter",
    TokenUnknownError: "token_invalid",
    TokenExpiredError: "token_expired",
    ApplicationGoneError: "application_missing",
}


class Answer(BaseModel):
    """What goes back, always with HTTP 200, and the record of it; no record where no service was meant."""

    model_config = ConfigDict(frozen=True)

    body: bytes
    record: CallRecord | None = None


class RouteMemory(Protocol):
    def route(self, suffix: str) -> Route | None: ...

    def forget(self, suffix: str) -> None: ...


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
        counters: CallCounters,
        invoker: Invoker,
        now: Clock,
        new_log_id: IdFactory,
    ) -> None:
        self._callers = callers
        self._routes = routes
        self._rights = rights
        self._counters = counters
        self._invoker = invoker
        self._now = now
        self._new_log_id = new_log_id

    def answer(self, call: PublicCall) -> Answer:
        log_id = self._new_log_id()
        try:
            caller = self._callers.of_token(call.token)
        except tuple(_TOKEN_ERRORS) as error:
            return Answer(body=error_reply(_TOKEN_ERRORS[type(error)], log_id))
        route = self._route(call)
        if route is None:
            return Answer(body=error_reply("unsupported_method", log_id))
        began = self._now()
        body, code = self._passed_on(call, caller, route, log_id)
        ended = self._now()
        record = CallRecord(
            log_id=log_id,
            service_id=route.service_id,
            app_id=caller.app_id,
            at=began,
            error_code=code,
            duration_ms=max(0, round((ended - began).total_seconds() * 1000)),
        )
        return Answer(body=body, record=record)

    def _route(self, call: PublicCall) -> Route | None:
        form = _PATH.match(call.path)
        if form is None or call.method != "POST":
            return None
        route = self._routes.route(form["suffix"])
        return route if route and route.segment == form["segment"] else None

    def _passed_on(
        self, call: PublicCall, caller: Caller, route: Route, log_id: int
    ) -> tuple[bytes, int | None]:
        error = self._refusal(call, caller, route)
        if error is None:
            try:
                reply = self._invoker.invoke(
                    str(route.service_id), call.body, call.content_type, _TIMEOUT_S
                ).body
                return with_log_id(reply, log_id), error_code_of(reply)
            except (HostingNotFoundError, ModelNotReadyError, InvocationTimeoutError) as failure:
                self._routes.forget(route.suffix)
                logger.warning("model is not available", log_id=log_id, cause=type(failure).__name__)
                error = "model_unavailable"
            except (ModelFailedError, ReplyMalformedError) as failure:
                logger.error(
                    "model failed", log_id=log_id, cause=type(failure).__name__, details=failure.details
                )
                error = "internal"
        return error_reply(error, log_id), prediction_error(error).code

    def _refusal(self, call: PublicCall, caller: Caller, route: Route) -> str | None:
        if not self._rights.may_call(caller, route):
            return "no_permission"
        limit = exceeded_limit(route, caller, counters=self._counters, now=self._now)
        if limit:
            return limit
        if len(call.body) > MOST_BODY_BYTES:
            return "size_invalid"
        return None if route.answers else "model_unavailable"
