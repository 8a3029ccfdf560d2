"""What the request authorizer accepts: real signatures, made here with a key of our own."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from openbml.core.errors import NotSignedInError
from openbml.core.scope import Principal
from openbml.identity.accounts import Identity
from openbml.identity.id_tokens_jwt import IdTokenVerifier
from openbml.identity.policies import allow_api, bearer_token
from openbml.identity.settings import TokenSettings

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OneKey:
    def get_signing_key_from_jwt(self, token: str) -> Any:
        jwt.get_unverified_header(token)
        return KEY.public_key()


def token(key: Any = KEY, algorithm: str = "RS256", **changes: Any) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {
        "sub": "s-1",
        "email": "ada@example.com",
        "iss": ISSUER,
        "aud": "client",
        "token_use": "id",
        "iat": now,
        "exp": now + 600,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm)


@pytest.fixture
def verifier() -> IdTokenVerifier:
    return IdTokenVerifier(OneKey(), issuer=ISSUER, client_id="client")


def test_an_id_token_of_the_pool_names_the_user(verifier: IdTokenVerifier) -> None:
    assert verifier.verify(token()) == Identity(subject="s-1", email="ada@example.com")


def test_a_sub_users_token_names_its_account(verifier: IdTokenVerifier) -> None:
    assert verifier.verify(token(**{"custom:account_id": "42"})).account_id == 42


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda: token(OTHER_KEY), id="another key"),
        pytest.param(lambda: token("x" * 64, "HS256"), id="a symmetric signature"),
        pytest.param(lambda: token(None, "none"), id="no signature"),
        pytest.param(lambda: token(iss="https://evil.example"), id="another issuer"),
        pytest.param(lambda: token(aud="another"), id="another client"),
        pytest.param(lambda: token(token_use="access"), id="an access token"),
        pytest.param(lambda: token(exp=int(time.time()) - 60), id="expired"),
        pytest.param(lambda: token(exp=None), id="without expiry"),
        pytest.param(lambda: token(sub=None), id="without subject"),
        pytest.param(lambda: token(email=None), id="without e-mail"),
        pytest.param(lambda: "abc", id="not a token"),
        pytest.param(lambda: "🦊.🦊.🦊", id="Unicode"),
        pytest.param(lambda: "a." * 5000, id="huge"),
    ],
)
def test_anything_else_is_not_signed_in(verifier: IdTokenVerifier, forged: Any) -> None:
    with pytest.raises(NotSignedInError):
        verifier.verify(forged())


def test_the_bearer_token_is_found_in_any_case() -> None:
    assert bearer_token({"authorization": "bearer  abc "}) == "abc"


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic abc", "abc"])
def test_other_authorization_headers_are_no_session(value: str) -> None:
    with pytest.raises(NotSignedInError):
        bearer_token({"Authorization": value})


def test_the_policy_covers_the_stage_because_it_is_cached_for_all_routes() -> None:
    principal = Principal(account_id=1, user_id=2, email="ada@example.com", is_owner=True)
    reply = allow_api(principal, "arn:aws:execute-api:eu-central-1:1:abc/dev/GET/v1/identity/me")
    statement = reply["policyDocument"]["Statement"][0]
    assert statement["Resource"] == "arn:aws:execute-api:eu-central-1:1:abc/dev/*"
    assert reply["context"] == {
        "account_id": "1",
        "user_id": "2",
        "email": "ada@example.com",
        "is_owner": "true",
    }


def test_the_key_set_comes_from_the_pool_or_from_the_endpoint_the_sdk_is_given() -> None:
    base = {
        "AWS_REGION": "eu-central-1",
        "USER_POOL_ID": "eu-central-1_pool",
        "USER_POOL_CLIENT_ID": "client",
    }
    assert TokenSettings.from_env(base).key_set_url == f"{ISSUER}/.well-known/jwks.json"
    elsewhere = TokenSettings.from_env({**base, "AWS_ENDPOINT_URL": "http://127.0.0.1:1234/"})
    assert elsewhere.key_set_url == "http://127.0.0.1:1234/eu-central-1_pool/.well-known/jwks.json"
    assert elsewhere.issuer == ISSUER
