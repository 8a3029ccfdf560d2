"""Applications and access tokens: use cases (spec 08 section 3)."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from typing import Any

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.scope import Principal, ProjectScope
from openbml.identity.access import Authorizer
from openbml.identity.applications import (
    TOKEN_LIFETIME,
    AccessToken,
    Application,
    ApplicationGoneError,
    ApplicationNotFoundError,
    ApplicationRepository,
    DataAccess,
    StoredToken,
    TokenExpiredError,
    TokenMissingError,
    TokenUnknownError,
    UnknownClientError,
    WrongSecretError,
    is_token_formed,
)

_ALPHABET = string.ascii_letters + string.digits
_API_KEY_LENGTH = 24  # 142 bits
_SECRET_KEY_LENGTH = 32  # 190 bits
_MAX_KEY_LENGTH = 128


def create_application(
    principal: Principal,
    *,
    name: str,
    description: str,
    authorizer: Authorizer,
    applications: ApplicationRepository,
    now: Clock,
    new_id: IdFactory,
    project_id: int | None = None,
    data_access: DataAccess = DataAccess.MANAGE,
) -> Application:
    """Make an application that acts, in the data API, in the name of who makes it.

    Args:
        project_id: where the data API acts; left out, the first project in which the caller may make
            applications.

    Raises:
        AccountPermissionDeniedError, PermissionDeniedError, ProjectNotFoundError: the caller may not.
    """
    authorizer.projects_with(principal, "applications.write")
    if project_id is None:
        project_id = authorizer.first_project(principal, "applications.write")
    else:
        authorizer.require(principal, project_id, "applications.write")
    application = Application(
        app_id=new_id(),
        account_id=principal.account_id,
        name=name,
        description=description,
        api_key=_random_text(_API_KEY_LENGTH),
        secret_key=_random_text(_SECRET_KEY_LENGTH),
        created_at=now(),
        project_id=project_id,
        data_access=data_access,
        made_by=principal,
    )
    applications.add(application)
    return application


def list_applications(
    principal: Principal,
    *,
    authorizer: Authorizer,
    applications: ApplicationRepository,
    limit: int,
    position: dict[str, Any] | None,
) -> tuple[Sequence[Application], dict[str, Any] | None]:
    """Return applications of the account; secrets of those in projects not the caller's are blank."""
    scopes = authorizer.projects_with(principal, "applications.read")
    found, following = applications.list(principal.account_id, limit=limit, position=position)
    return [_shown(application, scopes) for application in found], following


def get_application(
    principal: Principal, app_id: int, *, authorizer: Authorizer, applications: ApplicationRepository
) -> Application:
    scopes = authorizer.projects_with(principal, "applications.read")
    return _shown(_existing(principal.account_id, app_id, applications), scopes)


def delete_application(
    principal: Principal, app_id: int, *, authorizer: Authorizer, applications: ApplicationRepository
) -> None:
    """Delete the application; its access tokens answer `ApplicationGoneError` from now on."""
    authorizer.projects_with(principal, "applications.write")
    applications.remove(_existing(principal.account_id, app_id, applications))


def issue_token(
    api_key: str, secret_key: str, *, applications: ApplicationRepository, now: Clock
) -> AccessToken:
    """Return a new access token of 30 days.

    Raises:
        UnknownClientError: no application has the API key.
        WrongSecretError: the secret key is another one.
    """
    application = applications.find_by_key(api_key) if 0 < len(api_key) <= _MAX_KEY_LENGTH else None
    if application is None:
        raise UnknownClientError
    if not hmac.compare_digest(application.secret_key.encode(), secret_key.encode()):
        raise WrongSecretError
    token = f"24.{secrets.token_hex(32)}"
    applications.add_token(
        StoredToken(
            digest=_digest(token),
            app_id=application.app_id,
            account_id=application.account_id,
            valid_until=now() + TOKEN_LIFETIME,
        )
    )
    return AccessToken(access_token=token, expires_in=int(TOKEN_LIFETIME.total_seconds()))


def validate_token(token: str | None, *, applications: ApplicationRepository, now: Clock) -> Application:
    """Return the application a prediction call's token belongs to; checks in spec 08 section 3.3's order.

    Raises:
        TokenMissingError: absent or malformed.
        TokenUnknownError: never issued, or long forgotten.
        TokenExpiredError: older than 30 days.
        ApplicationGoneError: its application was deleted.
    """
    if not token or not is_token_formed(token):
        raise TokenMissingError
    stored = applications.find_token(_digest(token))
    if stored is None:
        raise TokenUnknownError
    if stored.is_expired(now()):
        raise TokenExpiredError
    application = applications.find(stored.account_id, stored.app_id)
    if application is None:
        raise ApplicationGoneError
    return application


def _existing(account_id: int, app_id: int, applications: ApplicationRepository) -> Application:
    application = applications.find(account_id, app_id)
    if application is None:
        raise ApplicationNotFoundError(app_id=app_id)
    return application


def _shown(application: Application, scopes: Sequence[ProjectScope] | None) -> Application:
    """Return what may be seen: a secret opens the datasets of the application's project."""
    own = scopes is None or application.project_id in {None, *(scope.project_id for scope in scopes)}
    return application if own else application.model_copy(update={"secret_key": ""})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
