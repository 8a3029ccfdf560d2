"""All that deploying and tracking services takes, over fakes."""

from collections.abc import Callable
from itertools import count
from typing import Any

from openbml.compute.hostings import HostingState
from openbml.services import deploy_services, run_ab_tests, run_services, set_policies, sleep_services
from openbml.services.apply_deployments import apply_deployment, resume_services
from openbml.services.deploy_services import ChangeRequest, DeployRequest
from openbml.services.deployments import HostingReport, ServiceState
from openbml.services.events import UsageReported
from openbml.services.hosting_requests import report_of
from openbml.services.policies import Traffic
from openbml.services.routes import Route
from openbml.services.run_ab_tests import ChallengerChange, ChallengerRequest
from openbml.services.services import Service
from openbml.services.settle_services import ServiceOrder
from openbml.services.sleep_policies import SleepPolicyRequest
from openbml.services.track_services import track_service
from openbml.services.wakes import WakeOrder
from tests.fakes.compute_memory import RecordedEvents, Ticking
from tests.fakes.services_memory import (
    FakeFunds,
    FakeHostings,
    FakeVersions,
    InMemoryLastCalls,
    InMemoryServiceRepository,
    RecordedQueue,
)
from tests.fakes.services_samples import SCOPE


class ServicesDesk:
    """One project; compute says nothing until a test does."""

    def __init__(self) -> None:
        self.services = InMemoryServiceRepository()
        self.versions = FakeVersions()
        self.funds = FakeFunds()
        self.events = RecordedEvents()
        self.orders = RecordedQueue()
        self.wake_orders = RecordedQueue()
        self.last_calls = InMemoryLastCalls()
        self.now = Ticking()
        self.hostings = FakeHostings(self.now)
        self.new_id = count(5).__next__

    def request(self, **changes: Any) -> DeployRequest:
        fields = {"name": "digits", "suffix": "digits", "model_id": 3, "model_version": 1}
        return DeployRequest.model_validate({**fields, **changes})

    def deploy(self, **changes: Any) -> Service:
        return deploy_services.deploy_service(
            self.request(**changes),
            scope=SCOPE,
            services=self.services,
            versions=self.versions,
            funds=self.funds,
            events=self.events,
            orders=self.orders,
            new_id=self.new_id,
            now=self.now,
        )

    def change(self, service_id: int, **changes: Any) -> Service:
        return deploy_services.change_service(
            ChangeRequest.model_validate(changes),
            scope=SCOPE,
            service_id=service_id,
            services=self.services,
            versions=self.versions,
            funds=self.funds,
            events=self.events,
            orders=self.orders,
            now=self.now,
        )

    def stop(self, service_id: int) -> Service:
        return run_services.stop_service(
            SCOPE, service_id, services=self.services, events=self.events, orders=self.orders, now=self.now
        )

    def restart(self, service_id: int) -> Service:
        return run_services.restart_service(
            SCOPE,
            service_id,
            services=self.services,
            funds=self.funds,
            events=self.events,
            orders=self.orders,
            now=self.now,
        )

    def apply(self, service_id: int) -> Service | None:
        order = ServiceOrder(scope=SCOPE, service_id=service_id)
        return apply_deployment(
            order, services=self.services, hostings=self.hostings, events=self.events, now=self.now
        )

    def track(self, service_id: int, report: HostingReport) -> Service | None:
        return track_service(
            SCOPE,
            service_id,
            report,
            services=self.services,
            hostings=self.hostings,
            events=self.events,
            now=self.now,
        )

    def resume(self) -> int:
        return resume_services(
            services=self.services, hostings=self.hostings, events=self.events, now=self.now
        )

    def hosting_becomes(
        self, service_id: int, state: HostingState, *, deployment_id: str | None = None, **changes: object
    ) -> Service | None:
        self.now.pass_time(minutes=1)
        hosting = self.hostings.become(deployment_id or str(service_id), state, **changes)
        return self.track(service_id, report_of(hosting))

    def running(self, **changes: Any) -> int:
        service_id = self.deploy(**changes).service_id
        self.apply(service_id)
        self.hosting_becomes(service_id, HostingState.IN_SERVICE)
        return service_id

    def add_challenger(self, service_id: int, **fields: Any) -> Service:
        request = {"model_version": 2, "compute_units": 1, "instances": 2, "share": 20, **fields}
        return run_ab_tests.add_challenger(
            ChallengerRequest.model_validate(request),
            scope=SCOPE,
            service_id=service_id,
            services=self.services,
            versions=self.versions,
            funds=self.funds,
            events=self.events,
            orders=self.orders,
            now=self.now,
        )

    def change_challenger(self, service_id: int, **changes: Any) -> Service:
        return run_ab_tests.change_challenger(
            ChallengerChange.model_validate(changes),
            scope=SCOPE,
            service_id=service_id,
            services=self.services,
            versions=self.versions,
            funds=self.funds,
            events=self.events,
            orders=self.orders,
            now=self.now,
        )

    def remove_challenger(self, service_id: int) -> Service:
        return run_ab_tests.remove_challenger(
            SCOPE, service_id, services=self.services, events=self.events, orders=self.orders, now=self.now
        )

    def promote(self, service_id: int) -> Service:
        return run_ab_tests.promote_challenger(
            SCOPE, service_id, services=self.services, events=self.events, orders=self.orders, now=self.now
        )

    def split(self, service_id: int, **traffic: Any) -> Service:
        return run_ab_tests.split_traffic(
            Traffic.model_validate(traffic),
            scope=SCOPE,
            service_id=service_id,
            services=self.services,
            events=self.events,
        )

    def testing(self, share: int = 20) -> int:
        """Return a service with two versions online, V2 as `5b`."""
        service_id = self.running()
        self.add_challenger(service_id, share=share)
        self.apply(service_id)
        self.hosting_becomes(service_id, HostingState.IN_SERVICE, deployment_id=f"{service_id}b")
        return service_id

    def sleep_policy(self, service_id: int, **fields: Any) -> Service:
        return set_policies.set_sleep_policy(
            SleepPolicyRequest.model_validate({"idle_minutes": 10, **fields}),
            scope=SCOPE,
            service_id=service_id,
            services=self.services,
            events=self.events,
            now=self.now,
        )

    def put_to_sleep(self) -> int:
        return sleep_services.put_to_sleep(
            services=self.services,
            last_calls=self.last_calls,
            funds=self.funds,
            events=self.events,
            wake_orders=self.wake_orders,
            now=self.now,
        )

    def asleep(self, **policy: Any) -> int:
        service_id = self.running()
        self.sleep_policy(service_id, **policy)
        self.now.pass_time(minutes=10)
        assert self.put_to_sleep() == 1
        return service_id

    def start_waking(self, service_id: int) -> Service:
        return run_services.start_waking(
            SCOPE,
            service_id,
            services=self.services,
            funds=self.funds,
            events=self.events,
            wake_orders=self.wake_orders,
            now=self.now,
        )

    def wake(self, service_id: int, pause: Callable[[float], None] | None = None) -> Service | None:
        """Wake it as a call does; `pause` is what happens while it is followed, by default nothing."""
        return sleep_services.wake_service(
            WakeOrder(scope=SCOPE, service_id=service_id),
            services=self.services,
            hostings=self.hostings,
            funds=self.funds,
            events=self.events,
            now=self.now,
            clock=lambda: self.now().timestamp(),
            pause=pause or (lambda seconds: self.now.pass_time(seconds=seconds)),
        )

    def service(self, service_id: int) -> Service:
        return self.services.get(SCOPE, service_id)

    def route(self) -> Route:
        route = self.services.route("digits")
        assert route is not None
        return route

    def state(self, service_id: int) -> ServiceState:
        return self.services.get(SCOPE, service_id).state

    def usages(self) -> dict[str, bool]:
        """Return every usage told, by id, and whether it is closed."""
        told: dict[str, bool] = {}
        for event in self.events.of(UsageReported):
            assert isinstance(event, UsageReported)
            told[event.usage_id] = told.get(event.usage_id, False) or event.closed
        return told
