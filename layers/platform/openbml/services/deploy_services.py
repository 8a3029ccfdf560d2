"""Use cases of the API: deploy, change, stop, restart, delete. What they ask for is applied by a queue."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml.compute.hostings import HostingNotFoundError
from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import (
    AllowanceUsedUpError,
    Funds,
    Hostings,
    ServableVersion,
    ServableVersions,
    VariantMissingError,
)
from openbml.services.events import current_state, ended_usage
from openbml.services.policies import Limits
from openbml.services.repositories import ServiceRepository
from openbml.services.services import (
    Configuration,
    Service,
    ServiceConflictError,
    ServiceState,
    ServiceStateError,
)
from openbml_catalog.machines import Module, largest_compute_units
from openbml_catalog.tasks import Task, tasks

Variant = Literal["fp32", "int8", "fp16"]

_ATTEMPTS = 5
_MOST_INSTANCES = 50


class TaskNotDeployableError(OpenBMLError):
    """No image serves the task yet; details: task_type."""


class DeployRequest(BaseModel):
    """The manual's form (spec 08 section 2.1); `variant` is which of the version's files answers."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=50)
    suffix: str = Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")
    model_id: int = Field(ge=1, lt=2**53)
    model_version: int = Field(ge=1, lt=10**8)
    machine_type: Literal["SVC_CPU"] = "SVC_CPU"
    compute_units: int = Field(default=1, ge=1)
    instances: int = Field(default=2, ge=2, le=_MOST_INSTANCES)
    variant: Variant = "fp32"


class ChangeRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model_version: int | None = Field(default=None, ge=1, lt=10**8)
    compute_units: int | None = Field(default=None, ge=1)
    instances: int | None = Field(default=None, ge=2, le=_MOST_INSTANCES)
    variant: Variant | None = None


class ServiceOrder(BaseModel):
    """Message to `apply_deployment`: look at the service and bring its hosting to what is wanted."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    service_id: int


def deploy_service(
    request: DeployRequest,
    *,
    scope: ProjectScope,
    services: ServiceRepository,
    versions: ServableVersions,
    funds: Funds,
    events: EventPublisher,
    orders: MessageQueue,
    new_id: IdFactory,
    now: Clock,
) -> Service:
    """Record a new service; of several that want one suffix at once, one gets it.

    Raises:
        InvalidRequestError, VersionNotFoundError, VersionNotReadyError, TaskNotDeployableError,
        VariantMissingError, AllowanceUsedUpError, SuffixTakenError, ServiceNameTakenError, ModelDeployedError
    """
    _require_units(request.compute_units)
    version = versions.get(scope, request.model_id, request.model_version)
    task = deployable_task(version.task_type)
    _require_means(scope, request.machine_type, funds)
    at = now()
    service = Service(
        scope=scope,
        service_id=new_id(),
        name=request.name,
        suffix=request.suffix,
        segment=task.url_segment,
        task_type=task.code,
        model_id=request.model_id,
        machine_type=request.machine_type,
        wanted=_configuration(version, request.compute_units, request.instances, request.variant),
        created_at=at,
        requested_at=at,
    )
    services.add(service)
    _order(service, orders)
    events.publish(current_state(service))
    logger.info("service recorded", service_id=service.service_id, suffix=service.suffix)
    return service


def change_service(
    request: ChangeRequest,
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
    """Bring another version online, or scale; the old one answers until the new one does.

    Raises:
        InvalidRequestError, ServiceNotFoundError, ServiceStateError, ServiceConflictError,
        VersionNotFoundError, VersionNotReadyError, VariantMissingError, AllowanceUsedUpError
    """
    service = services.get(scope, service_id)
    current = service.wanted
    version = versions.get(scope, service.model_id, request.model_version or current.model_version)
    units = request.compute_units or current.compute_units
    _require_units(units)
    instances, variant = request.instances or current.instances, request.variant or current.variant
    wanted = _configuration(version, units, instances, variant)
    after = service.changed(wanted, now())
    if after is service:
        return service
    if wanted.billed_units > current.billed_units:
        _require_means(scope, service.machine_type, funds)
    return _settled(after, services=services, events=events, orders=orders)


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
        _order(service, orders)
        return service
    _require_means(scope, service.machine_type, funds)
    return _settled(after, services=services, events=events, orders=orders)


def stop_service(
    scope: ProjectScope,
    service_id: int,
    *,
    services: ServiceRepository,
    events: EventPublisher,
    orders: MessageQueue,
    now: Clock,
) -> Service:
    """Stop the service in whatever state it is; nothing is billed from now on. Again is fine.

    Raises:
        ServiceNotFoundError, ServiceConflictError
    """
    for _ in range(_ATTEMPTS):
        service = services.get(scope, service_id)
        after = service.stopped_by_user(now())
        if after is service:
            if service.state is ServiceState.STOPPING:
                _order(service, orders)
            return service
        try:
            return _settled(after, services=services, events=events, orders=orders)
        except ServiceConflictError:
            logger.info("service changed while it was being stopped", service_id=service_id)
    raise ServiceConflictError(service_id=service_id)


def delete_service(
    scope: ProjectScope, service_id: int, *, services: ServiceRepository, hostings: Hostings
) -> None:
    """Forget a stopped or failed service; its address becomes free.

    Raises:
        ServiceNotFoundError, ServiceConflictError
        ServiceStateError: it is neither stopped nor failed.
    """
    service = services.get(scope, service_id)
    if service.state not in (ServiceState.STOPPED, ServiceState.FAILED):
        raise ServiceStateError(service_id=service_id, state=service.state, action="deleted")
    try:
        hostings.undeploy(service.deployment_id)
    except HostingNotFoundError:
        logger.info("a deleted service had no hosting", service_id=service_id)
    services.remove(service)


def limit_calls(
    limits: Limits, *, scope: ProjectScope, service_id: int, services: ServiceRepository
) -> Service:
    """Set how often each application may call. Raises ServiceNotFoundError, ServiceConflictError."""
    service = services.get(scope, service_id)
    if limits == service.limits:
        return service
    after = service.model_copy(update={"limits": limits, "ended": None, "version": service.version + 1})
    services.save(after)
    return after


def _settled(
    after: Service,
    *,
    services: ServiceRepository,
    events: EventPublisher,
    orders: MessageQueue,
) -> Service:
    """Save, queue, publish.

    An ended span is published before the save that would skip it; the order goes out after it, since it must
    find the new state. A lost order is made up for by the minute's look at changing services.
    """
    events.publish(ended_usage(after))
    services.save(after)
    if after.state.is_changing:
        _order(after, orders)
    events.publish(current_state(after))
    return after


def _order(service: Service, orders: MessageQueue) -> None:
    orders.send([ServiceOrder(scope=service.scope, service_id=service.service_id)])


def _configuration(
    version: ServableVersion, compute_units: int, instances: int, variant: str
) -> Configuration:
    if variant not in version.variants:
        raise VariantMissingError(
            model_id=version.model_id,
            version_number=version.version_number,
            variant=variant,
            available=", ".join(version.variants),
        )
    return Configuration(
        model_version=version.version_number,
        model_uri=version.model_uri,
        image=version.image,
        compute_units=compute_units,
        instances=instances,
        variant=variant,
    )


def deployable_task(task_type: str) -> Task:
    task = tasks()[task_type]
    if not task.deployable:
        raise TaskNotDeployableError(task_type=task_type)
    return task


def _require_units(compute_units: int) -> None:
    most = largest_compute_units()
    if compute_units > most:
        raise InvalidRequestError(field="compute_units", reason=f"at most {most} fit on one machine")


def _require_means(scope: ProjectScope, machine_type: str, funds: Funds) -> None:
    if not funds.has_means(scope.account_id, Module.ONLINE_SERVICE, machine_type):
        raise AllowanceUsedUpError(machine_type=machine_type)
