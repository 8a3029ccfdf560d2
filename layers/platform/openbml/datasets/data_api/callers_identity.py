"""Adapter of `Callers`: the applications and grants of identity, asked each time."""

from openbml.core.clock import Clock
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.errors import DataAccessDeniedError
from openbml.identity.access import Authorizer
from openbml.identity.applications import ApplicationRepository
from openbml.identity.credentials import validate_token
from openbml.identity.projects import ProjectNotFoundError


class IdentityCallers:
    def __init__(self, applications: ApplicationRepository, authorizer: Authorizer, *, now: Clock) -> None:
        self._applications = applications
        self._authorizer = authorizer
        self._now = now

    def of_token(self, token: str | None) -> Caller:
        application = validate_token(token, applications=self._applications, now=self._now)
        if application.project_id is None or application.made_by is None:
            raise DataAccessDeniedError(app_id=application.app_id)
        try:
            access = self._authorizer.access(application.made_by, application.project_id)
        except ProjectNotFoundError as error:
            raise DataAccessDeniedError(app_id=application.app_id) from error
        held = access.permissions & application.data_access.permissions
        if "datasets.read" not in held:
            raise DataAccessDeniedError(app_id=application.app_id)
        return Caller(app_id=application.app_id, scope=access.scope, user_id=access.user_id, permissions=held)
