"""Use cases: bring hostings to what services want, each time a step further."""

from openbml.compute.hostings import HostingConflictError, HostingNotFoundError, HostingState
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.observability import logger
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import Hostings
from openbml.services.deployments import Deployment, HostingReport, ServiceState
from openbml.services.events import ended_usage
from openbml.services.hosting_requests import answer_of, hosting_request
from openbml.services.repositories import ServiceRepository
from openbml.services.services import Service, ServiceConflictError, ServiceNotFoundError
from openbml.services.settle_services import ServiceOrder, saved, with_each


def apply_deployment(
    order: ServiceOrder,
    *,
    services: ServiceRepository,
    hostings: Hostings,
    events: EventPublisher,
    now: Clock,
) -> Service | None:
    """Ask compute for what the service wants, and take over what compute says of it.

    An order carries no wish of its own: it may be late, repeated or out of order. Compute's answers are taken
    like events, so that a lost event is made up for by the next order. Hostings leave before others come,
    since both may have the same id.

    Raises:
        ServiceConflictError, HostingConflictError: repeat.
    """
    try:
        service = services.get(order.scope, order.service_id)
    except ServiceNotFoundError:
        logger.info("an order for a deleted service", service_id=order.service_id)
        return None
    if service.ended:
        events.publish(ended_usage(service))  # whoever ended them may not have come to that
    step = _Step(service, services=services, hostings=hostings, events=events, now=now)
    step.see_off()
    step.bring_along(service.main.deployment_id)
    if service.challenger:
        step.bring_along(service.challenger.deployment_id)
    return step.service


def resume_services(
    *, services: ServiceRepository, hostings: Hostings, events: EventPublisher, now: Clock
) -> int:
    """Take the next step with every unsettled service; return how many there are."""

    def resume(scope: ProjectScope, service_id: int) -> None:
        order = ServiceOrder(scope=scope, service_id=service_id)
        apply_deployment(order, services=services, hostings=hostings, events=events, now=now)

    unsettled = services.changing()
    with_each(unsettled, resume, passing=(ServiceConflictError, HostingConflictError))
    return len(unsettled)


class _Step:
    """One step of one service; what it learns is saved as it goes."""

    def __init__(
        self,
        service: Service,
        *,
        services: ServiceRepository,
        hostings: Hostings,
        events: EventPublisher,
        now: Clock,
    ) -> None:
        self.service = service
        self._services = services
        self._hostings = hostings
        self._events = events
        self._now = now

    def see_off(self) -> None:
        """Remove hostings that are due; it is saved first, so that a wake-up after it takes new ones."""
        self._become(self.service.departing(self._now()))
        for row in self.service.leaving:
            if row.begun_at and self._is_gone(row.deployment_id):
                self._become(self.service.departed(row.deployment_id))

    def bring_along(self, deployment_id: str) -> None:
        for deployment in self.service.deployments:
            if deployment.deployment_id != deployment_id or self.service.is_leaving(deployment_id):
                continue
            if deployment.state.wants_hosting:
                self._deploy(deployment)
            elif deployment.state is ServiceState.STOPPING and self._is_gone(deployment_id):
                self._become(self.service.removed(self._now()))

    def _deploy(self, deployment: Deployment) -> None:
        hosting = self._hostings.deploy(hosting_request(self.service, deployment))
        self._take(answer_of(hosting, deployment.requested_at))

    def _is_gone(self, deployment_id: str) -> bool:
        try:
            return self._hostings.undeploy(deployment_id).state is HostingState.REMOVED
        except HostingNotFoundError:  # left before it was ever deployed
            return True

    def _take(self, report: HostingReport | None) -> None:
        if report:
            self._become(self.service.observed(report))

    def _become(self, after: Service) -> None:
        if after is not self.service:
            self.service = saved(after, services=self._services, events=self._events)
