"""Bodies of the identity API."""

from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from openbml.identity.accounts import User
from openbml.identity.applications import Application, DataAccess
from openbml.identity.projects import Grant, Project


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line of printable characters")
    return text


def _email(text: str) -> str:
    """Only what could never be an address is refused here: the user pool decides."""
    name, _, domain = text.rpartition("@")
    if not name or "." not in domain.strip(".") or " " in text or not text.isprintable():
        raise ValueError("must be an e-mail address")
    return text


def _no_control_characters(text: str) -> str:
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("must not hold control characters")
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_one_line),
]
Description = Annotated[str, StringConstraints(max_length=500), AfterValidator(_no_control_characters)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=128),
    AfterValidator(_email),
]
Secret = Annotated[str, Field(min_length=1, max_length=256, repr=False)]
Opaque = Annotated[str, Field(min_length=1, max_length=8192, repr=False)]


class Body(BaseModel):
    """A request body; a field that is not known is refused, so that a typing error shows."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignIn(Body):
    email: Email
    password: Secret


class NewPassword(Body):
    email: Email
    new_password: Secret
    session: Opaque


class Refresh(Body):
    refresh_token: Opaque


class NewProject(Body):
    name: Name
    description: Description = ""


class ProjectChange(Body):
    name: Name | None = None
    description: Description | None = None


class NewGrant(Body):
    email: Email
    role: Annotated[str, StringConstraints(max_length=64)]


class NewUser(Body):
    email: Email


class NewApplication(Body):
    name: Name
    description: Description = ""
    project_id: Annotated[int, Field(ge=1, lt=2**53)] | None = None
    data_access: DataAccess = DataAccess.MANAGE


class AccountChange(Body):
    paid_billing: bool


class AccountView(BaseModel):
    account_id: int
    paid_billing: bool


class ProjectView(BaseModel):
    project_id: int
    name: str
    description: str
    created_at: AwareDatetime
    permissions: list[str]

    @classmethod
    def of(cls, project: Project, permissions: frozenset[str]) -> "ProjectView":
        return cls(
            project_id=project.project_id,
            name=project.name,
            description=project.description,
            created_at=project.created_at,
            permissions=sorted(permissions),
        )


class Me(BaseModel):
    user_id: int
    account_id: int
    email: str
    is_owner: bool
    paid_billing: bool
    projects: list[ProjectView]


class UserView(BaseModel):
    user_id: int
    email: str
    is_owner: bool
    created_at: AwareDatetime

    @classmethod
    def of(cls, user: User) -> "UserView":
        return cls(user_id=user.user_id, email=user.email, is_owner=user.is_owner, created_at=user.created_at)


class GrantView(BaseModel):
    user_id: int
    email: str
    roles: list[str]

    @classmethod
    def of(cls, grant: Grant) -> "GrantView":
        return cls(user_id=grant.user_id, email=grant.email, roles=sorted(grant.roles))


class ApplicationView(BaseModel):
    app_id: int
    name: str
    description: str
    api_key: str
    secret_key: str
    created_at: AwareDatetime
    project_id: int | None
    data_access: DataAccess

    @classmethod
    def of(cls, application: Application) -> "ApplicationView":
        return cls.model_validate(application.model_dump(include=set(cls.model_fields)))
