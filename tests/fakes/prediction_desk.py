"""The prediction API over fakes: one running service, applications as a test makes them."""

import json
from datetime import timedelta
from itertools import count
from typing import Any

from openbml.core.ids import new_log_id
from openbml.core.public_calls import PublicCall
from openbml.identity.applications import Application
from openbml.services.policies import Limits
from openbml.services.prediction.answers import PredictionApi
from openbml.services.prediction.applications_identity import IdentityApplications
from openbml.services.prediction.callers import RememberedCallers, RememberedRights, RememberedRoutes
from tests.fakes.compute_memory import NOON, Ticking
from tests.fakes.identity_memory import InMemoryApplicationRepository
from tests.fakes.services_memory import (
    FakeInvoker,
    InMemoryCallCounters,
    InMemoryCallRights,
    InMemoryServiceRepository,
)
from tests.fakes.services_samples import SCOPE, report, service

PATH = "/rpc/2.0/ai_custom_bml/v1/classification/digits-5"


class PredictionDesk:
    """The API over fakes, with one running service and one application of its account."""

    def __init__(self, limits: Limits | None = None) -> None:
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
        self.counters = InMemoryCallCounters()
        self.invoker = FakeInvoker()
        self._ids = count(1)
        self.api = PredictionApi(
            callers=RememberedCallers(self.applications, lambda: self.seconds),
            routes=RememberedRoutes(self.services, lambda: self.seconds),
            rights=RememberedRights(self.rights, lambda: self.seconds),
            counters=self.counters,
            invoker=self.invoker,
            now=self.now,
            new_log_id=new_log_id,
        )

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

    def call(self, token: str | None, **changes: Any) -> dict[str, Any]:
        fields = {
            "method": "POST",
            "path": PATH,
            "token": token,
            "content_type": "application/json;charset=UTF-8",
            "body": b'{"image": "abc"}',
        }
        body = self.api.answer(PublicCall.model_validate({**fields, **changes})).body
        document: dict[str, Any] = json.loads(body)
        assert 2**53 < document["log_id"] < 2**63
        return document

    def code(self, token: str | None, **changes: Any) -> int | None:
        return self.call(token, **changes).get("error_code")
