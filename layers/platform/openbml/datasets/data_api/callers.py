"""Who calls the data API: an application, in the name of who made it, in one project."""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.datasets.data_api.errors import DataChangeDeniedError


class Caller(BaseModel):
    """The application of a valid access token, and what it may do at this moment."""

    model_config = ConfigDict(frozen=True)

    app_id: int
    scope: ProjectScope
    user_id: int
    permissions: frozenset[str]

    def require(self, permission: str) -> None:
        """Raises DataChangeDeniedError."""
        if permission not in self.permissions:
            raise DataChangeDeniedError(permission=permission)


class Callers(Protocol):
    """Port to the applications of identity."""

    def of_token(self, token: str | None) -> Caller:
        """Return whose token it is; the caller may at least read.

        Raises:
            TokenMissingError, TokenUnknownError, TokenExpiredError, ApplicationGoneError (identity)
            DataAccessDeniedError: the application may see no project's datasets.
        """
