"""All that deploying and tracking services takes, over fakes."""

from itertools import count
from typing import Any

from openbml.compute.hostings import HostingState
from openbml.services import deploy_services as use
from openbml.services.deploy_services import (
    ChangeRequest,
    DeployRequest,
    ServiceOrder,
)
from openbml.services.events import UsageReported
from openbml.services.services import (
    HostingReport,
    Service,
    ServiceState,
)
from openbml.services.track_services import (
    apply_deployment,
    report_of,
    track_service,
)
from tests.fakes.compute_memory import RecordedEvents, Ticking
from tests.fakes.services_memory import (
    FakeFunds,
    FakeHostings,
    FakeVersions,
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
        self.now = Ticking()
        self.hostings = FakeHostings(self.now)
        self.new_id = count(5).__next__

    def request(self, **changes: Any) -> DeployRequest:
        fields = {"name": "digits", "suffix": "digits", "model_id": 3, "model_version": 1}
        return DeployRequest.model_validate({**fields, **changes})

    def deploy(self, **changes: Any) -> Service:
        return use.deploy_service(
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
        return use.change_service(
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
        return use.stop_service(
            SCOPE, service_id, services=self.services, events=self.events, orders=self.orders, now=self.now
        )

    def restart(self, service_id: int) -> Service:
        return use.restart_service(
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
            SCOPE, service_id, report, services=self.services, hostings=self.hostings, events=self.events
        )

    def hosting_becomes(self, service_id: int, state: HostingState, **changes: object) -> Service | None:
        self.now.pass_time(minutes=1)
        hosting = self.hostings.become(str(service_id), state, **changes)
        return self.track(service_id, report_of(hosting))

    def running(self, **changes: Any) -> int:
        service_id = self.deploy(**changes).service_id
        self.apply(service_id)
        self.hosting_becomes(service_id, HostingState.IN_SERVICE)
        return service_id

    def state(self, service_id: int) -> ServiceState:
        return self.services.get(SCOPE, service_id).state

    def usages(self) -> dict[str, bool]:
        """Return every usage told, by id, and whether it is closed."""
        told: dict[str, bool] = {}
        for event in self.events.of(UsageReported):
            assert isinstance(event, UsageReported)
            told[event.usage_id] = told.get(event.usage_id, False) or event.closed
        return told
