"""Routes of `/v1/services` (contracts, section 4)."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.http import no_content, principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.core.wiring import cursor_codec, event_publisher, public_url
from openbml.identity.wiring import authorizer
from openbml.services import deploy_services, read_services, run_services, service_views
from openbml.services.deploy_services import ChangeRequest, DeployRequest
from openbml.services.read_services import RightList, RightRequest, RightView
from openbml.services.service_views import ServiceView
from openbml.services.services import Service
from openbml.services.wiring import (
    call_rights,
    funds,
    last_calls,
    orders,
    services,
    versions,
    wake_orders,
)

router = Router()

SERVICES = "/v1/services/projects/<project_id>/services"
SERVICE = f"{SERVICES}/<service_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]


def scope_of(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


def service_view(service: Service) -> ServiceView:
    return service_views.view_service(service, public_url=public_url(), last_calls=last_calls(), now=utc_now)


@router.get(SERVICES)
def get_services(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[ServiceView]:
    return service_views.list_services(
        scope_of(project_id, "services.read"),
        limit=limit,
        cursor=cursor,
        public_url=public_url(),
        services=services(),
        last_calls=last_calls(),
        cursors=cursor_codec(),
        now=utc_now,
    )


@router.post(SERVICES, status_code=HTTPStatus.ACCEPTED)
def post_service(project_id: Id, request: DeployRequest) -> ServiceView:
    service = deploy_services.deploy_service(
        request,
        scope=scope_of(project_id, "services.write"),
        services=services(),
        versions=versions(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        new_id=new_id,
        now=utc_now,
    )
    return service_view(service)


@router.get(SERVICE)
def get_service(project_id: Id, service_id: Id) -> ServiceView:
    return service_view(services().get(scope_of(project_id, "services.read"), service_id))


@router.patch(SERVICE, status_code=HTTPStatus.ACCEPTED)
def patch_service(project_id: Id, service_id: Id, request: ChangeRequest) -> ServiceView:
    service = deploy_services.change_service(
        request,
        scope=scope_of(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        versions=versions(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return service_view(service)


@router.delete(SERVICE, status_code=HTTPStatus.NO_CONTENT)
def delete_service(project_id: Id, service_id: Id) -> Response[str]:
    scope = scope_of(project_id, "services.write")
    deploy_services.delete_service(scope, service_id, services=services(), hostings=compute_gateway())
    return no_content()


@router.post(f"{SERVICE}/stop", status_code=HTTPStatus.ACCEPTED)
def post_stop(project_id: Id, service_id: Id) -> ServiceView:
    service = run_services.stop_service(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return service_view(service)


@router.post(f"{SERVICE}/restart", status_code=HTTPStatus.ACCEPTED)
def post_restart(project_id: Id, service_id: Id) -> ServiceView:
    service = run_services.restart_service(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return service_view(service)


@router.post(f"{SERVICE}/wake", status_code=HTTPStatus.ACCEPTED)
def post_wake(project_id: Id, service_id: Id) -> ServiceView:
    service = run_services.start_waking(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        funds=funds(),
        events=event_publisher(),
        wake_orders=wake_orders(),
        now=utc_now,
    )
    return service_view(service)


@router.get(f"{SERVICE}/call-rights")
def get_call_rights(project_id: Id, service_id: Id) -> RightList:
    scope = scope_of(project_id, "services.read")
    return read_services.list_call_rights(scope, service_id, services=services(), rights=call_rights())


@router.post(f"{SERVICE}/call-rights", status_code=HTTPStatus.CREATED)
def post_call_right(project_id: Id, service_id: Id, request: RightRequest) -> RightView:
    return read_services.grant_call_right(
        scope_of(project_id, "services.write"),
        service_id,
        request.app_id,
        services=services(),
        rights=call_rights(),
        now=utc_now,
    )


@router.delete(f"{SERVICE}/call-rights/<app_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_call_right(project_id: Id, service_id: Id, app_id: Id) -> Response[str]:
    scope = scope_of(project_id, "services.write")
    read_services.revoke_call_right(scope, service_id, app_id, services=services(), rights=call_rights())
    return no_content()
