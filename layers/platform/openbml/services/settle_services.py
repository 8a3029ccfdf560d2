"""How a changed service is kept, told, and handed to whoever brings its hostings along."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.events import current_state, ended_usage
from openbml.services.repositories import ServiceRepository
from openbml.services.services import Service, ServiceConflictError

_ATTEMPTS = 5


class ServiceOrder(BaseModel):
    """Message to `apply_deployment`: look at the service and bring its hostings to what is wanted."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    service_id: int


def saved(after: Service, *, services: ServiceRepository, events: EventPublisher) -> Service:
    """Keep what a report made of the service; an ended span is published before the save that would skip it.

    The report comes again when the save is lost, and ends the span again.

    Raises:
        ServiceConflictError: someone else was faster; nothing was saved.
    """
    events.publish(ended_usage(after))
    services.save(after)
    events.publish(current_state(after))
    logger.info("service changed", service_id=after.service_id, state=after.state)
    return after


def decided(after: Service, *, services: ServiceRepository, events: EventPublisher) -> Service:
    """Keep what a wish made of the service; an ended span is published after the save.

    Nobody repeats a wish that lost its save: a span published before would be closed for good, and the
    service go on unbilled. What ends a span leaves the service unsettled, so that its next step, a minute
    later at most, publishes the span again.

    Raises:
        ServiceConflictError: someone else was faster; nothing was saved.
    """
    services.save(after)
    events.publish([*ended_usage(after), *current_state(after)])
    logger.info("service changed", service_id=after.service_id, state=after.state)
    return after


def settled(
    after: Service, *, services: ServiceRepository, events: EventPublisher, orders: MessageQueue
) -> Service:
    """Keep what a wish made of the service (see `decided`), and order its next step.

    The order goes out after the save, since it must find the new state. A lost order is made up for by the
    minute's look at unsettled services.
    """
    services.save(after)
    if after.is_unsettled:
        order(after, orders)
    events.publish([*ended_usage(after), *current_state(after)])
    return after


def order(service: Service, orders: MessageQueue) -> None:
    orders.send([ServiceOrder(scope=service.scope, service_id=service.service_id)])


def with_each(
    rows: Sequence[tuple[ProjectScope, int]],
    step: Callable[[ProjectScope, int], None],
    *,
    passing: tuple[type[Exception], ...],
) -> None:
    """Take a step with each service; one that fails keeps none of the others from theirs.

    Args:
        passing: failures that the next time makes up for.

    Raises:
        The first other failure, after all steps.
    """
    failures: list[Exception] = []
    for scope, service_id in rows:
        try:
            step(scope, service_id)
        except passing as error:
            logger.info("service left as it is", service_id=service_id, cause=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - raised when the others have had their turn
            logger.exception("service could not be looked at", service_id=service_id)
            failures.append(error)
    if failures:
        raise failures[0]


def changed(
    scope: ProjectScope,
    service_id: int,
    change: Callable[[Service], Service],
    keep: Callable[[Service], Service],
    *,
    services: ServiceRepository,
) -> Service:
    """Change a service beside others who change it; what `change` returns unchanged is not kept again.

    Raises:
        ServiceNotFoundError, ServiceConflictError: changed by others again and again; and what the two raise.
    """
    for _ in range(_ATTEMPTS):
        service = services.get(scope, service_id)
        after = change(service)
        if after is service:
            return service
        try:
            return keep(after)
        except ServiceConflictError:
            logger.info("service changed by two at once", service_id=service_id)
    raise ServiceConflictError(service_id=service_id)
