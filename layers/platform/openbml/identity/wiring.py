"""Identity's collaborators, built on first use."""

from functools import cache

from openbml.core.wiring import aws_client, dynamodb_table
from openbml.identity.access import Authorizer
from openbml.identity.accounts import AccountRepository
from openbml.identity.accounts_dynamodb import DynamoAccountRepository
from openbml.identity.applications import ApplicationRepository
from openbml.identity.applications_dynamodb import DynamoApplicationRepository
from openbml.identity.projects import GrantRepository, ProjectRepository
from openbml.identity.projects_dynamodb import DynamoGrantRepository, DynamoProjectRepository
from openbml.identity.sessions import UserPool
from openbml.identity.sessions_cognito import CognitoUserPool
from openbml.identity.settings import IdentitySettings, UserPoolSettings


@cache
def identity_settings() -> IdentitySettings:
    return IdentitySettings.from_env()


@cache
def account_repository() -> AccountRepository:
    return DynamoAccountRepository(dynamodb_table(identity_settings().identity_table_name))


@cache
def project_repository() -> ProjectRepository:
    return DynamoProjectRepository(dynamodb_table(identity_settings().identity_table_name))


@cache
def grant_repository() -> GrantRepository:
    return DynamoGrantRepository(dynamodb_table(identity_settings().identity_table_name))


@cache
def application_repository() -> ApplicationRepository:
    return DynamoApplicationRepository(dynamodb_table(identity_settings().identity_table_name))


@cache
def authorizer() -> Authorizer:
    """Return the permission check that every route of a project starts with."""
    return Authorizer(
        projects=project_repository(), grants=grant_repository(), region=identity_settings().aws_region
    )


@cache
def user_pool() -> UserPool:
    settings = UserPoolSettings.from_env()
    return CognitoUserPool(
        aws_client("cognito-idp"), pool_id=settings.user_pool_id, client_id=settings.user_pool_client_id
    )
