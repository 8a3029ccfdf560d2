"""Use cases of the API: deploy, change, delete. What they ask for is applied by a queue."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml.compute.hostings import HostingNotFoundError
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.services.actions import Action
from openbml.services.collaborators import Funds, Hostings, ServableVersions
from openbml.services.configurations import Configuration
from openbml.services.deployments import Deployment, ServiceState
from openbml.services.events import current_state
from openbml.services.repositories import ServiceRepository
from openbml.services.requirements import MOST_INSTANCES, configured, require_means
from openbml.services.services import Service
from openbml.services.settle_services import order, settled
from openbml_catalog.tasks import tasks

Variant = Literal["fp32", "int8", "fp16"]


class DeployRequest(BaseModel):
    """The manual's form (spec 08 section 2.1).

    Attributes:
        compute_units, instances: null in both: the service waits for its machines (模型待编辑).
        variant: which of the version's files answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=50)
    suffix: str = Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")
    model_id: int = Field(ge=1, lt=2**53)
    model_version: int = Field(ge=1, lt=10**8)
    machine_type: Literal["SVC_CPU"] = "SVC_CPU"
    compute_units: int | None = Field(default=1, ge=1)
    instances: int | None = Field(default=2, ge=2, le=MOST_INSTANCES)
    variant: Variant = "fp32"


class ChangeRequest(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_version: int | None = Field(default=None, ge=1, lt=10**8)
    compute_units: int | None = Field(default=None, ge=1)
    instances: int | None = Field(default=None, ge=2, le=MOST_INSTANCES)
    variant: Variant | None = None


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
        InvalidRequestError, VersionNotFoundError, VersionNotReadyError,
        VariantMissingError, AllowanceUsedUpError, SuffixTakenError, ServiceNameTakenError, ModelDeployedError
    """
    version = versions.get(scope, request.model_id, request.model_version)
    task = tasks()[version.task_type]
    wanted = configured(
        version,
        compute_units=request.compute_units,
        instances=request.instances,
        variant=request.variant,
    )
    if wanted.has_machines:
        require_means(scope, request.machine_type, funds)
    at, service_id = now(), new_id()
    state = ServiceState.DEPLOYING if wanted.has_machines else ServiceState.UNCONFIGURED
    service = Service(
        scope=scope,
        service_id=service_id,
        name=request.name,
        suffix=request.suffix,
        segment=task.url_segment,
        task_type=task.code,
        model_id=request.model_id,
        machine_type=request.machine_type,
        main=Deployment(deployment_id=str(service_id), wanted=wanted, state=state, requested_at=at),
        created_at=at,
    )
    services.add(service)
    if service.is_unsettled:
        order(service, orders)
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
    """Bring another version online, scale, or give machines; the old version answers until the new one does.

    Raises:
        InvalidRequestError, ServiceNotFoundError, ServiceStateError, ServiceConflictError,
        VersionNotFoundError, VersionNotReadyError, VariantMissingError, AllowanceUsedUpError
    """
    service = services.get(scope, service_id)
    wanted = reconfigured(service, service.main.wanted, request, versions=versions)
    after = service.changed(wanted, now())
    if after is service:
        return service
    if wanted.billed_units > service.main.wanted.billed_units:
        require_means(scope, service.machine_type, funds)
    return settled(after, services=services, events=events, orders=orders)


def delete_service(
    scope: ProjectScope, service_id: int, *, services: ServiceRepository, hostings: Hostings
) -> None:
    """Forget a service without machines; its address becomes free.

    Raises:
        ServiceNotFoundError, ServiceConflictError
        ServiceStateError: it is neither stopped nor failed, and has had machines.
    """
    service = services.get(scope, service_id)
    service.require(Action.DELETE, "deleted")
    for deployment_id in (service.main.deployment_id, *(row.deployment_id for row in service.leaving)):
        try:
            hostings.undeploy(deployment_id)
        except HostingNotFoundError:
            logger.info("a deleted service had no hosting", deployment_id=deployment_id)
    services.remove(service)


def reconfigured(
    service: Service, current: Configuration, request: ChangeRequest, *, versions: ServableVersions
) -> Configuration:
    """Return a deployment's configuration with what the request changes in it."""
    number = request.model_version or current.model_version
    return configured(
        versions.get(service.scope, service.model_id, number),
        compute_units=request.compute_units or current.compute_units,
        instances=request.instances or current.instances,
        variant=request.variant or current.variant,
    )
