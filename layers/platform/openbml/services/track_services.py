"""Use cases: bring hostings to what is wanted, and services to what their hostings are."""

from openbml.compute.hostings import Hosting, HostingNotFoundError, HostingRequest, HostingState
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import OWNER_CONTEXT, Funds, Hostings
from openbml.services.deploy_services import ServiceOrder, stop_service
from openbml.services.events import current_state, ended_usage
from openbml.services.repositories import ServiceRepository
from openbml.services.services import (
    EVALUATED_VARIANT,
    Configuration,
    HostingReport,
    Service,
    ServiceConflictError,
    ServiceNotFoundError,
    ServiceState,
)
from openbml_catalog.machines import Module

_ATTEMPTS = 5
_TOLD = (HostingState.IN_SERVICE, HostingState.FAILED, HostingState.REMOVED)


def apply_deployment(
    order: ServiceOrder,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    events: EventPublisher,
    now: Clock,
) -> Service | None:
    """Ask compute for what the service wants, and take over what compute says of it.

    An order carries no wish of its own: it may be late, repeated or out of order. Compute's answer is taken
    like an event, so that a lost event is made up for by the next order.

    Raises:
        ServiceConflictError, HostingConflictError: repeat.
    """
    try:
        service = services.get(order.scope, order.service_id)
    except ServiceNotFoundError:
        logger.info("an order for a deleted service", service_id=order.service_id)
        return None
    if service.state in (ServiceState.DEPLOYING, ServiceState.UPDATING):
        hosting = hostings.deploy(hosting_request(service))
    elif service.state is ServiceState.STOPPING:
        try:
            hosting = hostings.undeploy(service.deployment_id)
        except HostingNotFoundError:  # stopped before it was ever deployed
            return _saved(service.removed(now()), services=services, events=events)
    else:
        return service
    if hosting.state not in _TOLD:
        return service
    return track_service(
        order.scope, order.service_id, report_of(hosting), services=services, hostings=hostings, events=events
    )


def track_service(
    scope: ProjectScope,
    service_id: int,
    report: HostingReport,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    events: EventPublisher,
) -> Service | None:
    """Copy what compute reports into the service.

    The newest report again is published again: the first time may have ended between save and publication.

    Raises:
        ServiceConflictError: changed by others again and again; repeat.
    """
    for attempt in range(_ATTEMPTS):
        try:
            service = services.get(scope, service_id)
        except ServiceNotFoundError:
            _remove_leftover(service_id, report, hostings)
            return None
        if service.state is ServiceState.STOPPED:
            _remove_leftover(service_id, report, hostings)
        after = service.observed(report)
        if after is service:
            if service.observed_at == report.at:
                events.publish(current_state(service))
            return service
        try:
            return _saved(after, services=services, events=events)
        except ServiceConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise ServiceConflictError(service_id=service_id)


def resume_services(
    *, services: ServiceRepository, hostings: Hostings, events: EventPublisher, now: Clock
) -> int:
    """Take the next step with every changing service; return how many there are."""
    changing = services.changing()
    for scope, service_id in changing:
        order = ServiceOrder(scope=scope, service_id=service_id)
        try:
            apply_deployment(order, services=services, hostings=hostings, events=events, now=now)
        except ServiceConflictError:
            logger.info("service changed while resuming", service_id=service_id)
    return len(changing)


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

    The account is asked again: it may have activated paid billing since the event.
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


def hosting_request(service: Service) -> HostingRequest:
    wanted = service.wanted
    return HostingRequest(
        deployment_id=service.deployment_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(service.service_id)),
        scope=service.scope,
        image=wanted.image,
        model_uri=wanted.model_uri,
        compute_units=wanted.compute_units,
        copies=wanted.instances,
        revision=service.revision,
        environment=_environment(wanted),
    )


def _environment(wanted: Configuration) -> dict[str, str]:
    """The evaluated file is the image's own choice."""
    return {} if wanted.variant == EVALUATED_VARIANT else {"OPENBML_MODEL_VARIANT": wanted.variant}


def report_of(hosting: Hosting) -> HostingReport:
    return HostingReport(
        state=hosting.state,
        revision=hosting.serving_revision,
        failure=hosting.failure,
        at=hosting.changed_at,
    )


def _saved(after: Service, *, services: ServiceRepository, events: EventPublisher) -> Service:
    events.publish(ended_usage(after))
    services.save(after)
    events.publish(current_state(after))
    logger.info("service changed", service_id=after.service_id, state=after.state)
    return after


def _remove_leftover(service_id: int, report: HostingReport, hostings: Hostings) -> None:
    """Remove what was deployed while its service was being stopped or deleted."""
    if report.state == HostingState.REMOVED:
        return
    logger.warning("a hosting has outlived its service", service_id=service_id)
    try:
        hostings.undeploy(str(service_id))
    except HostingNotFoundError:
        logger.info("the hosting is gone", service_id=service_id)
