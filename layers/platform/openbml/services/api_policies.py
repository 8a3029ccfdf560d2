"""Routes of `/v1/services`: what an owner decides about calls (contracts, section 4)."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from openbml.core.clock import utc_now
from openbml.core.wiring import event_publisher
from openbml.services import set_policies
from openbml.services.api import SERVICE, Id, scope_of, service_view
from openbml.services.policies import Limits, Recording
from openbml.services.service_views import ServiceView
from openbml.services.sleep_policies import SleepPolicyRequest
from openbml.services.wiring import services

router = Router()


@router.put(f"{SERVICE}/limits")
def put_limits(project_id: Id, service_id: Id, limits: Limits) -> ServiceView:
    service = set_policies.limit_calls(
        limits,
        scope=scope_of(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        events=event_publisher(),
    )
    return service_view(service)


@router.put(f"{SERVICE}/recording")
def put_recording(project_id: Id, service_id: Id, recording: Recording) -> ServiceView:
    service = set_policies.record_calls(
        recording,
        scope=scope_of(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        events=event_publisher(),
    )
    return service_view(service)


@router.put(f"{SERVICE}/sleep-policy")
def put_sleep_policy(project_id: Id, service_id: Id, request: SleepPolicyRequest) -> ServiceView:
    service = set_policies.set_sleep_policy(
        request,
        scope=scope_of(project_id, "services.write"),
        service_id=service_id,
        services=services(),
        events=event_publisher(),
        now=utc_now,
    )
    return service_view(service)


@router.delete(f"{SERVICE}/sleep-policy")
def delete_sleep_policy(project_id: Id, service_id: Id) -> ServiceView:
    service = set_policies.remove_sleep_policy(
        scope_of(project_id, "services.write"),
        service_id,
        services=services(),
        events=event_publisher(),
    )
    return service_view(service)
