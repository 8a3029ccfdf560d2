"""Use cases of A/B tests: a second version online, its share of the calls, and how the test ends."""

from pydantic import Field

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services import ab_tests
from openbml.services.collaborators import Funds, ServableVersions
from openbml.services.deploy_services import ChangeRequest, Variant, reconfigured
from openbml.services.policies import Traffic
from openbml.services.repositories import ServiceRepository
from openbml.services.requirements import MOST_INSTANCES, require_means
from openbml.services.services import Service
from openbml.services.settle_services import changed, decided, settled


class ChallengerRequest(ChangeRequest):
    """The second version with machines of its own; `share` is its percentage of the calls."""

    model_version: int = Field(ge=1, lt=10**8)
    compute_units: int = Field(default=1, ge=1)
    instances: int = Field(default=2, ge=2, le=MOST_INSTANCES)
    variant: Variant = "fp32"
    share: int = Field(default=0, ge=0, le=100)


class ChallengerChange(ChangeRequest):
    """What is left out stays as it is."""

    share: int | None = Field(default=None, ge=0, le=100)


def add_challenger(
    request: ChallengerRequest,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    versions: ServableVersions,
    funds: Funds,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """Bring a second version online beside the first.

    Raises:
        InvalidRequestError, ServiceNotFoundError, ServiceStateError, ChallengerExistsError,
        ServiceConflictError, VersionNotFoundError, VersionNotReadyError, VariantMissingError,
        AllowanceUsedUpError
    """
    service = services.get(scope, service_id)
    wanted = reconfigured(service, service.main.wanted, request, versions=versions)
    after = ab_tests.challenged(service, wanted, Traffic(challenger_share=request.share), now())
    require_means(scope, service.machine_type, funds)
    return settled(after, services=services, events=events, orders=orders)


def change_challenger(
    request: ChallengerChange,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    versions: ServableVersions,
    funds: Funds,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """Replace or scale the second version; one that failed is tried again.

    Raises:
        InvalidRequestError, ServiceNotFoundError, ServiceStateError, ChallengerNotFoundError,
        ServiceConflictError, VersionNotFoundError, VersionNotReadyError, VariantMissingError,
        AllowanceUsedUpError
    """
    service = services.get(scope, service_id)
    current = ab_tests.challenger_of(service)
    wanted = reconfigured(service, current.wanted, request, versions=versions)
    share = service.traffic.challenger_share if request.share is None else request.share
    traffic = service.traffic.model_copy(update={"challenger_share": share})
    after = ab_tests.with_challenger_changed(service, wanted, traffic, now())
    if after is service:
        return service
    if wanted.billed_units > current.wanted.billed_units or current.interval is None:
        require_means(scope, service.machine_type, funds)
    return settled(after, services=services, events=events, orders=orders)


def remove_challenger(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """End the test: the first version answers every call again, and the second is billed until now.

    Raises:
        ServiceNotFoundError, ChallengerNotFoundError, ServiceConflictError
    """
    return changed(
        scope,
        service_id,
        lambda service: ab_tests.without_challenger(service, now()),
        lambda after: settled(after, services=services, events=events, orders=orders),
        services=services,
    )


def promote_challenger(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """End the test: the second version answers every call from now on, and the first is billed until now.

    Raises:
        ServiceNotFoundError, ChallengerNotFoundError, ServiceStateError, ServiceConflictError
    """
    return changed(
        scope,
        service_id,
        lambda service: ab_tests.promoted(service, now()),
        lambda after: settled(after, services=services, events=events, orders=orders),
        services=services,
    )


def split_traffic(
    traffic: Traffic,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    events: EventPublisher,
) -> Service:
    """Change how calls are split, from the next call on; workers that have just called take up to 10 s.

    Raises:
        ServiceNotFoundError, ChallengerNotFoundError, ServiceConflictError
    """
    return changed(
        scope,
        service_id,
        lambda service: ab_tests.shared(service, traffic),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )
