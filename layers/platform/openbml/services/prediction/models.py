"""Asking the deployments behind a route, and what to do when the one that was chosen is not there."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import (
    InvocationDeniedError,
    InvocationTimeoutError,
    Invoker,
    ModelFailedError,
    ModelNotReadyError,
)
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.services.prediction.replies import ReplyMalformedError, error_code_of, json_object
from openbml.services.prediction.routing import Role
from openbml.services.routes import Route, Target
from openbml_catalog.errors import prediction_error

LEAST_TIME_S = 2.5
_ABSENT = (HostingNotFoundError, ModelNotReadyError)


class Asked(NamedTuple):
    """What a model said: its JSON object, or the name of the error that is answered instead.

    Attributes:
        is_absent: the model is not up: it may have been moved, or put to sleep.
    """

    role: Role
    model_version: int | None
    reply: bytes = b""
    error: str | None = None
    is_absent: bool = False

    @property
    def code(self) -> int | None:
        return prediction_error(self.error).code if self.error else error_code_of(self.reply)


class RouteMemory(Protocol):
    def route(self, suffix: str) -> Route | None: ...

    def forget(self, suffix: str) -> None: ...


class Models:
    def __init__(self, invoker: Invoker, routes: RouteMemory) -> None:
        self._invoker = invoker
        self._routes = routes

    def ask(self, route: Route, role: Role, call: PublicCall, seconds_left: Callable[[], float]) -> Asked:
        """Return the answer of the version that was chosen, in the time that the call may still take.

        A challenger whose hosting is not ready leaves the call to the main version; one that fails, or takes
        too long, is answered as it is, since a repeat would hide what the comparison is about. A main version
        that is gone is looked for once more: it may have been replaced since the route was remembered.
        """
        if role is Role.CHALLENGER and route.challenger is not None:
            asked = self.ask_target(route.challenger, Role.CHALLENGER, call, seconds_left())
            if not asked.is_absent:
                return asked
            logger.warning("the challenger is not ready", service_id=route.service_id)
        if route.main is None:
            return Asked(Role.MAIN, None, error="model_unavailable", is_absent=True)
        asked = self.ask_target(route.main, Role.MAIN, call, seconds_left())
        if not asked.is_absent:
            return asked
        self._routes.forget(route.suffix)
        fresh = self._routes.route(route.suffix)
        if fresh is None or fresh.main in (None, route.main):
            return asked
        return self.ask_target(fresh.main, Role.MAIN, call, seconds_left())

    def ask_target(self, target: Target, role: Role, call: PublicCall, timeout_s: float) -> Asked:
        def failed(error: str) -> Asked:
            return Asked(role, target.model_version, error=error)

        try:
            answer = self._invoker.invoke(
                target.deployment_id,
                call.body,
                call.content_type,
                max(LEAST_TIME_S, timeout_s),
                target.revision,
            )
            return Asked(role, target.model_version, reply=json_object(answer.body))
        except _ABSENT as failure:
            logger.warning("model is not there", cause=type(failure).__name__, details=failure.details)
            return failed("model_unavailable")._replace(is_absent=True)
        except InvocationTimeoutError as failure:
            logger.warning("model took too long", details=failure.details)
            return failed("model_unavailable")
        except InvocationDeniedError as failure:
            logger.error("the platform may not call the model", details=failure.details)
            return failed("certification_failed")
        except (ModelFailedError, ReplyMalformedError) as failure:
            logger.error("model failed", cause=type(failure).__name__, details=failure.details)
            return failed("internal")
