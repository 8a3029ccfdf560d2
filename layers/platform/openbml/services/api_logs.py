"""Route of what the containers of a service say."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.compute.wiring import hosting_logs
from openbml.core.http import principal_of
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.identity.wiring import authorizer
from openbml.services.read_logs import LogLineView, Role, read_logs
from openbml.services.wiring import services

router = Router()

Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=2048)]


@router.get("/v1/services/projects/<project_id>/services/<service_id>/logs")
def get_logs(
    project_id: Id, service_id: Id, limit: Limit = 100, cursor: Cursor = None, role: Role = Role.MAIN
) -> Page[LogLineView]:
    principal = principal_of(router.current_event)
    return read_logs(
        authorizer().require(principal, project_id, "services.read").scope,
        service_id,
        role,
        limit=limit,
        cursor=cursor,
        services=services(),
        logs=hosting_logs(),
        cursors=cursor_codec(),
    )
