"""Accounts and their users: the account owns projects and pays, a user signs in."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.core.scope import Principal
from openbml.identity.projects import Project


class UserNotFoundError(OpenBMLError):
    """No user of this account; details: email or user_id."""


class UserExistsError(OpenBMLError):
    """The e-mail already signs in to another account; details: email."""


class OwnerOnlyError(OpenBMLError):
    """Only the owner of the account may do this."""


class UserKnownError(OpenBMLError):
    """Another first sign-in of the same user was faster."""


class Account(BaseModel):
    """The master account of spec 01 section 3: owner of projects and funds."""

    model_config = ConfigDict(frozen=True)

    account_id: int
    owner_user_id: int
    paid_billing: bool = False
    created_at: AwareDatetime


class User(BaseModel):
    """A person or program that signs in; `subject` is the user pool's name for it."""

    model_config = ConfigDict(frozen=True)

    user_id: int
    account_id: int
    subject: str
    email: str
    is_owner: bool
    created_at: AwareDatetime

    @property
    def principal(self) -> Principal:
        return Principal(
            account_id=self.account_id, user_id=self.user_id, email=self.email, is_owner=self.is_owner
        )


class Identity(BaseModel):
    """What a verified id token says; `account_id` is set for sub-users, who were made by an owner."""

    model_config = ConfigDict(frozen=True)

    subject: str
    email: str
    account_id: int | None = None


class AccountRepository(Protocol):
    """Port; tests/contract/identity holds what implementations owe."""

    def get(self, account_id: int) -> Account: ...

    def set_paid_billing(self, account_id: int, *, paid_billing: bool) -> Account: ...

    def find_user(self, subject: str) -> User | None: ...

    def find_user_by_email(self, account_id: int, email: str) -> User | None: ...

    def list_users(
        self, account_id: int, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[User], dict[str, Any] | None]: ...

    def add_account(self, account: Account, owner: User, first_project: Project) -> None:
        """Store all three or nothing.

        Raises:
            UserKnownError: a user of this subject exists.
        """

    def add_user(self, user: User) -> None:
        """Store a user of an existing account.

        Raises:
            UserKnownError: a user of this subject exists.
        """


def normal_email(email: str) -> str:
    """Return the e-mail as it is compared: sign-in names do not tell upper from lower case."""
    return email.strip().casefold()
