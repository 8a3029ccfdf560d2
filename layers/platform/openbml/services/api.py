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
from openbml.services import deploy_services, read_services
from openbml.services.deploy_services import ChangeRequest, DeployRequest
from openbml.services.policies import Limits
from openbml.services.read_services import RightList, RightRequest, RightView, ServiceView
from openbml.services.services import Service
from openbml.services.wiring import call_rights, funds, orders, services, versions

router = Router()

_SERVICES = "/v1/services/projects/<project_id>/services"
_SERVICE = f"{_SERVICES}/<service_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]


def _scope(project_id: int, permission: str) -> ProjectScope:
    return authorizer().require(principal_of(router.current_event), project_id, permission).scope


def _view(service: Service) -> ServiceView:
    return ServiceView.of(service, public_url())


@router.get(_SERVICES)
def get_services(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[ServiceView]:
    return read_services.list_services(
        _scope(project_id, "services.read"),
        limit=limit,
        cursor=cursor,
        public_url=public_url(),
        services=services(),
        cursors=cursor_codec(),
    )


@router.post(_SERVICES, status_code=HTTPStatus.ACCEPTED)
def post_service(project_id: Id, request: DeployRequest) -> ServiceView:
    service = deploy_services.deploy_service(
        request,
        scope=_scope(project_id, "services.write"),
        services=services(),
        versions=versions(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        new_id=new_id,
        now=utc_now,
    )
    return _view(service)


@router.get(_SERVICE)
def get_service(project_id: Id, service_id: Id) -> ServiceView:
    return _view(services().get(_scope(project_id, "services.read"), service_id))


@router.patch(_SERVICE, status_code=HTTPStatus.ACCEPTED)
def patch_service(project_id: Id, service_id: Id, request: ChangeRequest) -> ServiceView:
    service = deploy_services.change_service(
        request,
        scope=_scope(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        versions=versions(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return _view(service)


@router.delete(_SERVICE, status_code=HTTPStatus.NO_CONTENT)
def delete_service(project_id: Id, service_id: Id) -> Response[str]:
    scope = _scope(project_id, "services.write")
    deploy_services.delete_service(scope, service_id, services=services(), hostings=compute_gateway())
    return no_content()


@router.post(f"{_SERVICE}/stop", status_code=HTTPStatus.ACCEPTED)
def post_stop(project_id: Id, service_id: Id) -> ServiceView:
    service = deploy_services.stop_service(
        _scope(project_id, "services.write"),
        service_id,
        services=services(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return _view(service)


@router.post(f"{_SERVICE}/restart", status_code=HTTPStatus.ACCEPTED)
def post_restart(project_id: Id, service_id: Id) -> ServiceView:
    service = deploy_services.restart_service(
        _scope(project_id, "services.write"),
        service_id,
        services=services(),
        funds=funds(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return _view(service)


@router.put(f"{_SERVICE}/limits")
def put_limits(project_id: Id, service_id: Id, limits: Limits) -> ServiceView:
    scope = _scope(project_id, "services.write")
    service = deploy_services.limit_calls(limits, scope=scope, service_id=service_id, services=services())
    return _view(service)


@router.get(f"{_SERVICE}/call-rights")
def get_call_rights(project_id: Id, service_id: Id) -> RightList:
    scope = _scope(project_id, "services.read")
    return read_services.list_call_rights(scope, service_id, services=services(), rights=call_rights())


@router.post(f"{_SERVICE}/call-rights", status_code=HTTPStatus.CREATED)
def post_call_right(project_id: Id, service_id: Id, request: RightRequest) -> RightView:
    return read_services.grant_call_right(
        _scope(project_id, "services.write"),
        service_id,
        request.app_id,
        services=services(),
        rights=call_rights(),
        now=utc_now,
    )


@router.delete(f"{_SERVICE}/call-rights/<app_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_call_right(project_id: Id, service_id: Id, app_id: Id) -> Response[str]:
    scope = _scope(project_id, "services.write")
    read_services.revoke_call_right(scope, service_id, app_id, services=services(), rights=call_rights())
    return no_content()
