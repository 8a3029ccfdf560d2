"""Applications and access tokens (spec 08 section 3)."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.scope import Principal
from openbml.identity.access import Authorizer
from openbml.identity.applications import (
    Application,
    ApplicationGoneError,
    ApplicationNotFoundError,
    TokenExpiredError,
    TokenMissingError,
    TokenUnknownError,
    UnknownClientError,
    WrongSecretError,
)
from openbml.identity.credentials import (
    create_application,
    delete_application,
    get_application,
    issue_token,
    validate_token,
)
from tests.fakes.identity_memory import (
    InMemoryApplicationRepository,
    InMemoryGrantRepository,
    InMemoryProjectRepository,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = Principal(account_id=1, user_id=2, email="ada@example.com", is_owner=True)
STRANGER = Principal(account_id=9, user_id=8, email="eve@example.com", is_owner=True)
AUTHORIZER = Authorizer(
    projects=InMemoryProjectRepository(), grants=InMemoryGrantRepository(), region="eu-central-1"
)


@pytest.fixture
def applications() -> InMemoryApplicationRepository:
    return InMemoryApplicationRepository()


@pytest.fixture
def application(applications: InMemoryApplicationRepository) -> Application:
    ids = count(7)
    return create_application(
        OWNER,
        name="shop",
        description="",
        authorizer=AUTHORIZER,
        applications=applications,
        now=lambda: NOON,
        new_id=lambda: next(ids),
    )


def token_of(application: Application, applications: InMemoryApplicationRepository) -> str:
    issued = issue_token(
        application.api_key, application.secret_key, applications=applications, now=lambda: NOON
    )
    return issued.access_token


def test_a_token_lasts_thirty_days(
    application: Application, applications: InMemoryApplicationRepository
) -> None:
    token = token_of(application, applications)
    last = NOON + timedelta(days=30) - timedelta(seconds=1)
    assert validate_token(token, applications=applications, now=lambda: last) == application
    with pytest.raises(TokenExpiredError):
        validate_token(token, applications=applications, now=lambda: NOON + timedelta(days=30))


def test_a_token_is_kept_as_its_hash_only(
    application: Application, applications: InMemoryApplicationRepository
) -> None:
    token = token_of(application, applications)
    assert token not in repr(applications.tokens)


def test_secrets_do_not_show_in_representations(application: Application) -> None:
    assert application.secret_key not in repr(application)


def test_an_unknown_key_and_a_wrong_secret_are_told_apart(
    application: Application, applications: InMemoryApplicationRepository
) -> None:
    with pytest.raises(UnknownClientError):
        issue_token("nobody", application.secret_key, applications=applications, now=lambda: NOON)
    with pytest.raises(WrongSecretError):
        issue_token(application.api_key, "wrong", applications=applications, now=lambda: NOON)


@pytest.mark.parametrize("key", ["", "x" * 10_000, "🔑", "\0"])
def test_hostile_keys_are_unknown_clients(key: str, applications: InMemoryApplicationRepository) -> None:
    with pytest.raises(UnknownClientError):
        issue_token(key, key, applications=applications, now=lambda: NOON)


@pytest.mark.parametrize("token", [None, "", " ", "a b", "x" * 10_000, "令牌", "a\n"])
def test_an_absent_or_malformed_token_is_missing(
    token: str | None, applications: InMemoryApplicationRepository
) -> None:
    with pytest.raises(TokenMissingError):
        validate_token(token, applications=applications, now=lambda: NOON)


@given(st.text(alphabet="abcdef0123456789.-_", min_size=1, max_size=128))
def test_a_token_that_was_never_issued_is_unknown(token: str) -> None:
    with pytest.raises(TokenUnknownError):
        validate_token(token, applications=InMemoryApplicationRepository(), now=lambda: NOON)


def test_the_token_of_a_deleted_application_says_so(
    application: Application, applications: InMemoryApplicationRepository
) -> None:
    token = token_of(application, applications)
    delete_application(OWNER, application.app_id, authorizer=AUTHORIZER, applications=applications)
    with pytest.raises(ApplicationGoneError):
        validate_token(token, applications=applications, now=lambda: NOON)
    with pytest.raises(UnknownClientError):
        token_of(application, applications)


def test_another_account_cannot_see_or_delete_an_application(
    application: Application, applications: InMemoryApplicationRepository
) -> None:
    with pytest.raises(ApplicationNotFoundError):
        get_application(STRANGER, application.app_id, authorizer=AUTHORIZER, applications=applications)
    with pytest.raises(ApplicationNotFoundError):
        delete_application(STRANGER, application.app_id, authorizer=AUTHORIZER, applications=applications)
