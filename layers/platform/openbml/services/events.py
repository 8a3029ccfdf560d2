"""Events this context publishes (contracts, section 6)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from pydantic import AwareDatetime

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.usage import UsageReport, UsedResource
from openbml.core.events import Event
from openbml.services.prices import price_per_hour
from openbml.services.services import RunningInterval, Service, ServiceState
from openbml_catalog.machines import Module

SOURCE = "openbml.services"


class ServiceStateChanged(Event):
    source: ClassVar[str] = SOURCE

    service_id: int
    name: str
    suffix: str
    model_id: int
    model_version: int
    machine_type: str
    compute_units: int
    instances: int
    state: ServiceState
    failure: Failure | None
    price_per_hour: Decimal
    running_since: AwareDatetime | None

    @classmethod
    def of(cls, service: Service) -> "ServiceStateChanged":
        return cls(
            scope=service.scope,
            service_id=service.service_id,
            name=service.name,
            suffix=service.suffix,
            model_id=service.model_id,
            model_version=service.wanted.model_version,
            machine_type=service.machine_type,
            compute_units=service.wanted.compute_units,
            instances=service.wanted.instances,
            state=service.state,
            failure=service.failure,
            price_per_hour=price_per_hour(service.machine_type, service.wanted),
            running_since=service.running_since,
        )


class UsageReported(UsageReport):
    """A billed span of a service: open when it begins, closed under the same id when it ends."""

    source: ClassVar[str] = SOURCE

    @classmethod
    def of(cls, service: Service, span: RunningInterval) -> "UsageReported":
        began_ms = int(span.start.timestamp() * 1000)
        return cls(
            scope=service.scope,
            usage_id=f"service:{service.service_id}:{began_ms}",
            module=Module.ONLINE_SERVICE,
            machine=service.machine_type,
            resource=UsedResource(type="service", id=str(service.service_id), name=service.name),
            units=span.units,
            intervals=[Interval(start=span.start, end=span.end)],
            closed=span.end is not None,
        )


def ended_usage(service: Service) -> Sequence[Event]:
    """Return what a change ended; published before the change is saved, since it is what is billed."""
    return [UsageReported.of(service, service.ended)] if service.ended else []


def current_state(service: Service) -> Sequence[Event]:
    """Return what others must know of a service as it is saved.

    Published after the save: an open span that was announced and then lost to another writer would never be
    closed. If this is lost instead, the span is billed all the same when it ends.
    """
    told: list[Event] = [ServiceStateChanged.of(service)]
    if service.interval:
        told.append(UsageReported.of(service, service.interval))
    return told
