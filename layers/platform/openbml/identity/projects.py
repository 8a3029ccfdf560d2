"""Projects and the grants that let users of the account into them (spec 01 sections 4 and 10)."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

DEFAULT_PROJECT_NAME = "default"


class ProjectNotFoundError(OpenBMLError):
    """No such project, or none that the caller has a grant in; details: project_id."""


class Project(BaseModel):
    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    name: str
    description: str = ""
    created_at: AwareDatetime

    @property
    def project_id(self) -> int:
        return self.scope.project_id


class Grant(BaseModel):
    """The roles of one user in one project; several roles add up."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    user_id: int
    email: str
    roles: frozenset[str]


class ProjectAccess(BaseModel):
    """What the caller may do in the project."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    user_id: int
    permissions: frozenset[str]


class ProjectRepository(Protocol):
    """Port; tests/contract/identity holds what implementations owe."""

    def find(self, scope: ProjectScope) -> Project | None: ...

    def find_all(self, scopes: Sequence[ProjectScope]) -> Sequence[Project]:
        """Return those that exist, in the order asked for; at most 100 scopes."""

    def list(
        self, account_id: int, region: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Project], dict[str, Any] | None]: ...

    def add(self, project: Project) -> None: ...

    def change(self, scope: ProjectScope, *, name: str | None, description: str | None) -> Project:
        """Raises ProjectNotFoundError."""


class GrantRepository(Protocol):
    """Port; tests/contract/identity holds what implementations owe."""

    def find(self, scope: ProjectScope, user_id: int) -> Grant | None: ...

    def add_role(self, scope: ProjectScope, *, user_id: int, email: str, role: str) -> Grant:
        """Add one role to what the user has; a repeat changes nothing."""

    def remove(self, scope: ProjectScope, user_id: int) -> None:
        """Take all roles away; nothing happens when there are none."""

    def list_of_project(
        self, scope: ProjectScope, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Grant], dict[str, Any] | None]: ...

    def list_of_user(
        self, user_id: int, region: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Grant], dict[str, Any] | None]: ...
