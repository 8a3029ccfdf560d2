"""Use cases that only read, and what the API shows (contracts, section 4)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from openbml.compute.failures import Failure
from openbml.core.clock import Clock
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.services.policies import Limits
from openbml.services.prices import price_per_hour
from openbml.services.repositories import (
    CallRight,
    CallRightRepository,
    ServiceRepository,
)
from openbml.services.services import Service, ServiceState
from openbml_catalog.prediction_apis import PATH


class ServiceView(BaseModel):
    """`url` is the full public address; no client builds it (spec 08 section 4.1)."""

    model_config = ConfigDict(frozen=True)

    service_id: int
    name: str
    suffix: str
    url: str
    task_type: str
    model_id: int
    model_version: int
    variant: str
    machine_type: str
    compute_units: int
    instances: int
    state: ServiceState
    failure: Failure | None
    limits: Limits
    price_per_hour: Decimal
    created_at: datetime
    running_since: datetime | None

    @classmethod
    def of(cls, service: Service, public_url: str) -> "ServiceView":
        return cls(
            service_id=service.service_id,
            name=service.name,
            suffix=service.suffix,
            url=f"{public_url}{PATH.format(segment=service.segment, suffix=service.suffix)}",
            task_type=service.task_type,
            model_id=service.model_id,
            model_version=service.wanted.model_version,
            variant=service.wanted.variant,
            machine_type=service.machine_type,
            compute_units=service.wanted.compute_units,
            instances=service.wanted.instances,
            state=service.state,
            failure=service.failure,
            limits=service.limits,
            price_per_hour=price_per_hour(service.machine_type, service.wanted),
            created_at=service.created_at,
            running_since=service.running_since,
        )


class RightRequest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    app_id: int = Field(ge=1, lt=2**53)


class RightView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    app_id: int
    granted_at: datetime


class RightList(BaseModel):
    items: Sequence[RightView]


def list_services(
    scope: ProjectScope,
    *,
    limit: int,
    cursor: str | None,
    public_url: str,
    services: ServiceRepository,
    cursors: CursorCodec,
) -> Page[ServiceView]:
    purpose = f"services {scope.key}"
    items, following = services.page(scope, limit=limit, position=cursors.decode(cursor, purpose=purpose))
    views = [ServiceView.of(service, public_url) for service in items]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))


def grant_call_right(
    scope: ProjectScope,
    service_id: int,
    app_id: int,
    *,
    services: ServiceRepository,
    rights: CallRightRepository,
    now: Clock,
) -> RightView:
    """Let an application of another account call the service. Raises ServiceNotFoundError."""
    services.get(scope, service_id)
    right = CallRight(service_id=service_id, app_id=app_id, granted_at=now())
    rights.grant(right)
    return RightView.model_validate(right)


def revoke_call_right(
    scope: ProjectScope,
    service_id: int,
    app_id: int,
    *,
    services: ServiceRepository,
    rights: CallRightRepository,
) -> None:
    """Take the right back; calls are refused within seconds. Raises ServiceNotFoundError."""
    services.get(scope, service_id)
    rights.revoke(service_id, app_id)


def list_call_rights(
    scope: ProjectScope, service_id: int, *, services: ServiceRepository, rights: CallRightRepository
) -> RightList:
    """Raises ServiceNotFoundError."""
    services.get(scope, service_id)
    return RightList(items=[RightView.model_validate(right) for right in rights.rights(service_id)])
