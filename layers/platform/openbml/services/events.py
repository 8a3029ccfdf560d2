"""Events this context publishes (contracts, section 6)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.usage import UsageReport, UsedResource
from openbml.core.events import Event
from openbml.services.actions import Action
from openbml.services.deployments import Deployment, RunningInterval, ServiceState
from openbml.services.policies import Traffic
from openbml.services.prices import price_per_hour
from openbml.services.services import Service
from openbml_catalog.machines import Module

SOURCE = "openbml.services"


class OnlineVersion(BaseModel):
    """The second version of an A/B test, as its owner sees it."""

    model_config = ConfigDict(frozen=True)

    model_version: int
    variant: str
    compute_units: int | None
    instances: int | None
    state: ServiceState
    failure: Failure | None
    running_since: AwareDatetime | None
    price_per_hour: Decimal

    @classmethod
    def of(cls, deployment: Deployment, machine_type: str) -> "OnlineVersion":
        wanted = deployment.wanted
        return cls(
            model_version=wanted.model_version,
            variant=wanted.variant,
            compute_units=wanted.compute_units,
            instances=wanted.instances,
            state=deployment.state,
            failure=deployment.failure,
            running_since=deployment.running_since,
            price_per_hour=price_per_hour(machine_type, wanted),
        )

    @classmethod
    def beside(cls, service: Service) -> "OnlineVersion | None":
        return cls.of(service.challenger, service.machine_type) if service.challenger else None


class ServiceStateChanged(Event):
    """Version 2 knows the second version online, and services without machines."""

    source: ClassVar[str] = SOURCE

    version: int = 2
    service_id: int
    name: str
    suffix: str
    model_id: int
    model_version: int
    machine_type: str
    compute_units: int | None
    instances: int | None
    state: ServiceState
    failure: Failure | None
    price_per_hour: Decimal
    running_since: AwareDatetime | None
    challenger: OnlineVersion | None
    traffic: Traffic
    actions: Sequence[Action]

    @classmethod
    def of(cls, service: Service) -> "ServiceStateChanged":
        wanted = service.main.wanted
        return cls(
            scope=service.scope,
            service_id=service.service_id,
            name=service.name,
            suffix=service.suffix,
            model_id=service.model_id,
            model_version=wanted.model_version,
            machine_type=service.machine_type,
            compute_units=wanted.compute_units,
            instances=wanted.instances,
            state=service.state,
            failure=service.failure,
            price_per_hour=price_per_hour(service.machine_type, wanted),
            running_since=service.main.running_since,
            challenger=OnlineVersion.beside(service),
            traffic=service.traffic,
            actions=service.actions,
        )


class UsageReported(UsageReport):
    """A billed span of a deployment: open when it begins, closed under the same id when it ends."""

    source: ClassVar[str] = SOURCE

    @classmethod
    def of(cls, service: Service, deployment_id: str, span: RunningInterval) -> "UsageReported":
        began_ms = int(span.start.timestamp() * 1000)
        return cls(
            scope=service.scope,
            usage_id=f"service:{deployment_id}:{began_ms}",
            module=Module.ONLINE_SERVICE,
            machine=service.machine_type,
            resource=UsedResource(type="service", id=str(service.service_id), name=service.name),
            units=span.units,
            intervals=[Interval(start=span.start, end=span.end)],
            closed=span.end is not None,
        )


def ended_usage(service: Service) -> Sequence[Event]:
    """Return what a change ended; published before the change is saved, since it is what is billed."""
    return [UsageReported.of(service, *ended) for ended in service.ended]


def current_state(service: Service) -> Sequence[Event]:
    """Return what others must know of a service as it is saved.

    Published after the save: an open span that was announced and then lost to another writer would never be
    closed. If this is lost instead, the span is billed all the same when it ends.
    """
    told: list[Event] = [ServiceStateChanged.of(service)]
    told += [
        UsageReported.of(service, row.deployment_id, row.interval)
        for row in service.deployments
        if row.interval
    ]
    return told
