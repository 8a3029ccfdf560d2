"""Signing in: the port to the user pool, and why it refuses."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError


class SignInRefusedError(OpenBMLError):
    """E-mail and password do not belong together; never says which one is wrong."""


class SessionExpiredError(OpenBMLError):
    """A refresh token or a challenge's session is used up or too old."""


class PasswordTooWeakError(OpenBMLError):
    """The new password does not meet the policy; details: reason."""


class PasswordResetNeededError(OpenBMLError):
    """An administrator has reset the password."""


class TooManyAttemptsError(OpenBMLError):
    """The user pool slows sign-in down."""


class Tokens(BaseModel):
    """A session: the id token goes into `Authorization: Bearer`."""

    model_config = ConfigDict(frozen=True)

    access_token: str = Field(repr=False)
    id_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    expires_in: int


class PasswordChallenge(BaseModel):
    """The first sign-in with a temporary password: a new one must be set with this session."""

    model_config = ConfigDict(frozen=True)

    challenge: Literal["NEW_PASSWORD_REQUIRED"] = "NEW_PASSWORD_REQUIRED"
    session: str = Field(repr=False)


class UserPool(Protocol):
    """Port; the Cognito adapter is `sessions_cognito.py`."""

    def sign_in(self, email: str, password: str) -> Tokens | PasswordChallenge: ...

    def set_password(self, email: str, new_password: str, session: str) -> Tokens: ...

    def refresh(self, refresh_token: str) -> Tokens: ...

    def invite(self, email: str, account_id: int) -> str:
        """Make a sub-user of the account, who gets a first password by mail; return its subject.

        A repeat for the same account returns the same subject.

        Raises:
            UserExistsError: the e-mail signs in already, to another account.
        """
