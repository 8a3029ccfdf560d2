"""Use case: what the containers of a service say."""

from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.hosting_logs import LogPage, LogPosition
from openbml.compute.hostings import HostingNotFoundError
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.services.repositories import ServiceRepository


class Role(StrEnum):
    MAIN = "main"
    CHALLENGER = "challenger"


class LogLineView(BaseModel):
    """Attributes:
    instance: which copy of the model says it.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    at: AwareDatetime
    instance: str
    text: str


class DeploymentLogs(Protocol):
    """Port to compute."""

    def page(self, deployment_id: str, *, limit: int, position: LogPosition | None) -> LogPage:
        """Raises HostingNotFoundError, RuntimeBusyError."""


def read_logs(
    scope: ProjectScope,
    service_id: int,
    role: Role,
    *,
    limit: int,
    cursor: str | None,
    services: ServiceRepository,
    logs: DeploymentLogs,
    cursors: CursorCodec,
) -> Page[LogLineView]:
    """Return the newest lines in the order of time; the next page has those before them.

    What is not hosted has said nothing.

    Raises:
        ServiceNotFoundError, InvalidCursorError, RuntimeBusyError
    """
    service = services.get(scope, service_id)
    purpose = f"service logs {scope.key} {service_id} {role}"
    position = cursors.decode(cursor, purpose=purpose)
    deployment = service.main if role is Role.MAIN else service.challenger
    if deployment is None:
        return Page(items=[])
    try:
        page = logs.page(deployment.deployment_id, limit=limit, position=position)
    except HostingNotFoundError:
        return Page(items=[])
    views = [
        LogLineView(id=line.id, at=line.at, instance=line.copy_name, text=line.text) for line in page.lines
    ]
    return Page(items=views, next_cursor=cursors.encode(page.position, purpose=purpose))
