"""Request authorizer of every control API: turns an id token into the caller's ids."""

from functools import cache
from typing import Any

import jwt
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.clock import utc_now
from openbml.core.errors import NotSignedInError
from openbml.core.ids import new_id
from openbml.core.observability import logger
from openbml.identity.id_tokens_jwt import IdTokenVerifier
from openbml.identity.membership import recognise_user
from openbml.identity.policies import allow_api, bearer_token
from openbml.identity.settings import TokenSettings
from openbml.identity.wiring import account_repository


@cache
def settings() -> TokenSettings:
    return TokenSettings.from_env()


@cache
def verifier() -> IdTokenVerifier:
    keys = jwt.PyJWKClient(settings().key_set_url, lifespan=3600, timeout=5)
    return IdTokenVerifier(keys, issuer=settings().issuer, client_id=settings().user_pool_client_id)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    logger.info("authorize")
    try:
        identity = verifier().verify(bearer_token(event.get("headers") or {}))
    except NotSignedInError as error:
        logger.info("token refused", reason=type(error.__cause__).__name__)
        raise Exception("Unauthorized") from error  # the one text that API Gateway answers with 401
    user = recognise_user(
        identity,
        accounts=account_repository(),
        now=utc_now,
        new_id=new_id,
        region=settings().aws_region,
    )
    return allow_api(user.principal, event["methodArn"])
