"""Applications (AK/SK) and the access tokens of the prediction API (spec 08 section 3)."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml.core.scope import Principal

TOKEN_LIFETIME = timedelta(days=30)
TOKEN_MEMORY = timedelta(days=30)  # how long an expired token is told from an unknown one (111 against 110)
_TOKEN_FORM = re.compile(r"[A-Za-z0-9._~-]{1,256}\Z")


class ApplicationNotFoundError(OpenBMLError):
    """No such application in this account; details: app_id."""


class UnknownClientError(OpenBMLError):
    """The API key belongs to no application."""


class WrongSecretError(OpenBMLError):
    """The secret key does not belong to the API key."""


class TokenMissingError(OpenBMLError):
    """The call carries no access token, or none that could ever have been issued."""


class TokenUnknownError(OpenBMLError):
    """The access token was never issued, or so long ago that it is forgotten."""


class TokenExpiredError(OpenBMLError):
    """The access token was issued and has expired."""


class ApplicationGoneError(OpenBMLError):
    """The access token's application has been deleted."""


class DataAccess(StrEnum):
    """How far an application may go with the datasets of its project; each level holds those before it."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    MANAGE = "manage"

    @property
    def permissions(self) -> frozenset[str]:
        levels = list(DataAccess)[1 : list(DataAccess).index(self) + 1]
        return frozenset(f"datasets.{level.value}" for level in levels)


class Application(BaseModel):
    """Calls the public APIs with its access tokens.

    Attributes:
        project_id: whose datasets the data API works on (spec 02 section 8); None: of no project.
        data_access: at most what the data API may do; never more than `made_by` may at that moment.
        made_by: in whose name the data API acts; None where the application is older than the data API.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    app_id: int
    account_id: int
    name: str
    description: str = ""
    api_key: str
    secret_key: str = Field(repr=False)
    created_at: AwareDatetime
    project_id: int | None = None
    data_access: DataAccess = DataAccess.NONE
    made_by: Principal | None = Field(default=None, repr=False)


class StoredToken(BaseModel):
    """An access token as it is kept: by its SHA-256, never itself."""

    model_config = ConfigDict(frozen=True)

    digest: str
    app_id: int
    account_id: int
    valid_until: AwareDatetime

    def is_expired(self, now: datetime) -> bool:
        return now >= self.valid_until


class AccessToken(BaseModel):
    """An access token as it is handed out."""

    model_config = ConfigDict(frozen=True)

    access_token: str = Field(repr=False)
    expires_in: int


class ApplicationRepository(Protocol):
    """Port; tests/contract/identity holds what implementations owe."""

    def add(self, application: Application) -> None: ...

    def find(self, account_id: int, app_id: int) -> Application | None: ...

    def find_by_key(self, api_key: str) -> Application | None: ...

    def list(
        self, account_id: int, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Application], dict[str, Any] | None]: ...

    def remove(self, application: Application) -> None: ...

    def add_token(self, token: StoredToken) -> None: ...

    def find_token(self, digest: str) -> StoredToken | None: ...


def is_token_formed(token: str) -> bool:
    return _TOKEN_FORM.match(token) is not None
