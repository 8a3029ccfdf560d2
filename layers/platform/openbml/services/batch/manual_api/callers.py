"""Who calls: an application, in the name of who made it, in its one project."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.clock import Clock
from openbml.core.scope import ProjectScope
from openbml.identity.access import Authorizer
from openbml.identity.applications import ApplicationRepository
from openbml.identity.credentials import validate_token
from openbml.identity.projects import ProjectNotFoundError
from openbml.services.batch.manual_api.refusals import Refusal


class BatchCaller(BaseModel):
    """The application of a valid access token, and what its maker may do at this moment."""

    model_config = ConfigDict(frozen=True)

    app_id: int
    scope: ProjectScope
    user_id: int
    permissions: frozenset[str]

    def require(self, permission: str) -> None:
        """Raises Refusal."""
        if permission not in self.permissions:
            raise Refusal("no_permission")


class BatchCallers(Protocol):
    """Port to the applications of identity."""

    def of_token(self, token: str | None) -> BatchCaller:
        """Return whose token it is.

        Raises:
            TokenMissingError, TokenUnknownError, TokenExpiredError, ApplicationGoneError (identity)
            Refusal: the application is of no project, or its maker sees it no more.
        """


class IdentityBatchCallers:
    """Asks the applications and grants of identity each time, so that a revoked grant acts at once."""

    def __init__(self, applications: ApplicationRepository, authorizer: Authorizer, *, now: Clock) -> None:
        self._applications = applications
        self._authorizer = authorizer
        self._now = now

    def of_token(self, token: str | None) -> BatchCaller:
        application = validate_token(token, applications=self._applications, now=self._now)
        if application.project_id is None or application.made_by is None:
            raise Refusal("no_data_permission", detail="the application belongs to no project")
        try:
            access = self._authorizer.access(application.made_by, application.project_id)
        except ProjectNotFoundError as error:
            raise Refusal("no_data_permission") from error
        return BatchCaller(
            app_id=application.app_id,
            scope=access.scope,
            user_id=access.user_id,
            permissions=access.permissions,
        )
