"""Routes of `/v1/live`."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.wiring import public_url
from openbml.identity.wiring import authorizer
from openbml.live.connections import Ticket
from openbml.live.use_cases import issue_ticket
from openbml.live.wiring import live_repository

router = APIGatewayRouter()


class NewTicket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    project_id: Annotated[int, Field(ge=1, lt=2**53)]


@router.post("/v1/live/tickets", status_code=HTTPStatus.CREATED)
def create_ticket(body: NewTicket) -> Ticket:
    access = authorizer().access(principal_of(router.current_event), body.project_id)
    return issue_ticket(access, public_url=public_url(), live=live_repository(), now=utc_now)
