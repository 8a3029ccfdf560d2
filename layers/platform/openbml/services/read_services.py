"""Call rights: use cases, and what the API shows of them (contracts, section 4)."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.services.repositories import (
    CallRight,
    CallRightRepository,
    ServiceRepository,
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
