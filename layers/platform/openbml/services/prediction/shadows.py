"""Copies of calls for a second version whose answers nobody gets: callers neither wait nor notice."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as StillRunningError

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.public_calls import PublicCall
from openbml.core.queues import MessageQueue
from openbml.services.calls.expiring_objects import (
    ExpiringObjects,
    KeptObjectMissingError,
    Lifetime,
    shadow_key,
)
from openbml.services.calls.reports import Reporter
from openbml.services.prediction.models import Models
from openbml.services.prediction.reporting import report_of
from openbml.services.prediction.routing import Role, shadow_of
from openbml.services.routes import Route

_MOST_WAIT_S = 0.2
_MODEL_TIME_S = 50.0


class ShadowOrder(BaseModel):
    """Message: ask the second version too.

    Attributes:
        route: as it was when the call came: a copy meets the version that it was meant for.
        body_key: where the call's body lies until it is asked.
    """

    model_config = ConfigDict(frozen=True)

    log_id: int
    app_id: int
    route: Route
    content_type: str = Field(max_length=1000)
    body_key: str
    made_at: AwareDatetime


class Shadows:
    """Hands copies over while the main version works on the call."""

    def __init__(
        self,
        orders: MessageQueue,
        objects: ExpiringObjects,
        *,
        executor: Executor,
        new_log_id: IdFactory,
        now: Clock,
        lost: Callable[[], None],
    ) -> None:
        self._orders = orders
        self._objects = objects
        self._executor = executor
        self._new_log_id = new_log_id
        self._now = now
        self._lost = lost

    def copied(self, call: PublicCall, route: Route, app_id: int) -> "Future[None] | None":
        """Begin to hand a copy over, where the service wants that."""
        if shadow_of(route) is None:
            return None
        return self._executor.submit(self._copy, call, route, app_id)

    def finish(self, copy: "Future[None] | None") -> None:
        """Let a copy arrive that the model's answer has overtaken, for a fifth of a second at most.

        The rest of it goes on with the worker's next call, since a worker stands still in between.
        """
        if copy is None:
            return
        try:
            copy.result(timeout=_MOST_WAIT_S)
        except StillRunningError:
            logger.info("a copy is still on its way")
        except Exception:  # noqa: BLE001 - whatever befell the copy, the caller's answer stands
            logger.exception("a copy is lost")
            self._lost()

    def _copy(self, call: PublicCall, route: Route, app_id: int) -> None:
        log_id = self._new_log_id()
        key = shadow_key(route.scope, route.service_id, log_id)
        self._objects.put(key, call.body, Lifetime.DAY)
        order = ShadowOrder(
            log_id=log_id,
            app_id=app_id,
            route=route,
            content_type=call.content_type[:1000],
            body_key=key,
            made_at=self._now(),
        )
        self._orders.send([order])


def answer_shadow(
    order: ShadowOrder, *, models: Models, objects: ExpiringObjects, reports: Reporter, now: Clock
) -> bool:
    """Ask the second version and record its answer as `shadow`; tell whether it was asked.

    An order that comes again finds no body any more; one that failed in between is recorded under the same
    id. Failures of the model are what a shadow is there to show: they are recorded, not repeated.
    """
    target = shadow_of(order.route)
    if target is None:
        return False
    try:
        body = objects.read(order.body_key)
    except KeptObjectMissingError:
        logger.info("a copy was asked already", log_id=order.log_id)
        return False
    call = PublicCall(method="POST", path="", token=None, content_type=order.content_type, body=body)
    began = now()
    asked = models.ask_target(target, Role.SHADOW, call, _MODEL_TIME_S)
    reports.report(
        report_of(
            call, order.route, asked, app_id=order.app_id, log_id=order.log_id, began=began, ended=now()
        )
    )
    objects.delete(order.body_key)
    return True
