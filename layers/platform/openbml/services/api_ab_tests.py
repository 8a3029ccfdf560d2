"""Routes of `/v1/services`: a second version online (contracts, section 4)."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router

from openbml.core.clock import utc_now
from openbml.core.wiring import event_publisher
from openbml.services import run_ab_tests
from openbml.services.api import SERVICE, Id, scope_of, service_view
from openbml.services.policies import Traffic
from openbml.services.run_ab_tests import ChallengerChange, ChallengerRequest
from openbml.services.service_views import ServiceView
from openbml.services.wiring import funds, orders, services, versions

router = Router()

_CHALLENGER = f"{SERVICE}/challenger"


@router.post(_CHALLENGER, status_code=HTTPStatus.ACCEPTED)
def post_challenger(project_id: Id, service_id: Id, request: ChallengerRequest) -> ServiceView:
    service = run_ab_tests.add_challenger(
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


@router.patch(_CHALLENGER, status_code=HTTPStatus.ACCEPTED)
def patch_challenger(project_id: Id, service_id: Id, request: ChallengerChange) -> ServiceView:
    service = run_ab_tests.change_challenger(
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


@router.delete(_CHALLENGER)
def delete_challenger(project_id: Id, service_id: Id) -> ServiceView:
    service = run_ab_tests.remove_challenger(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return service_view(service)


@router.post(f"{_CHALLENGER}/promote")
def post_promotion(project_id: Id, service_id: Id) -> ServiceView:
    service = run_ab_tests.promote_challenger(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        events=event_publisher(),
        orders=orders(),
        now=utc_now,
    )
    return service_view(service)


@router.put(f"{SERVICE}/traffic")
def put_traffic(project_id: Id, service_id: Id, traffic: Traffic) -> ServiceView:
    service = run_ab_tests.split_traffic(
        traffic,
        scope=scope_of(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        events=event_publisher(),
    )
    return service_view(service)
