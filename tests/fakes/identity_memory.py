"""Identity in memory; tests/contract/identity holds it to the suite of the real adapters."""

import threading
from collections.abc import Sequence
from typing import Any

from openbml.core.scope import ProjectScope
from openbml.identity.accounts import Account, User, UserExistsError, UserKnownError, UserNotFoundError
from openbml.identity.applications import Application, StoredToken
from openbml.identity.projects import Grant, Project, ProjectNotFoundError
from openbml.identity.sessions import PasswordChallenge, SignInRefusedError, Tokens

Position = dict[str, Any] | None


def page_of(rows: Sequence[Any], limit: int, position: Position) -> tuple[Sequence[Any], Position]:
    start = int(position["start"]) if position else 0
    following = start + limit
    return rows[start:following], ({"start": following} if following < len(rows) else None)


class InMemoryAccountRepository:
    def __init__(self, projects: "InMemoryProjectRepository") -> None:
        self._projects = projects
        self._accounts: dict[int, Account] = {}
        self._users: dict[str, User] = {}
        self._lock = threading.Lock()

    def get(self, account_id: int) -> Account:
        if account_id not in self._accounts:
            raise UserNotFoundError(user_id=account_id)
        return self._accounts[account_id]

    def set_paid_billing(self, account_id: int, *, paid_billing: bool) -> Account:
        changed = self.get(account_id).model_copy(update={"paid_billing": paid_billing})
        self._accounts[account_id] = changed
        return changed

    def find_user(self, subject: str) -> User | None:
        return self._users.get(subject)

    def find_user_by_email(self, account_id: int, email: str) -> User | None:
        found = (u for u in self._users.values() if (u.account_id, u.email) == (account_id, email))
        return next(found, None)

    def list_users(
        self, account_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[User], Position]:
        users = sorted(
            (u for u in self._users.values() if u.account_id == account_id), key=lambda user: user.user_id
        )
        return page_of(users, limit, position)

    def add_account(self, account: Account, owner: User, first_project: Project) -> None:
        self.add_user(owner)
        self._accounts[account.account_id] = account
        self._projects.add(first_project)

    def add_user(self, user: User) -> None:
        with self._lock:
            if user.subject in self._users:
                raise UserKnownError
            self._users[user.subject] = user


class InMemoryProjectRepository:
    def __init__(self) -> None:
        self._projects: dict[ProjectScope, Project] = {}

    def find(self, scope: ProjectScope) -> Project | None:
        return self._projects.get(scope)

    def find_all(self, scopes: Sequence[ProjectScope]) -> Sequence[Project]:
        return [self._projects[scope] for scope in scopes if scope in self._projects]

    def list(
        self, account_id: int, region: str, *, limit: int, position: Position
    ) -> tuple[Sequence[Project], Position]:
        owned = [p for s, p in self._projects.items() if (s.account_id, s.region) == (account_id, region)]
        return page_of(sorted(owned, key=lambda project: project.project_id), limit, position)

    def add(self, project: Project) -> None:
        self._projects[project.scope] = project

    def change(self, scope: ProjectScope, *, name: str | None, description: str | None) -> Project:
        if scope not in self._projects:
            raise ProjectNotFoundError(project_id=scope.project_id)
        given = {"name": name, "description": description}
        changes = {field: value for field, value in given.items() if value is not None}
        self._projects[scope] = self._projects[scope].model_copy(update=changes)
        return self._projects[scope]


class InMemoryGrantRepository:
    def __init__(self) -> None:
        self._grants: dict[tuple[ProjectScope, int], Grant] = {}

    def find(self, scope: ProjectScope, user_id: int) -> Grant | None:
        return self._grants.get((scope, user_id))

    def add_role(self, scope: ProjectScope, *, user_id: int, email: str, role: str) -> Grant:
        known = self.find(scope, user_id)
        roles = (known.roles if known else frozenset()) | {role}
        grant = Grant(scope=scope, user_id=user_id, email=email, roles=roles)
        self._grants[scope, user_id] = grant
        return grant

    def remove(self, scope: ProjectScope, user_id: int) -> None:
        self._grants.pop((scope, user_id), None)

    def list_of_project(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[Grant], Position]:
        found = [grant for grant in self._grants.values() if grant.scope == scope]
        return page_of(sorted(found, key=lambda grant: grant.user_id), limit, position)

    def list_of_user(
        self, user_id: int, region: str, *, limit: int, position: Position
    ) -> tuple[Sequence[Grant], Position]:
        found = [g for g in self._grants.values() if g.user_id == user_id and g.scope.region == region]
        return page_of(sorted(found, key=lambda grant: grant.scope.project_id), limit, position)


class InMemoryApplicationRepository:
    def __init__(self) -> None:
        self._applications: dict[int, Application] = {}
        self.tokens: dict[str, StoredToken] = {}

    def add(self, application: Application) -> None:
        self._applications[application.app_id] = application

    def find(self, account_id: int, app_id: int) -> Application | None:
        found = self._applications.get(app_id)
        return found if found and found.account_id == account_id else None

    def find_by_key(self, api_key: str) -> Application | None:
        return next((a for a in self._applications.values() if a.api_key == api_key), None)

    def list(
        self, account_id: int, *, limit: int, position: Position
    ) -> tuple[Sequence[Application], Position]:
        owned = [a for a in self._applications.values() if a.account_id == account_id]
        return page_of(sorted(owned, key=lambda application: application.app_id), limit, position)

    def remove(self, application: Application) -> None:
        self._applications.pop(application.app_id, None)

    def add_token(self, token: StoredToken) -> None:
        self.tokens[token.digest] = token

    def find_token(self, digest: str) -> StoredToken | None:
        return self.tokens.get(digest)


class InMemoryUserPool:
    """Knows who was invited; nobody can sign in."""

    def __init__(self) -> None:
        self.invited: dict[str, int] = {}

    def sign_in(self, email: str, password: str) -> Tokens | PasswordChallenge:
        raise SignInRefusedError

    def set_password(self, email: str, new_password: str, session: str) -> Tokens:
        raise SignInRefusedError

    def refresh(self, refresh_token: str) -> Tokens:
        raise SignInRefusedError

    def invite(self, email: str, account_id: int) -> str:
        if self.invited.setdefault(email, account_id) != account_id:
            raise UserExistsError(email=email)
        return f"subject-of-{email}"
