"""Users, projects, grants and the permission check, against the in-memory repositories."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from threading import Barrier

import pytest

from openbml.core.errors import InvalidRequestError, PermissionDeniedError
from openbml.core.scope import Principal
from openbml.identity.access import AccountPermissionDeniedError, Authorizer
from openbml.identity.accounts import Identity, OwnerOnlyError, User, UserExistsError, UserNotFoundError
from openbml.identity.membership import (
    OwnerHasAllError,
    create_project,
    grant_role,
    invite_user,
    list_projects,
    list_users,
    recognise_user,
    set_paid_billing,
)
from openbml.identity.projects import DEFAULT_PROJECT_NAME, Project, ProjectNotFoundError
from openbml_catalog.permissions import permissions, roles
from tests.fakes.identity_memory import (
    InMemoryAccountRepository,
    InMemoryGrantRepository,
    InMemoryProjectRepository,
    InMemoryUserPool,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGION = "eu-central-1"


class World:
    def __init__(self) -> None:
        self._ids = count(100)
        self.projects = InMemoryProjectRepository()
        self.accounts = InMemoryAccountRepository(self.projects)
        self.grants = InMemoryGrantRepository()
        self.pool = InMemoryUserPool()
        self.authorizer = Authorizer(projects=self.projects, grants=self.grants, region=REGION)

    def sign_in(self, email: str, account_id: int | None = None) -> User:
        identity = Identity(subject=f"subject-of-{email}", email=email, account_id=account_id)
        return recognise_user(
            identity, accounts=self.accounts, now=lambda: NOON, new_id=lambda: next(self._ids), region=REGION
        )

    def owner(self, email: str = "ada@example.com") -> Principal:
        return self.sign_in(email).principal

    def invite(self, owner: Principal, email: str) -> User:
        return invite_user(
            owner,
            email,
            user_pool=self.pool,
            accounts=self.accounts,
            now=lambda: NOON,
            new_id=lambda: next(self._ids),
            region=REGION,
        )

    def seen(self, principal: Principal) -> list[Project]:
        found, _ = list_projects(
            principal,
            projects=self.projects,
            grants=self.grants,
            region=REGION,
            limit=100,
            position=None,
        )
        return [project for project, _ in found]

    def grant(self, owner: Principal, project: Project, email: str, role: str) -> None:
        access = self.authorizer.require(owner, project.project_id, "members.manage")
        grant_role(access, email=email, role=role, accounts=self.accounts, grants=self.grants)


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_sign_in_makes_an_account_with_a_default_project(world: World) -> None:
    owner = world.owner()
    assert owner.is_owner
    assert [project.name for project in world.seen(owner)] == [DEFAULT_PROJECT_NAME]


def test_signing_in_again_is_the_same_user(world: World) -> None:
    assert world.owner() == world.owner()


def test_two_first_sign_ins_at_once_make_one_account(world: World) -> None:
    start = Barrier(8)

    def sign_in(_: int) -> User:
        start.wait()
        return world.sign_in("ada@example.com")

    with ThreadPoolExecutor(8) as pool:
        users = {user.user_id for user in pool.map(sign_in, range(8))}
    assert len(users) == 1
    assert len(world.seen(world.owner())) == 1


def test_a_sub_user_joins_its_owners_account_and_sees_nothing_without_a_grant(world: World) -> None:
    owner = world.owner()
    invited = world.invite(owner, "Bob@Example.com ")
    signed_in = world.sign_in("bob@example.com", account_id=owner.account_id)
    assert signed_in == invited
    assert not signed_in.is_owner
    assert world.seen(signed_in.principal) == []
    with pytest.raises(ProjectNotFoundError):
        world.authorizer.require(signed_in.principal, world.seen(owner)[0].project_id, "datasets.read")


def test_an_invitation_can_be_repeated_and_names_one_user(world: World) -> None:
    owner = world.owner()
    assert world.invite(owner, "bob@example.com") == world.invite(owner, "BOB@example.com")


def test_an_email_of_another_account_cannot_be_invited(world: World) -> None:
    world.invite(world.owner("ada@example.com"), "bob@example.com")
    with pytest.raises(UserExistsError):
        world.invite(world.owner("eve@example.com"), "bob@example.com")


def test_the_owner_of_another_account_gets_not_found_never_denied(world: World) -> None:
    project = world.seen(world.owner("ada@example.com"))[0]
    stranger = world.owner("eve@example.com")
    with pytest.raises(ProjectNotFoundError):
        world.authorizer.require(stranger, project.project_id, "datasets.read")
    assert project not in world.seen(stranger)


@pytest.mark.parametrize("permission", sorted(permissions()))
@pytest.mark.parametrize("role", [None, *sorted(roles())])
def test_the_permission_matrix(world: World, role: str | None, permission: str) -> None:
    owner = world.owner()
    project = world.seen(owner)[0]
    bob = world.invite(owner, "bob@example.com").principal
    assert permission in world.authorizer.require(owner, project.project_id, permission).permissions
    if role is None:
        with pytest.raises(ProjectNotFoundError):
            world.authorizer.require(bob, project.project_id, permission)
        return
    world.grant(owner, project, "bob@example.com", role)
    assert world.seen(bob) == [project]
    if permission in roles()[role]:
        assert world.authorizer.require(bob, project.project_id, permission).scope == project.scope
    else:
        with pytest.raises(PermissionDeniedError) as denied:
            world.authorizer.require(bob, project.project_id, permission)
        assert denied.value.details == {"permission": permission, "project_id": project.project_id}


def test_roles_add_up_and_end_when_they_are_removed(world: World) -> None:
    owner = world.owner()
    project = world.seen(owner)[0]
    bob = world.invite(owner, "bob@example.com").principal
    world.grant(owner, project, "bob@example.com", "annotator")
    world.grant(owner, project, "bob@example.com", "developer")
    world.authorizer.require(bob, project.project_id, "services.write")
    world.grants.remove(project.scope, bob.user_id)
    with pytest.raises(ProjectNotFoundError):
        world.authorizer.require(bob, project.project_id, "datasets.read")


def test_a_grant_in_one_project_opens_no_other(world: World) -> None:
    owner = world.owner()
    first = world.seen(owner)[0]
    second = create_project(
        owner,
        name="second",
        description="",
        projects=world.projects,
        now=lambda: NOON,
        new_id=lambda: 999,
        region=REGION,
    )
    bob = world.invite(owner, "bob@example.com").principal
    world.grant(owner, second, "bob@example.com", "project_administrator")
    assert world.seen(bob) == [second]
    assert world.authorizer.projects_with(bob, "usage.read") == [second.scope]
    assert world.authorizer.projects_with(owner, "usage.read") is None
    with pytest.raises(ProjectNotFoundError):
        world.authorizer.require(bob, first.project_id, "datasets.read")


def test_account_wide_calls_need_the_permission_somewhere(world: World) -> None:
    bob = world.invite(world.owner(), "bob@example.com").principal
    with pytest.raises(AccountPermissionDeniedError):
        world.authorizer.projects_with(bob, "applications.write")


def test_only_the_owner_changes_the_account(world: World) -> None:
    bob = world.invite(world.owner(), "bob@example.com").principal
    with pytest.raises(OwnerOnlyError):
        set_paid_billing(bob, paid_billing=True, accounts=world.accounts)
    with pytest.raises(OwnerOnlyError):
        list_users(bob, accounts=world.accounts, limit=10, position=None)
    with pytest.raises(OwnerOnlyError):
        world.invite(bob, "carl@example.com")


def test_a_grant_names_a_known_user_and_role(world: World) -> None:
    owner = world.owner()
    project = world.seen(owner)[0]
    with pytest.raises(UserNotFoundError):
        world.grant(owner, project, "nobody@example.com", "developer")
    world.invite(owner, "bob@example.com")
    with pytest.raises(InvalidRequestError):
        world.grant(owner, project, "bob@example.com", "emperor")
    with pytest.raises(OwnerHasAllError):
        world.grant(owner, project, "ada@example.com", "developer")


def test_a_permission_the_catalogue_does_not_list_is_a_mistake_in_the_code(world: World) -> None:
    owner = world.owner()
    with pytest.raises(ValueError, match=r"datasets\.reed"):
        world.authorizer.require(owner, world.seen(owner)[0].project_id, "datasets.reed")
