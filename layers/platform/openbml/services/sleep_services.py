"""Use cases: services fall asleep when nobody calls, and wake up for a call or at a time of day."""

import time
from collections.abc import Callable
from datetime import datetime

from openbml.compute.hostings import HostingConflictError
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.apply_deployments import apply_deployment
from openbml.services.collaborators import AllowanceUsedUpError, Funds, Hostings
from openbml.services.deployments import ServiceState
from openbml.services.repositories import LastCalls, ServiceRepository
from openbml.services.run_services import start_waking, woken
from openbml.services.services import (
    Service,
    ServiceConflictError,
    ServiceNotFoundError,
    ServiceStateError,
)
from openbml.services.settle_services import ServiceOrder, changed, decided, with_each
from openbml.services.sleep_policies import PolicyState, SleepPolicy
from openbml.services.wakes import WakeOrder

# While calls wait for a service its state is looked at again and again, the sooner the fresher it is.
FOLLOWED_FOR_S = 30.0
_PASSING = (ServiceNotFoundError, ServiceConflictError, ServiceStateError, AllowanceUsedUpError)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 0.5


def put_to_sleep(
    *,
    services: ServiceRepository,
    last_calls: LastCalls,
    funds: Funds,
    events: EventPublisher,
    wake_orders: MessageQueue,
    now: Clock,
) -> int:
    """Look at every service with a sleep policy in force; return how many fell asleep.

    Those whose time has come are woken up first, or kept awake as if they had been called. Services that
    someone else changes at the same moment are left to the next minute.
    """
    slept: list[int] = []

    def look(scope: ProjectScope, service_id: int) -> None:
        service, at = services.get(scope, service_id), now()
        policy = service.sleep_policy
        if policy is None or policy.state(at) is not PolicyState.ACTIVE:
            return
        if policy.prewarm_due(service.warmed_at, at):
            _keep_awake(
                service, services=services, funds=funds, events=events, wake_orders=wake_orders, now=now
            )
        elif _falls_asleep(service, policy, last_calls, at):
            decided(service.asleep(at), services=services, events=events)
            slept.append(service_id)

    with_each(services.with_sleep_policy(), look, passing=_PASSING)
    return len(slept)


def wake_service(
    order: WakeOrder,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    funds: Funds,
    events: EventPublisher,
    now: Clock,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Service | None:
    """Wake a service that was called, and follow it until it runs, fails, or has taken too long.

    Machines are asked for and looked at right here: each queue on the way would be time that calls wait.
    What takes longer goes on by itself. One that is awake, or whose account has no means, is left alone.

    Raises:
        ServiceConflictError: repeat.
    """
    try:
        service = changed(
            order.scope,
            order.service_id,
            lambda service: woken(service, funds=funds, now=now),
            lambda after: decided(after, services=services, events=events),
            services=services,
        )
    except (ServiceNotFoundError, ServiceStateError, AllowanceUsedUpError) as error:
        logger.info("service is not woken up", service_id=order.service_id, cause=type(error).__name__)
        return None
    until, pause_s = clock() + FOLLOWED_FOR_S, _FIRST_PAUSE_S
    followed: Service | None = service
    while followed and followed.state is ServiceState.WAKING:
        followed = _stepped(order, services=services, hostings=hostings, events=events, now=now)
        if followed is None or followed.state is not ServiceState.WAKING or clock() >= until:
            break
        pause(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    return followed


def _stepped(
    order: WakeOrder,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    events: EventPublisher,
    now: Clock,
) -> Service | None:
    """Take a step; when others take one at the same moment, look at what they have made of it."""
    step = ServiceOrder(scope=order.scope, service_id=order.service_id)
    try:
        return apply_deployment(step, services=services, hostings=hostings, events=events, now=now)
    except (ServiceConflictError, HostingConflictError) as error:
        logger.info("service changed while waking", service_id=order.service_id, cause=type(error).__name__)
        return _found(order.scope, order.service_id, services)


def _found(scope: ProjectScope, service_id: int, services: ServiceRepository) -> Service | None:
    try:
        return services.get(scope, service_id)
    except ServiceNotFoundError:
        return None


def _falls_asleep(service: Service, policy: SleepPolicy, last_calls: LastCalls, at: datetime) -> bool:
    running_since = service.main.running_since
    if service.state is not ServiceState.RUNNING or running_since is None:
        return False
    called_at = last_calls.last(service.service_id)
    since = max(time for time in (running_since, service.warmed_at, called_at) if time)
    return policy.is_idle(since, at)


def _keep_awake(
    service: Service,
    *,
    services: ServiceRepository,
    funds: Funds,
    events: EventPublisher,
    wake_orders: MessageQueue,
    now: Clock,
) -> None:
    """Wake it, then note the time: one that could not be woken is tried again."""
    scope, service_id = service.scope, service.service_id
    if service.state is ServiceState.SLEEPING:
        start_waking(
            scope,
            service_id,
            services=services,
            funds=funds,
            events=events,
            wake_orders=wake_orders,
            now=now,
        )
    changed(
        scope,
        service_id,
        lambda current: current.with_settings(warmed_at=now()),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )
    logger.info("service kept awake by its schedule", service_id=service_id)
