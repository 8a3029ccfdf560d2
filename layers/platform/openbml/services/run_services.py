"""Use cases of the API: stop, restart, wake up."""

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import Funds
from openbml.services.deployments import ServiceState
from openbml.services.repositories import ServiceRepository
from openbml.services.requirements import require_means
from openbml.services.services import Service
from openbml.services.settle_services import changed, decided, order, settled
from openbml.services.wakes import WakeOrder


def restart_service(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    funds: Funds,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """Start a stopped or failed service again, at the same address.

    Raises:
        ServiceNotFoundError, ServiceStateError, ServiceConflictError, AllowanceUsedUpError
    """
    service = services.get(scope, service_id)
    after = service.restarted(now())
    if after is service:
        order(service, orders)
        return service
    require_means(scope, service.machine_type, funds)
    return settled(after, services=services, events=events, orders=orders)


def stop_service(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """Stop the service, awake, asleep or on its way; nothing is billed from now on. Again is fine.

    Raises:
        ServiceNotFoundError, ServiceConflictError
        ServiceStateError: it has no machines yet.
    """
    service = changed(
        scope,
        service_id,
        lambda service: service.stopped_by_user(now()),
        lambda after: settled(after, services=services, events=events, orders=orders),
        services=services,
    )
    if service.state is ServiceState.STOPPING:  # the order before may have been lost
        order(service, orders)
    return service


def start_waking(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    funds: Funds,
    events: EventPublisher,
    wake_orders: MessageQueue,
    now: Clock,
) -> Service:
    """Set a sleeping service on its way before anybody calls it; one that is on its way or awake stays so.

    Raises:
        ServiceNotFoundError, ServiceStateError, ServiceConflictError, AllowanceUsedUpError
    """
    service = changed(
        scope,
        service_id,
        lambda service: woken(service, funds=funds, now=now),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )
    if service.state is ServiceState.WAKING:
        wake_orders.send([WakeOrder(scope=scope, service_id=service_id)])
    return service


def woken(service: Service, *, funds: Funds, now: Clock) -> Service:
    """Return the service on its way, if its account can pay for it.

    Raises:
        ServiceStateError, AllowanceUsedUpError
    """
    after = service.woken(now())
    if after is not service:
        require_means(service.scope, service.machine_type, funds)
    return after
