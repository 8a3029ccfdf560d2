"""What the API shows of services (contracts, section 4)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from openbml.compute.failures import Failure
from openbml.core.clock import Clock
from openbml.core.pages import CursorCodec, Page
from openbml.core.scope import ProjectScope
from openbml.services.actions import Action
from openbml.services.deployments import ServiceState
from openbml.services.events import OnlineVersion
from openbml.services.policies import Limits, Recording, Traffic, WhileAsleep
from openbml.services.prices import price_per_hour
from openbml.services.repositories import LastCalls, ServiceRepository
from openbml.services.services import Service
from openbml.services.sleep_policies import PolicyState, Prewarm, SleepPolicy
from openbml_catalog.prediction_apis import PATH


class SleepPolicyView(BaseModel):
    """A policy and what the clock makes of it."""

    model_config = ConfigDict(frozen=True)

    state: PolicyState
    idle_minutes: int
    starts_at: datetime | None
    ends_at: datetime | None
    while_asleep: WhileAsleep
    prewarm: Sequence[Prewarm]

    @classmethod
    def of(cls, policy: SleepPolicy, at: datetime) -> "SleepPolicyView":
        return cls(
            state=policy.state(at),
            idle_minutes=policy.idle_minutes,
            starts_at=policy.starts_at,
            ends_at=policy.ends_at,
            while_asleep=policy.while_asleep,
            prewarm=policy.prewarm,
        )


class ServiceView(BaseModel):
    """Attributes:
    url: the full public address; no client builds it (spec 08 section 4.1).
    compute_units, instances: null in a service without machines.
    challenger: the second version of an A/B test.
    last_call_at: to within seconds; null for one that was never called.
    actions: what the state allows now.
    """

    model_config = ConfigDict(frozen=True)

    service_id: int
    name: str
    suffix: str
    url: str
    task_type: str
    model_id: int
    model_version: int
    variant: str
    image: str
    machine_type: str
    compute_units: int | None
    instances: int | None
    state: ServiceState
    failure: Failure | None
    challenger: OnlineVersion | None
    traffic: Traffic
    limits: Limits
    recording: Recording
    sleep_policy: SleepPolicyView | None
    price_per_hour: Decimal
    created_at: datetime
    running_since: datetime | None
    last_call_at: datetime | None
    actions: Sequence[Action]

    @classmethod
    def of(
        cls, service: Service, public_url: str, *, at: datetime, last_call_at: datetime | None = None
    ) -> "ServiceView":
        wanted, policy = service.main.wanted, service.sleep_policy
        return cls(
            service_id=service.service_id,
            name=service.name,
            suffix=service.suffix,
            url=f"{public_url}{PATH.format(segment=service.segment, suffix=service.suffix)}",
            task_type=service.task_type,
            model_id=service.model_id,
            model_version=wanted.model_version,
            variant=wanted.variant,
            image=wanted.image,
            machine_type=service.machine_type,
            compute_units=wanted.compute_units,
            instances=wanted.instances,
            state=service.state,
            failure=service.failure,
            challenger=OnlineVersion.beside(service),
            traffic=service.traffic,
            limits=service.limits,
            recording=service.recording,
            sleep_policy=SleepPolicyView.of(policy, at) if policy else None,
            price_per_hour=price_per_hour(service.machine_type, wanted),
            created_at=service.created_at,
            running_since=service.main.running_since,
            last_call_at=last_call_at,
            actions=service.actions,
        )


def view_service(service: Service, *, public_url: str, last_calls: LastCalls, now: Clock) -> ServiceView:
    called_at = last_calls.last(service.service_id)
    return ServiceView.of(service, public_url, at=now(), last_call_at=called_at)


def list_services(
    scope: ProjectScope,
    *,
    limit: int,
    cursor: str | None,
    public_url: str,
    services: ServiceRepository,
    last_calls: LastCalls,
    cursors: CursorCodec,
    now: Clock,
) -> Page[ServiceView]:
    purpose = f"services {scope.key}"
    items, following = services.page(scope, limit=limit, position=cursors.decode(cursor, purpose=purpose))
    called_at = last_calls.last_of([service.service_id for service in items])
    views = [
        ServiceView.of(row, public_url, at=now(), last_call_at=called_at.get(row.service_id)) for row in items
    ]
    return Page(items=views, next_cursor=cursors.encode(following, purpose=purpose))
