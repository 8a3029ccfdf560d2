"""What identity's repositories owe; the fakes behind the unit tests pass the same suite."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from openbml.core.scope import ProjectScope
from openbml.identity.accounts import Account, AccountRepository, User, UserKnownError, UserNotFoundError
from openbml.identity.accounts_dynamodb import DynamoAccountRepository
from openbml.identity.applications import Application, ApplicationRepository, StoredToken
from openbml.identity.applications_dynamodb import DynamoApplicationRepository
from openbml.identity.projects import GrantRepository, Project, ProjectNotFoundError, ProjectRepository
from openbml.identity.projects_dynamodb import DynamoGrantRepository, DynamoProjectRepository
from tests.contract.emulator import make_table
from tests.fakes.identity_memory import (
    InMemoryAccountRepository,
    InMemoryApplicationRepository,
    InMemoryGrantRepository,
    InMemoryProjectRepository,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGION = "eu-central-1"
_IDS = count(1000)


@dataclass
class Repositories:
    accounts: AccountRepository
    projects: ProjectRepository
    grants: GrantRepository
    applications: ApplicationRepository


def new_account(subject: str = "") -> tuple[Account, User, Project]:
    account_id, user_id = next(_IDS), next(_IDS)
    user = User(
        user_id=user_id,
        account_id=account_id,
        subject=subject or f"subject-{user_id}",
        email=f"u{user_id}@example.com",
        is_owner=True,
        created_at=NOON,
    )
    account = Account(account_id=account_id, owner_user_id=user_id, created_at=NOON)
    return account, user, project_of(account_id)


def project_of(account_id: int, region: str = REGION) -> Project:
    scope = ProjectScope(account_id=account_id, region=region, project_id=next(_IDS))
    return Project(scope=scope, name="default", created_at=NOON)


def new_application(account_id: int) -> Application:
    app_id = next(_IDS)
    return Application(
        app_id=app_id,
        account_id=account_id,
        name="shop 商店",
        api_key=f"ak{app_id}",
        secret_key="s" * 32,
        created_at=NOON,
    )


class IdentityRepositoriesContract:
    def test_an_account_comes_with_its_owner_and_first_project(self, all_: Repositories) -> None:
        account, owner, project = new_account()
        all_.accounts.add_account(account, owner, project)
        assert all_.accounts.get(account.account_id) == account
        assert all_.accounts.find_user(owner.subject) == owner
        assert all_.accounts.find_user_by_email(account.account_id, owner.email) == owner
        assert all_.projects.find(project.scope) == project

    def test_of_many_first_sign_ins_at_once_one_is_stored(self, all_: Repositories) -> None:
        rivals = [new_account("the-same-subject") for _ in range(6)]

        def add(rival: tuple[Account, User, Project]) -> bool:
            try:
                all_.accounts.add_account(*rival)
            except UserKnownError:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            won = list(pool.map(add, rivals))
        assert won.count(True) == 1
        winner = rivals[won.index(True)]
        assert all_.accounts.find_user("the-same-subject") == winner[1]
        losers = [rival for rival in rivals if rival is not winner]
        assert all(all_.projects.find(project.scope) is None for _, _, project in losers)

    def test_unknown_accounts_and_users_are_told(self, all_: Repositories) -> None:
        with pytest.raises(UserNotFoundError):
            all_.accounts.get(next(_IDS))
        assert all_.accounts.find_user("nobody") is None
        assert all_.accounts.find_user_by_email(next(_IDS), "nobody@example.com") is None

    def test_paid_billing_is_kept(self, all_: Repositories) -> None:
        account, owner, project = new_account()
        all_.accounts.add_account(account, owner, project)
        assert all_.accounts.set_paid_billing(account.account_id, paid_billing=True).paid_billing
        assert all_.accounts.get(account.account_id).paid_billing

    def test_users_are_listed_by_page_and_account(self, all_: Repositories) -> None:
        account, owner, project = new_account()
        all_.accounts.add_account(account, owner, project)
        others = [owner.model_copy(update=_as_sub_user()) for _ in range(4)]
        for user in others:
            all_.accounts.add_user(user)
        first, position = all_.accounts.list_users(account.account_id, limit=3, position=None)
        second, end = all_.accounts.list_users(account.account_id, limit=3, position=position)
        assert [*first, *second] == [owner, *others]
        assert end is None

    def test_projects_are_listed_by_account_and_region(self, all_: Repositories) -> None:
        account_id = next(_IDS)
        owned = [project_of(account_id) for _ in range(3)]
        for project in [*owned, project_of(account_id, "us-east-1"), project_of(next(_IDS))]:
            all_.projects.add(project)
        found, _ = all_.projects.list(account_id, REGION, limit=10, position=None)
        assert list(found) == owned

    def test_found_projects_keep_the_order_and_leave_out_unknown_ones(self, all_: Repositories) -> None:
        first, second = project_of(next(_IDS)), project_of(next(_IDS))
        all_.projects.add(first)
        all_.projects.add(second)
        scopes = [second.scope, project_of(1).scope, first.scope]
        assert list(all_.projects.find_all(scopes)) == [second, first]
        assert list(all_.projects.find_all([])) == []

    def test_a_project_is_changed_in_what_is_given_only(self, all_: Repositories) -> None:
        project = project_of(next(_IDS))
        all_.projects.add(project)
        changed = all_.projects.change(project.scope, name="new", description=None)
        assert changed == project.model_copy(update={"name": "new"})
        assert all_.projects.change(project.scope, name=None, description=None) == changed
        with pytest.raises(ProjectNotFoundError):
            all_.projects.change(project_of(1).scope, name="new", description=None)

    def test_two_roles_granted_at_once_both_stay(self, all_: Repositories) -> None:
        scope, user_id = project_of(next(_IDS)).scope, next(_IDS)

        def grant(role: str) -> None:
            all_.grants.add_role(scope, user_id=user_id, email="b@example.com", role=role)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(grant, ["annotator", "developer"]))
        found = all_.grants.find(scope, user_id)
        assert found is not None
        assert found.roles == {"annotator", "developer"}

    def test_grants_are_listed_by_project_and_by_user(self, all_: Repositories) -> None:
        first, second = project_of(next(_IDS)).scope, project_of(next(_IDS)).scope
        ada, bob = next(_IDS), next(_IDS)
        for scope, user_id in ((first, ada), (first, bob), (second, ada)):
            all_.grants.add_role(scope, user_id=user_id, email="x@example.com", role="developer")
        of_project, _ = all_.grants.list_of_project(first, limit=10, position=None)
        assert [grant.user_id for grant in of_project] == [ada, bob]
        of_user, _ = all_.grants.list_of_user(ada, REGION, limit=10, position=None)
        assert [grant.scope for grant in of_user] == [first, second]
        assert all_.grants.list_of_user(ada, "us-east-1", limit=10, position=None) == ([], None)

    def test_a_removed_grant_is_gone_and_can_be_removed_again(self, all_: Repositories) -> None:
        scope, user_id = project_of(next(_IDS)).scope, next(_IDS)
        all_.grants.add_role(scope, user_id=user_id, email="x@example.com", role="developer")
        all_.grants.remove(scope, user_id)
        all_.grants.remove(scope, user_id)
        assert all_.grants.find(scope, user_id) is None

    def test_an_application_is_found_by_id_within_its_account_and_by_key(self, all_: Repositories) -> None:
        application = new_application(next(_IDS))
        all_.applications.add(application)
        assert all_.applications.find(application.account_id, application.app_id) == application
        assert all_.applications.find(next(_IDS), application.app_id) is None
        assert all_.applications.find_by_key(application.api_key) == application
        all_.applications.remove(application)
        all_.applications.remove(application)
        assert all_.applications.find_by_key(application.api_key) is None
        assert all_.applications.list(application.account_id, limit=5, position=None) == ([], None)

    def test_a_token_is_found_by_its_digest(self, all_: Repositories) -> None:
        token = StoredToken(
            digest=f"d{next(_IDS)}", app_id=1, account_id=2, valid_until=NOON + timedelta(days=30)
        )
        all_.applications.add_token(token)
        assert all_.applications.find_token(token.digest) == token
        assert all_.applications.find_token("unknown") is None


def _as_sub_user() -> dict[str, object]:
    user_id = next(_IDS)
    return {
        "user_id": user_id,
        "subject": f"subject-{user_id}",
        "email": f"u{user_id}@example.com",
        "is_owner": False,
    }


class TestInMemory(IdentityRepositoriesContract):
    @pytest.fixture
    def all_(self) -> Repositories:
        projects = InMemoryProjectRepository()
        return Repositories(
            accounts=InMemoryAccountRepository(projects),
            projects=projects,
            grants=InMemoryGrantRepository(),
            applications=InMemoryApplicationRepository(),
        )


@pytest.mark.contract
class TestDynamo(IdentityRepositoriesContract):
    @pytest.fixture
    def all_(self, emulator_url: str) -> Repositories:
        table = make_table(emulator_url, "identity")
        return Repositories(
            accounts=DynamoAccountRepository(table),
            projects=DynamoProjectRepository(table),
            grants=DynamoGrantRepository(table),
            applications=DynamoApplicationRepository(table),
        )
