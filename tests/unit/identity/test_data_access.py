"""Where applications act in the data API, and who sees the keys that open it."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from openbml.core.errors import PermissionDeniedError
from openbml.core.scope import Principal, ProjectScope
from openbml.identity.access import Authorizer
from openbml.identity.applications import Application, DataAccess
from openbml.identity.credentials import create_application, get_application, list_applications
from openbml.identity.projects import Project, ProjectNotFoundError
from tests.fakes.identity_memory import (
    InMemoryApplicationRepository,
    InMemoryGrantRepository,
    InMemoryProjectRepository,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = Principal(account_id=1, user_id=2, email="ada@example.com", is_owner=True)
USER = Principal(account_id=1, user_id=3, email="bob@example.com")


class World:
    def __init__(self) -> None:
        self.projects = InMemoryProjectRepository()
        self.grants = InMemoryGrantRepository()
        self.applications = InMemoryApplicationRepository()
        self.authorizer = Authorizer(projects=self.projects, grants=self.grants, region="eu-central-1")
        self._ids = count(100)

    def project(self, project_id: int, role: str | None = None) -> int:
        scope = ProjectScope(account_id=1, region="eu-central-1", project_id=project_id)
        self.projects.add(Project(scope=scope, name=f"p{project_id}", created_at=NOON))
        if role:
            self.grants.add_role(scope, user_id=USER.user_id, email=USER.email, role=role)
        return project_id

    def made(self, principal: Principal, **options: Any) -> Application:
        return create_application(
            principal,
            name="client",
            description="",
            authorizer=self.authorizer,
            applications=self.applications,
            now=lambda: NOON,
            new_id=lambda: next(self._ids),
            **options,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_an_owners_application_acts_in_the_oldest_project(world: World) -> None:
    world.project(11)
    world.project(5)
    assert world.made(OWNER).project_id == 5
    assert world.made(OWNER, project_id=11).project_id == 11


def test_without_a_project_there_is_none_to_act_in(world: World) -> None:
    assert world.made(OWNER).project_id is None


def test_a_users_application_acts_where_the_user_may_make_one(world: World) -> None:
    world.project(5, "annotator")
    world.project(8, "developer")
    assert world.made(USER).project_id == 8
    with pytest.raises(PermissionDeniedError):
        world.made(USER, project_id=5)
    with pytest.raises(ProjectNotFoundError):
        world.made(USER, project_id=99)


def test_a_secret_is_shown_to_those_of_the_applications_project_only(world: World) -> None:
    world.project(5)
    world.project(8, "developer")
    foreign, own = world.made(OWNER, project_id=5), world.made(USER)

    def shown(principal: Principal, application: Application) -> str:
        parts: dict[str, Any] = {"authorizer": world.authorizer, "applications": world.applications}
        return get_application(principal, application.app_id, **parts).secret_key

    assert shown(USER, own) == own.secret_key
    assert shown(USER, foreign) == ""
    assert shown(OWNER, own) == own.secret_key
    listed, _ = list_applications(
        USER, authorizer=world.authorizer, applications=world.applications, limit=9, position=None
    )
    assert {row.app_id: bool(row.secret_key) for row in listed} == {
        foreign.app_id: False,
        own.app_id: True,
    }


@pytest.mark.parametrize(
    ("access", "permissions"),
    [
        (DataAccess.NONE, set()),
        (DataAccess.READ, {"datasets.read"}),
        (DataAccess.WRITE, {"datasets.read", "datasets.write"}),
        (DataAccess.MANAGE, {"datasets.read", "datasets.write", "datasets.manage"}),
    ],
)
def test_each_level_of_access_holds_those_before_it(access: DataAccess, permissions: set[str]) -> None:
    assert access.permissions == permissions
