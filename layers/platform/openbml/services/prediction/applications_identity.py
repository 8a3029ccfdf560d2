"""Adapter of `Callers` and `TokenIssuer`: the applications of identity."""

from openbml.core.clock import Clock
from openbml.identity.applications import AccessToken, ApplicationRepository
from openbml.identity.credentials import issue_token, validate_token
from openbml.services.prediction.callers import Caller


class IdentityApplications:
    def __init__(self, applications: ApplicationRepository, *, now: Clock) -> None:
        self._applications = applications
        self._now = now

    def of_token(self, token: str | None) -> Caller:
        application = validate_token(token, applications=self._applications, now=self._now)
        return Caller(app_id=application.app_id, account_id=application.account_id)

    def issue(self, api_key: str, secret_key: str) -> AccessToken:
        return issue_token(api_key, secret_key, applications=self._applications, now=self._now)
