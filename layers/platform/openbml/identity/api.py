"""Routes of `/v1/identity`."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from openbml.core.clock import utc_now
from openbml.core.http import no_content, principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.scope import Principal
from openbml.core.wiring import cursor_codec
from openbml.identity import credentials, membership
from openbml.identity.api_models import (
    AccountChange,
    AccountView,
    ApplicationView,
    GrantView,
    Me,
    NewApplication,
    NewGrant,
    NewPassword,
    NewProject,
    NewUser,
    ProjectChange,
    ProjectView,
    Refresh,
    SignIn,
    UserView,
)
from openbml.identity.sessions import PasswordChallenge, Tokens
from openbml.identity.wiring import (
    account_repository,
    application_repository,
    authorizer,
    grant_repository,
    identity_settings,
    project_repository,
    user_pool,
)

router = APIGatewayRouter()

Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]

_PUBLIC: list[dict[str, list[str]]] = [{}]  # OpenAPI: no sign-in needed
_MOST_PROJECTS = 100


def _principal() -> Principal:
    return principal_of(router.current_event)


@router.post("/v1/identity/sessions", security=_PUBLIC)
def sign_in(body: SignIn) -> Tokens | PasswordChallenge:
    return user_pool().sign_in(body.email, body.password)


@router.post("/v1/identity/sessions/password", security=_PUBLIC)
def set_password(body: NewPassword) -> Tokens:
    return user_pool().set_password(body.email, body.new_password, body.session)


@router.post("/v1/identity/sessions/refresh", security=_PUBLIC)
def refresh_session(body: Refresh) -> Tokens:
    return user_pool().refresh(body.refresh_token)


@router.get("/v1/identity/me")
def get_me() -> Me:
    caller = _principal()
    account = account_repository().get(caller.account_id)
    found, _ = membership.list_projects(
        caller,
        projects=project_repository(),
        grants=grant_repository(),
        region=identity_settings().aws_region,
        limit=_MOST_PROJECTS,
        position=None,
    )
    return Me(
        user_id=caller.user_id,
        account_id=caller.account_id,
        email=caller.email,
        is_owner=caller.is_owner,
        paid_billing=account.paid_billing,
        projects=[ProjectView.of(project, permissions) for project, permissions in found],
    )


@router.patch("/v1/identity/account")
def change_account(body: AccountChange) -> AccountView:
    account = membership.set_paid_billing(
        _principal(), paid_billing=body.paid_billing, accounts=account_repository()
    )
    return AccountView(account_id=account.account_id, paid_billing=account.paid_billing)


@router.get("/v1/identity/projects")
def list_projects(limit: Limit = 50, cursor: Cursor = None) -> Page[ProjectView]:
    caller = _principal()
    purpose = f"projects/{caller.user_id}"
    found, position = membership.list_projects(
        caller,
        projects=project_repository(),
        grants=grant_repository(),
        region=identity_settings().aws_region,
        limit=limit,
        position=cursor_codec().decode(cursor, purpose=purpose),
    )
    views = [ProjectView.of(project, permissions) for project, permissions in found]
    return Page(items=views, next_cursor=cursor_codec().encode(position, purpose=purpose))


@router.post("/v1/identity/projects", status_code=HTTPStatus.CREATED)
def create_project(body: NewProject) -> ProjectView:
    caller = _principal()
    project = membership.create_project(
        caller,
        name=body.name,
        description=body.description,
        projects=project_repository(),
        now=utc_now,
        new_id=new_id,
        region=identity_settings().aws_region,
    )
    return ProjectView.of(project, authorizer().access(caller, project.project_id).permissions)


@router.get("/v1/identity/projects/<project_id>")
def get_project(project_id: Id) -> ProjectView:
    access = authorizer().access(_principal(), project_id)
    return ProjectView.of(membership.get_project(access, projects=project_repository()), access.permissions)


@router.patch("/v1/identity/projects/<project_id>")
def change_project(project_id: Id, body: ProjectChange) -> ProjectView:
    access = authorizer().require(_principal(), project_id, "projects.manage")
    project = project_repository().change(access.scope, name=body.name, description=body.description)
    return ProjectView.of(project, access.permissions)


@router.get("/v1/identity/projects/<project_id>/grants")
def list_grants(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[GrantView]:
    access = authorizer().require(_principal(), project_id, "members.read")
    purpose = f"grants/{access.scope.key}"
    grants, position = grant_repository().list_of_project(
        access.scope, limit=limit, position=cursor_codec().decode(cursor, purpose=purpose)
    )
    views = [GrantView.of(grant) for grant in grants]
    return Page(items=views, next_cursor=cursor_codec().encode(position, purpose=purpose))


@router.post("/v1/identity/projects/<project_id>/grants", status_code=HTTPStatus.CREATED)
def grant_role(project_id: Id, body: NewGrant) -> GrantView:
    access = authorizer().require(_principal(), project_id, "members.manage")
    grant = membership.grant_role(
        access, email=body.email, role=body.role, accounts=account_repository(), grants=grant_repository()
    )
    return GrantView.of(grant)


@router.delete("/v1/identity/projects/<project_id>/grants/<user_id>", status_code=HTTPStatus.NO_CONTENT)
def remove_grant(project_id: Id, user_id: Id) -> Response[str]:
    access = authorizer().require(_principal(), project_id, "members.manage")
    grant_repository().remove(access.scope, user_id)
    return no_content()


@router.get("/v1/identity/users")
def list_users(limit: Limit = 50, cursor: Cursor = None) -> Page[UserView]:
    caller = _principal()
    purpose = f"users/{caller.account_id}"
    users, position = membership.list_users(
        caller,
        accounts=account_repository(),
        limit=limit,
        position=cursor_codec().decode(cursor, purpose=purpose),
    )
    views = [UserView.of(user) for user in users]
    return Page(items=views, next_cursor=cursor_codec().encode(position, purpose=purpose))


@router.post("/v1/identity/users", status_code=HTTPStatus.CREATED)
def invite_user(body: NewUser) -> UserView:
    user = membership.invite_user(
        _principal(),
        body.email,
        user_pool=user_pool(),
        accounts=account_repository(),
        now=utc_now,
        new_id=new_id,
        region=identity_settings().aws_region,
    )
    return UserView.of(user)


@router.get("/v1/identity/applications")
def list_applications(limit: Limit = 50, cursor: Cursor = None) -> Page[ApplicationView]:
    caller = _principal()
    purpose = f"applications/{caller.account_id}"
    applications, position = credentials.list_applications(
        caller,
        authorizer=authorizer(),
        applications=application_repository(),
        limit=limit,
        position=cursor_codec().decode(cursor, purpose=purpose),
    )
    views = [ApplicationView.of(application) for application in applications]
    return Page(items=views, next_cursor=cursor_codec().encode(position, purpose=purpose))


@router.post("/v1/identity/applications", status_code=HTTPStatus.CREATED)
def create_application(body: NewApplication) -> ApplicationView:
    application = credentials.create_application(
        _principal(),
        name=body.name,
        description=body.description,
        authorizer=authorizer(),
        applications=application_repository(),
        now=utc_now,
        new_id=new_id,
        project_id=body.project_id,
        data_access=body.data_access,
    )
    return ApplicationView.of(application)


@router.get("/v1/identity/applications/<app_id>")
def get_application(app_id: Id) -> ApplicationView:
    application = credentials.get_application(
        _principal(), app_id, authorizer=authorizer(), applications=application_repository()
    )
    return ApplicationView.of(application)


@router.delete("/v1/identity/applications/<app_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_application(app_id: Id) -> Response[str]:
    credentials.delete_application(
        _principal(), app_id, authorizer=authorizer(), applications=application_repository()
    )
    return no_content()
