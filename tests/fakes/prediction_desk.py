"""The prediction API over fakes: one running service, applications as a test makes them."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

from openbml.core.ids import new_log_id
from openbml.core.public_calls import PublicCall
from openbml.identity.applications import Application
from openbml.services.calls.reports import CallReport
from openbml.services.policies import Limits
from openbml.services.prediction.answer_tickets import LateAnswers, TicketCounter
from openbml.services.prediction.answers import Answer, PredictionApi
from openbml.services.prediction.applications_identity import IdentityApplications
from openbml.services.prediction.callers import RememberedCallers, RememberedRights, RememberedRoutes
from openbml.services.prediction.last_calls import NotedCalls
from openbml.services.prediction.leases import LeasedTallies
from openbml.services.prediction.limits import CallLimits
from openbml.services.prediction.models import Models
from openbml.services.prediction.shadows import Shadows, answer_shadow
from openbml.services.prediction.sleeping import Sleepers
from openbml.services.prediction.tickets import TicketOrder
from openbml.services.routes import Route, Target
from tests.fakes.calls_memory import InMemoryExpiringObjects, InMemoryTallies, InMemoryTickets
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.identity_memory import InMemoryApplicationRepository
from tests.fakes.services_memory import (
    FakeInvoker,
    InMemoryCallRights,
    InMemoryLastCalls,
    InMemoryServiceRepository,
    InMemoryWakes,
    RecordedQueue,
)
from tests.fakes.services_samples import SCOPE, report, service

PATH = "/rpc/2.0/ai_custom_bml/v1/classification/digits-5"
MAIN = Target(deployment_id="5", revision=1, model_version=1)
CHALLENGER = Target(deployment_id="5b", revision=1, model_version=2)


class Reports:
    """Reports; `refusing` makes it fail like an unreachable queue."""

    def __init__(self) -> None:
        self.reports: list[CallReport] = []
        self.refusing = False

    def report(self, report: CallReport) -> None:
        if self.refusing:
            raise ConnectionError("the queue is unreachable")
        self.reports.append(report)


class Routes:
    """The services' routes, unless a test says what the route is; `reads` tells how often it was asked."""

    def __init__(self, services: InMemoryServiceRepository) -> None:
        self._services = services
        self.said: Route | None = None
        self.reads = 0

    def route(self, suffix: str) -> Route | None:
        self.reads += 1
        return self.said if self.said and self.said.suffix == suffix else self._services.route(suffix)


class PredictionDesk:
    """The API over fakes, with one running service and one application of its account."""

    def __init__(self, limits: Limits | None = None, *, cluster_qps: int = 0) -> None:
        self.now = Ticking(NOON + timedelta(hours=1))
        self.seconds = 0.0
        self.repository = InMemoryApplicationRepository()
        self.applications = IdentityApplications(self.repository, now=self.now)
        self.services = InMemoryServiceRepository()
        self.services.add(service(limits=limits or Limits()))
        self.services.save(
            self.services.get(SCOPE, 5).observed(report("in_service", NOON + timedelta(minutes=1), 1))
        )
        self.rights = InMemoryCallRights()
        self.tallies = InMemoryTallies()
        self.last_calls = InMemoryLastCalls()
        self.invoker = FakeInvoker()
        self.wakes = InMemoryWakes()
        self.objects = InMemoryExpiringObjects()
        self.tickets = InMemoryTickets()
        self.ticket_orders = RecordedQueue()
        self.shadow_orders = RecordedQueue()
        self.shadows_lost = 0
        self.routes = Routes(self.services)
        self.random = random.Random(7)
        self.slept: list[float] = []
        self.awakes_after: int | None = None
        self.on_sleep: Callable[[], None] = lambda: None
        self.reports = Reports()
        self._ids = count(1)
        remembered = RememberedRoutes(self.routes, lambda: self.seconds)
        self.models = Models(self.invoker, remembered)
        tallies = LeasedTallies(self.tallies, self.now)
        self.api = PredictionApi(
            callers=RememberedCallers(self.applications, lambda: self.seconds),
            routes=remembered,
            rights=RememberedRights(self.rights, lambda: self.seconds),
            limits=CallLimits(tallies, cluster_qps=cluster_qps, now=self.now),
            last_calls=NotedCalls(self.last_calls, lambda: self.seconds),
            models=self.models,
            sleepers=Sleepers(
                self.wakes, self.routes, sleep=self._sleep, draw=self.random.random, now=self.now
            ),
            ticket_counter=TicketCounter(self.tickets, self.objects, self.ticket_orders, self.now),
            tickets=self.tickets,
            objects=self.objects,
            shadows=Shadows(
                self.shadow_orders,
                self.objects,
                executor=ThreadPoolExecutor(1),
                new_log_id=new_log_id,
                now=self.now,
                lost=self._lose_shadow,
            ),
            draw=self.random.random,
            now=self.now,
            new_log_id=new_log_id,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now.pass_time(seconds=seconds)
        self.on_sleep()
        if self.awakes_after is not None and len(self.slept) >= self.awakes_after:
            self.says(sleeps=False, main=MAIN)

    def _lose_shadow(self) -> None:
        self.shadows_lost += 1

    def says(self, **changes: Any) -> None:
        """Have the route be as it is with these changes."""
        route = self.routes.said or self.services.route("digits-5")
        assert route is not None
        self.routes.said = route.model_copy(update=changes)

    def application(self, account_id: int = SCOPE.account_id) -> Application:
        number = next(self._ids)
        application = Application(
            app_id=number,
            account_id=account_id,
            name="app",
            api_key=f"key{number}",
            secret_key="secret",
            created_at=self.now(),
        )
        self.repository.add(application)
        return application

    def token(self, application: Application | None = None) -> str:
        owner = application or self.application()
        return self.applications.issue(owner.api_key, owner.secret_key).access_token

    def answer(self, token: str | None, **changes: Any) -> Answer:
        fields = {
            "method": "POST",
            "path": PATH,
            "token": token,
            "content_type": "application/json;charset=UTF-8",
            "body": b'{"image": "abc"}',
        }
        return self.api.answer(PublicCall.model_validate({**fields, **changes}))

    def call(self, token: str | None, **changes: Any) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.answer(token, **changes).body)
        assert 2**53 < document["log_id"] < 2**63
        return document

    def code(self, token: str | None, **changes: Any) -> int | None:
        return self.call(token, **changes).get("error_code")

    def answer_tickets(self) -> list[bool]:
        """Carry out the orders that are in the queue now, each once."""
        orders, self.ticket_orders.messages = self.ticket_orders.messages, []
        answers = LateAnswers(
            tickets=self.tickets,
            objects=self.objects,
            orders=self.ticket_orders,
            routes=RememberedRoutes(self.routes, lambda: self.seconds),
            wakes=self.wakes,
            models=self.models,
            reports=self.reports,
            draw=self.random.random,
            now=self.now,
        )
        return [answers.answer(TicketOrder.model_validate(order.model_dump())) for order in orders]

    def answer_shadows(self) -> list[bool]:
        return [
            answer_shadow(
                order,  # type: ignore[arg-type]
                models=self.models,
                objects=self.objects,
                reports=self.reports,
                now=self.now,
            )
            for order in self.shadow_orders.messages
        ]
