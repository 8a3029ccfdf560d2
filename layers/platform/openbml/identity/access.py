"""The permission check (spec 01 section 10): grants add up, an owner holds everything in the account."""

from collections.abc import Sequence
from typing import Any

from openbml.core.errors import OpenBMLError, PermissionDeniedError
from openbml.core.scope import Principal, ProjectScope
from openbml.identity.projects import (
    Grant,
    GrantRepository,
    ProjectAccess,
    ProjectNotFoundError,
    ProjectRepository,
)
from openbml_catalog.permissions import permissions, roles

_PAGE = 100


class AccountPermissionDeniedError(OpenBMLError):
    """The caller has the permission in no project; details: permission."""


class Authorizer:
    """Answers whether a caller may; asks the tables each time, so that a revoked grant acts at once."""

    def __init__(self, *, projects: ProjectRepository, grants: GrantRepository, region: str) -> None:
        self._projects = projects
        self._grants = grants
        self._region = region

    def require(self, principal: Principal, project_id: int, permission: str) -> ProjectAccess:
        """Return what the caller may do in the project, when that includes `permission`.

        Raises:
            ProjectNotFoundError: no such project in the caller's account and region, or the caller has no
                grant in it: existence is not told.
            PermissionDeniedError: the caller's roles do not hold the permission.
        """
        if permission not in permissions():
            raise ValueError(f"the catalogue has no permission {permission}")
        access = self.access(principal, project_id)
        if permission not in access.permissions:
            raise PermissionDeniedError(permission=permission, project_id=project_id)
        return access

    def access(self, principal: Principal, project_id: int) -> ProjectAccess:
        """Return what the caller may do in the project.

        Raises:
            ProjectNotFoundError: as in `require`.
        """
        scope = ProjectScope(account_id=principal.account_id, region=self._region, project_id=project_id)
        held = self._held(principal, scope)
        if not held or self._projects.find(scope) is None:
            raise ProjectNotFoundError(project_id=project_id)
        return ProjectAccess(scope=scope, user_id=principal.user_id, permissions=held)

    def projects_with(self, principal: Principal, permission: str) -> Sequence[ProjectScope] | None:
        """Return the projects in which the caller holds the permission; None stands for the whole account.

        Raises:
            AccountPermissionDeniedError: there is none.
        """
        if principal.is_owner:
            return None
        scopes = [grant.scope for grant in self._all_grants(principal) if permission in granted(grant)]
        if not scopes:
            raise AccountPermissionDeniedError(permission=permission)
        return scopes

    def first_project(self, principal: Principal, permission: str) -> int | None:
        """Return the oldest project of the region in which the caller holds the permission, if any."""
        scopes = self.projects_with(principal, permission)
        if scopes is not None:
            return min((scope.project_id for scope in scopes), default=None)
        found, _ = self._projects.list(principal.account_id, self._region, limit=1, position=None)
        return found[0].project_id if found else None

    def _held(self, principal: Principal, scope: ProjectScope) -> frozenset[str]:
        if principal.is_owner:
            return permissions()
        grant = self._grants.find(scope, principal.user_id)
        return granted(grant) if grant else frozenset()

    def _all_grants(self, principal: Principal) -> Sequence[Grant]:
        found: list[Grant] = []
        position: dict[str, Any] | None = None
        while True:
            grants, position = self._grants.list_of_user(
                principal.user_id, self._region, limit=_PAGE, position=position
            )
            found.extend(grants)
            if position is None:
                return found


def granted(grant: Grant) -> frozenset[str]:
    """Return the union of the permissions of the grant's roles."""
    known = roles()
    return frozenset().union(*(known.get(role, frozenset()) for role in grant.roles))
