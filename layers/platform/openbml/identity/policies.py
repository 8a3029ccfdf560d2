"""What a request authorizer reads and answers."""

from collections.abc import Mapping
from typing import Any

from openbml.core.errors import NotSignedInError
from openbml.core.scope import Principal


def bearer_token(headers: Mapping[str, str]) -> str:
    """Return the token of `Authorization: Bearer …`; header names and the scheme in any case.

    Raises:
        NotSignedInError: there is none.
    """
    value = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedInError
    return token.strip()


def allow_api(principal: Principal, method_arn: str) -> dict[str, Any]:
    """Return the policy and context that let the caller into every route of this API and stage.

    API Gateway caches it by token, so it must not name the one route that was asked for; what the caller
    may do in a project is `access.py`'s to say.
    """
    api, stage = method_arn.split("/")[:2]
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{api}/{stage}/*"}
    return {
        "principalId": str(principal.user_id),
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {
            "account_id": str(principal.account_id),
            "user_id": str(principal.user_id),
            "email": principal.email,
            "is_owner": "true" if principal.is_owner else "false",
        },
    }
