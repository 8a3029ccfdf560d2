"""Use cases that set what an owner decides about calls; machines go on as they are."""

from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.scope import ProjectScope
from openbml.services.policies import Limits, Recording
from openbml.services.repositories import ServiceRepository
from openbml.services.services import Service
from openbml.services.settle_services import changed, decided
from openbml.services.sleep_policies import SleepPolicy, SleepPolicyRequest


def limit_calls(
    limits: Limits,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    events: EventPublisher,
) -> Service:
    """Set how often each application may call. Raises ServiceNotFoundError, ServiceConflictError."""
    return changed(
        scope,
        service_id,
        lambda service: service.with_settings(limits=limits),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )


def record_calls(
    recording: Recording,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    events: EventPublisher,
) -> Service:
    """Set which calls are recorded. Raises ServiceNotFoundError, ServiceConflictError."""
    return changed(
        scope,
        service_id,
        lambda service: service.with_settings(recording=recording),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )


def set_sleep_policy(
    request: SleepPolicyRequest,
    *,
    scope: ProjectScope,
    service_id: int,
    services: ServiceRepository,
    events: EventPublisher,
    now: Clock,
) -> Service:
    """Set when the service may fall asleep; in any state, since it matters while it runs only.

    Raises:
        ServiceNotFoundError, ServiceConflictError
    """
    policy = SleepPolicy(**dict(request), set_at=now())
    return changed(
        scope,
        service_id,
        lambda service: service.with_settings(sleep_policy=policy),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )


def remove_sleep_policy(
    scope: ProjectScope, service_id: int, *, services: ServiceRepository, events: EventPublisher
) -> Service:
    """Have the service stay awake; one that sleeps is woken up by its next call all the same.

    Raises:
        ServiceNotFoundError, ServiceConflictError
    """
    return changed(
        scope,
        service_id,
        lambda service: service.with_settings(sleep_policy=None),
        lambda after: decided(after, services=services, events=events),
        services=services,
    )
