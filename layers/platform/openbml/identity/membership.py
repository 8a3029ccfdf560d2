"""Users, projects and grants: use cases."""

from collections.abc import Sequence
from typing import Any

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.core.ids import IdFactory
from openbml.core.scope import Principal, ProjectScope
from openbml.identity.access import granted
from openbml.identity.accounts import (
    Account,
    AccountRepository,
    Identity,
    OwnerOnlyError,
    User,
    UserKnownError,
    UserNotFoundError,
    normal_email,
)
from openbml.identity.projects import (
    DEFAULT_PROJECT_NAME,
    Grant,
    GrantRepository,
    Project,
    ProjectAccess,
    ProjectNotFoundError,
    ProjectRepository,
)
from openbml.identity.sessions import UserPool
from openbml_catalog.permissions import permissions, roles

Position = dict[str, Any] | None


class OwnerHasAllError(OpenBMLError):
    """The owner of the account holds every permission and needs no grant; details: email."""


def recognise_user(
    identity: Identity, *, accounts: AccountRepository, now: Clock, new_id: IdFactory, region: str
) -> User:
    """Return who signed in; a new owner gets an account with a project, a sub-user joins its own.

    Two first calls at once make one user: the second finds what the first has stored.
    """
    known = accounts.find_user(identity.subject)
    if known:
        return known
    try:
        return _add_user(identity, accounts=accounts, now=now, new_id=new_id, region=region)
    except UserKnownError:
        known = accounts.find_user(identity.subject)
        if known is None:  # the other call's transaction was refused as well: the caller tries again
            raise
        return known


def _add_user(
    identity: Identity, *, accounts: AccountRepository, now: Clock, new_id: IdFactory, region: str
) -> User:
    user = User(
        user_id=new_id(),
        account_id=identity.account_id or new_id(),
        subject=identity.subject,
        email=normal_email(identity.email),
        is_owner=identity.account_id is None,
        created_at=now(),
    )
    if not user.is_owner:
        accounts.add_user(user)
        return user
    scope = ProjectScope(account_id=user.account_id, region=region, project_id=new_id())
    account = Account(account_id=user.account_id, owner_user_id=user.user_id, created_at=now())
    project = Project(scope=scope, name=DEFAULT_PROJECT_NAME, created_at=now())
    accounts.add_account(account, user, project)
    return user


def invite_user(
    principal: Principal,
    email: str,
    *,
    user_pool: UserPool,
    accounts: AccountRepository,
    now: Clock,
    new_id: IdFactory,
    region: str,
) -> User:
    """Make a sub-user of the caller's account; a repeat returns the same user."""
    _require_owner(principal)
    email = normal_email(email)
    subject = user_pool.invite(email, principal.account_id)
    identity = Identity(subject=subject, email=email, account_id=principal.account_id)
    return recognise_user(identity, accounts=accounts, now=now, new_id=new_id, region=region)


def list_users(
    principal: Principal, *, accounts: AccountRepository, limit: int, position: Position
) -> tuple[Sequence[User], Position]:
    _require_owner(principal)
    return accounts.list_users(principal.account_id, limit=limit, position=position)


def set_paid_billing(principal: Principal, *, paid_billing: bool, accounts: AccountRepository) -> Account:
    _require_owner(principal)
    return accounts.set_paid_billing(principal.account_id, paid_billing=paid_billing)


def create_project(
    principal: Principal,
    *,
    name: str,
    description: str,
    projects: ProjectRepository,
    now: Clock,
    new_id: IdFactory,
    region: str,
) -> Project:
    _require_owner(principal)
    scope = ProjectScope(account_id=principal.account_id, region=region, project_id=new_id())
    project = Project(scope=scope, name=name, description=description, created_at=now())
    projects.add(project)
    return project


def get_project(access: ProjectAccess, *, projects: ProjectRepository) -> Project:
    project = projects.find(access.scope)
    if project is None:
        raise ProjectNotFoundError(project_id=access.scope.project_id)
    return project


def list_projects(
    principal: Principal,
    *,
    projects: ProjectRepository,
    grants: GrantRepository,
    region: str,
    limit: int,
    position: Position,
) -> tuple[Sequence[tuple[Project, frozenset[str]]], Position]:
    """Return the projects the caller may see with what it may do there: an owner all, others the granted."""
    if principal.is_owner:
        owned, following = projects.list(principal.account_id, region, limit=limit, position=position)
        return [(project, permissions()) for project in owned], following
    held, following = grants.list_of_user(principal.user_id, region, limit=limit, position=position)
    by_scope = {grant.scope: granted(grant) for grant in held}
    found = projects.find_all(list(by_scope))
    return [(project, by_scope[project.scope]) for project in found], following


def grant_role(
    access: ProjectAccess, *, email: str, role: str, accounts: AccountRepository, grants: GrantRepository
) -> Grant:
    if role not in roles():
        raise InvalidRequestError(field="role", reason=f"one of {', '.join(sorted(roles()))}")
    email = normal_email(email)
    user = accounts.find_user_by_email(access.scope.account_id, email)
    if user is None:
        raise UserNotFoundError(email=email)
    if user.is_owner:
        raise OwnerHasAllError(email=email)
    return grants.add_role(access.scope, user_id=user.user_id, email=user.email, role=role)


def _require_owner(principal: Principal) -> None:
    if not principal.is_owner:
        raise OwnerOnlyError
