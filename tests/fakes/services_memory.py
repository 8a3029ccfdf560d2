"""Fakes of the ports of services; repositories pass the contract suite of the real ones."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from openbml.compute.hostings import Hosting, HostingNotFoundError, HostingRequest, HostingState
from openbml.compute.invocations import InvocationReply
from openbml.core.scope import ProjectScope
from openbml.services.collaborators import ServableVersion
from openbml.services.deployments import ServiceState
from openbml.services.repositories import (
    CallRight,
    ModelDeployedError,
    Position,
    ServiceNameTakenError,
    SuffixTakenError,
)
from openbml.services.routes import Route
from openbml.services.services import Service, ServiceConflictError, ServiceNotFoundError
from openbml.services.wakes import WakeOrder
from openbml_catalog.machines import Module
from tests.fakes.compute_memory import Ticking


class InMemoryServiceRepository:
    def __init__(self) -> None:
        self._services: dict[int, Service] = {}
        self._lock = threading.Lock()
        self.lost_saves = 0

    def add(self, service: Service) -> None:
        with self._lock:
            for known in self._services.values():
                if known.suffix == service.suffix:
                    raise SuffixTakenError(suffix=service.suffix)
                if (known.scope, known.name) == (service.scope, service.name):
                    raise ServiceNameTakenError(name=service.name)
                if (known.scope, known.model_id) == (service.scope, service.model_id):
                    raise ModelDeployedError(model_id=known.model_id, service_id=known.service_id)
            self._services[service.service_id] = service

    def get(self, scope: ProjectScope, service_id: int) -> Service:
        service = self._services.get(service_id)
        if service is None or service.scope != scope:
            raise ServiceNotFoundError(service_id=service_id)
        return service

    def save(self, service: Service) -> None:
        with self._lock:
            known = self._services.get(service.service_id)
            if self.lost_saves or known is None or known.version != service.version - 1:
                self.lost_saves = max(0, self.lost_saves - 1)
                raise ServiceConflictError(service_id=service.service_id)
            self._services[service.service_id] = service

    def remove(self, service: Service) -> None:
        with self._lock:
            if self._services.get(service.service_id) != service:
                raise ServiceConflictError(service_id=service.service_id)
            del self._services[service.service_id]

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Service], Position]:
        mine = [row for row in self._services.values() if row.scope == scope]
        mine.sort(key=lambda row: -row.service_id)
        start = position["start"] if position else 0
        following = {"start": start + limit} if start + limit < len(mine) else None
        return mine[start : start + limit], following

    def changing(self) -> Sequence[tuple[ProjectScope, int]]:
        return [(row.scope, row.service_id) for row in self._services.values() if row.is_unsettled]

    def using_machines(self, account_id: int) -> Sequence[tuple[ProjectScope, int]]:
        return [
            (row.scope, row.service_id)
            for row in self._services.values()
            if row.scope.account_id == account_id and row.state.uses_machines
        ]

    def with_sleep_policy(self) -> Sequence[tuple[ProjectScope, int]]:
        return [
            (row.scope, row.service_id)
            for row in self._services.values()
            if row.sleep_policy and row.state in (ServiceState.RUNNING, ServiceState.SLEEPING)
        ]

    def service_of_model(self, scope: ProjectScope, model_id: int) -> int | None:
        found = (row for row in self._services.values() if (row.scope, row.model_id) == (scope, model_id))
        return next((row.service_id for row in found), None)

    def versions_in_use(self, scope: ProjectScope, model_id: int) -> set[int]:
        service_id = self.service_of_model(scope, model_id)
        return self._services[service_id].model_versions if service_id else set()

    def route(self, suffix: str) -> Route | None:
        found = (row for row in self._services.values() if row.suffix == suffix)
        return next((Route.of(row) for row in found), None)


class InMemoryCallRights:
    def __init__(self) -> None:
        self._rights: dict[tuple[int, int], CallRight] = {}

    def grant(self, right: CallRight) -> None:
        self._rights[right.service_id, right.app_id] = right

    def revoke(self, service_id: int, app_id: int) -> None:
        self._rights.pop((service_id, app_id), None)

    def has(self, service_id: int, app_id: int) -> bool:
        return (service_id, app_id) in self._rights

    def rights(self, service_id: int) -> Sequence[CallRight]:
        return [right for (owner, _), right in sorted(self._rights.items()) if owner == service_id]


class InMemoryLastCalls:
    """Times of the newest calls; those of the service `broken` cannot be read."""

    def __init__(self) -> None:
        self._times: dict[int, datetime] = {}
        self.broken: int | None = None

    def note(self, service_id: int, at: datetime) -> None:
        self._times[service_id] = max(at, self._times.get(service_id, at))

    def last(self, service_id: int) -> datetime | None:
        if service_id == self.broken:
            raise ConnectionError("the table is unreachable")
        return self._times.get(service_id)

    def last_of(self, service_ids: Sequence[int]) -> Mapping[int, datetime]:
        return {number: self._times[number] for number in service_ids if number in self._times}


class InMemoryWakes:
    """Wake-ups that were asked for; `refusing` makes it fail like an unreachable queue."""

    def __init__(self) -> None:
        self.orders: list[WakeOrder] = []
        self.refusing = False
        self._leases: dict[int, datetime] = {}
        self._lock = threading.Lock()

    def ask(self, scope: ProjectScope, service_id: int, at: datetime) -> bool:
        with self._lock:
            until = self._leases.get(service_id)
            if until is not None and at < until:
                return False
            if self.refusing:
                raise ConnectionError("the queue is unreachable")
            self._leases[service_id] = at + timedelta(seconds=30)
            self.orders.append(WakeOrder(scope=scope, service_id=service_id))
            return True


class RecordedQueue:
    """A queue that keeps its messages; `refusing` makes it fail like an unreachable one."""

    def __init__(self) -> None:
        self.messages: list[BaseModel] = []
        self.refusing = False

    def send(self, messages: Sequence[BaseModel]) -> None:
        if self.refusing:
            raise ConnectionError("the queue is unreachable")
        self.messages.extend(messages)


class FakeVersions:
    """Every version is ready, of the task and with the files that a test sets."""

    task_type = "image_classification"
    variants: tuple[str, ...] = ("fp32",)

    def get(self, scope: ProjectScope, model_id: int, version_number: int) -> ServableVersion:
        return ServableVersion(
            model_id=model_id,
            version_number=version_number,
            task_type=self.task_type,
            model_uri=f"s3://data/{scope.prefix}models/{model_id}/{version_number}/",
            variants=self.variants,
        )


class FakeFunds:
    def __init__(self) -> None:
        self.has = True

    def has_means(self, account_id: int, module: Module, machine: str) -> bool:
        return self.has


class FakeHostings:
    """Hostings as compute keeps them; a test says when they are in service, failed or gone."""

    def __init__(self, now: Ticking) -> None:
        self.hostings: dict[str, Hosting] = {}
        self._now = now

    def deploy(self, request: HostingRequest) -> Hosting:
        known = self.hostings.get(request.deployment_id)
        if known is None:
            hosting = Hosting(request=request, created_at=self._now(), changed_at=self._now())
        else:
            hosting = known.wanting(request, self._now())
        return self._keep(hosting)

    def undeploy(self, deployment_id: str) -> Hosting:
        if deployment_id not in self.hostings:
            raise HostingNotFoundError(deployment_id=deployment_id)
        return self._keep(self.hostings[deployment_id].unwanted(self._now()))

    def follow_hosting(self, deployment_id: str) -> Hosting:
        if deployment_id not in self.hostings:
            raise HostingNotFoundError(deployment_id=deployment_id)
        return self.hostings[deployment_id]

    def become(self, deployment_id: str, state: HostingState, **changes: object) -> Hosting:
        hosting = self.hostings[deployment_id]
        serving = hosting.request.revision if state is HostingState.IN_SERVICE else 0
        given = {"serving_revision": serving, "failure": None, **changes}
        return self._keep(hosting.changed(self._now(), state=state, **given))

    def _keep(self, hosting: Hosting) -> Hosting:
        self.hostings[hosting.deployment_id] = hosting
        return hosting


class FakeInvoker:
    """Models that answer as a test says, all or one by its deployment; an exception is raised instead."""

    def __init__(self, body: bytes = b'{"results": [{"name": "digit_3", "score": 0.9}]}') -> None:
        self.outcome: bytes | Exception = body
        self.outcomes: dict[str, bytes | Exception] = {}
        self.calls: list[tuple[str, bytes, str]] = []
        self.timeouts_s: list[float] = []
        self.revisions: list[int | None] = []

    def invoke(
        self,
        deployment_id: str,
        body: bytes,
        content_type: str,
        timeout_s: float,
        revision: int | None = None,
    ) -> InvocationReply:
        self.calls.append((deployment_id, body, content_type))
        self.revisions.append(revision)
        self.timeouts_s.append(timeout_s)
        outcome = self.outcomes.get(deployment_id, self.outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return InvocationReply(body=outcome, content_type="application/json")
