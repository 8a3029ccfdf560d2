"""Use cases: services follow what is said of their hostings and of their account."""

from openbml.compute.hostings import HostingNotFoundError, HostingState
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.apply_deployments import apply_deployment
from openbml.services.collaborators import Funds, Hostings
from openbml.services.deployments import HostingReport, ServiceState
from openbml.services.events import current_state
from openbml.services.repositories import ServiceRepository
from openbml.services.run_services import stop_service
from openbml.services.services import Service, ServiceConflictError, ServiceNotFoundError
from openbml.services.settle_services import ServiceOrder, saved
from openbml_catalog.machines import Module

_ATTEMPTS = 5
_WITHOUT_HOSTING = (ServiceState.STOPPED, ServiceState.SLEEPING)


def track_service(
    scope: ProjectScope,
    service_id: int,
    report: HostingReport,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    events: EventPublisher,
    now: Clock,
) -> Service | None:
    """Copy what compute reports into the service.

    The newest report again is published again: the first time may have ended between save and publication.
    When a hosting is gone that another one waits for, that one follows at once.

    Raises:
        ServiceConflictError: changed by others again and again; repeat.
    """
    for attempt in range(_ATTEMPTS):
        try:
            service = services.get(scope, service_id)
        except ServiceNotFoundError:
            _remove_leftover(report, hostings)
            return None
        if _is_leftover(service, report):
            _remove_leftover(report, hostings)
        after = service.observed(report)
        if after is service:
            if any(report.at == row.observed_at for row in service.deployments):
                events.publish(current_state(service))
            return service
        try:
            saved(after, services=services, events=events)
        except ServiceConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        if len(after.leaving) == len(service.leaving) or not after.is_unsettled:
            return after
        order = ServiceOrder(scope=scope, service_id=service_id)
        return apply_deployment(order, services=services, hostings=hostings, events=events, now=now)
    raise ServiceConflictError(service_id=service_id)


def halt_services(
    account_id: int,
    *,
    machine: str,
    services: ServiceRepository,
    funds: Funds,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> int:
    """Stop all services of an account that cannot pay for them (spec 01, D6); return how many.

    Those that sleep cost nothing and go on sleeping: nothing wakes them before the account has means. The
    account is asked again: it may have activated paid billing since the event.
    """
    if funds.has_means(account_id, Module.ONLINE_SERVICE, machine):
        return 0
    in_use = services.using_machines(account_id)
    for scope, service_id in in_use:
        try:
            stop_service(scope, service_id, services=services, events=events, orders=orders, now=now)
        except ServiceNotFoundError:
            logger.info("a service to halt was deleted", service_id=service_id)
    return len(in_use)


def _is_leftover(service: Service, report: HostingReport) -> bool:
    """Tell whether the hosting was deployed while its deployment was being ended."""
    if service.is_leaving(report.deployment_id):
        return False
    mine = [row for row in service.deployments if row.deployment_id == report.deployment_id]
    return not mine or mine[0].state in _WITHOUT_HOSTING


def _remove_leftover(report: HostingReport, hostings: Hostings) -> None:
    if report.state == HostingState.REMOVED:
        return
    logger.warning("a hosting has outlived its service", deployment_id=report.deployment_id)
    try:
        hostings.undeploy(report.deployment_id)
    except HostingNotFoundError:
        logger.info("the hosting is gone", deployment_id=report.deployment_id)
