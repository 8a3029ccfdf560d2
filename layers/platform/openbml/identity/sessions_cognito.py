"""Cognito adapter of `UserPool`: server-side sign-in (docs/decisions/0002)."""

from typing import Any

from botocore.exceptions import ClientError

from openbml.core.errors import OpenBMLError
from openbml.identity.accounts import UserExistsError
from openbml.identity.sessions import (
    PasswordChallenge,
    PasswordResetNeededError,
    PasswordTooWeakError,
    SessionExpiredError,
    SignInRefusedError,
    Tokens,
    TooManyAttemptsError,
)

ACCOUNT_ATTRIBUTE = "custom:account_id"

_ALWAYS: dict[str, type[OpenBMLError]] = {
    "TooManyRequestsException": TooManyAttemptsError,
    "LimitExceededException": TooManyAttemptsError,
    "PasswordResetRequiredException": PasswordResetNeededError,
}
_SIGN_IN: dict[str, type[OpenBMLError]] = {
    **_ALWAYS,
    "NotAuthorizedException": SignInRefusedError,
    "UserNotFoundException": SignInRefusedError,
    "UserNotConfirmedException": SignInRefusedError,
    "InvalidParameterException": SignInRefusedError,
}
_LATER: dict[str, type[OpenBMLError]] = {
    **_ALWAYS,
    "NotAuthorizedException": SessionExpiredError,
    "UserNotFoundException": SessionExpiredError,
    "ExpiredCodeException": SessionExpiredError,
    "CodeMismatchException": SessionExpiredError,
    "InvalidParameterException": SessionExpiredError,
}


class CognitoUserPool:
    def __init__(self, client: Any, *, pool_id: str, client_id: str) -> None:
        self._client = client
        self._pool_id = pool_id
        self._client_id = client_id

    def sign_in(self, email: str, password: str) -> Tokens | PasswordChallenge:
        try:
            reply = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": email, "PASSWORD": password},
            )
        except ClientError as error:
            raise _translated(error, _SIGN_IN) from error
        if "ChallengeName" not in reply:
            return _tokens(reply["AuthenticationResult"])
        if reply["ChallengeName"] != "NEW_PASSWORD_REQUIRED":
            raise SignInRefusedError
        return PasswordChallenge(session=reply["Session"])

    def set_password(self, email: str, new_password: str, session: str) -> Tokens:
        try:
            reply = self._client.respond_to_auth_challenge(
                ClientId=self._client_id,
                ChallengeName="NEW_PASSWORD_REQUIRED",
                Session=session,
                ChallengeResponses={"USERNAME": email, "NEW_PASSWORD": new_password},
            )
        except self._client.exceptions.InvalidPasswordException as error:
            raise PasswordTooWeakError(reason=error.response["Error"]["Message"]) from error
        except ClientError as error:
            raise _translated(error, _LATER) from error
        return _tokens(reply["AuthenticationResult"])

    def refresh(self, refresh_token: str) -> Tokens:
        try:
            reply = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": refresh_token},
            )
        except ClientError as error:
            raise _translated(error, _LATER) from error
        return _tokens({"RefreshToken": refresh_token, **reply["AuthenticationResult"]})

    def invite(self, email: str, account_id: int) -> str:
        try:
            user = self._client.admin_create_user(
                UserPoolId=self._pool_id,
                Username=email,
                DesiredDeliveryMediums=["EMAIL"],
                UserAttributes=[
                    {"Name": "email", "Value": email},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": ACCOUNT_ATTRIBUTE, "Value": str(account_id)},
                ],
            )["User"]
        except self._client.exceptions.UsernameExistsException as error:
            attributes = self._attributes_of(email)
            if attributes.get(ACCOUNT_ATTRIBUTE) != str(account_id):
                raise UserExistsError(email=email) from error
            return attributes["sub"]
        return _attributes(user["Attributes"])["sub"]

    def _attributes_of(self, email: str) -> dict[str, str]:
        user = self._client.admin_get_user(UserPoolId=self._pool_id, Username=email)
        return _attributes(user["UserAttributes"])


def _translated(error: ClientError, table: dict[str, type[OpenBMLError]]) -> Exception:
    kind = table.get(error.response["Error"]["Code"])
    return kind() if kind else error


def _attributes(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}


def _tokens(result: dict[str, Any]) -> Tokens:
    return Tokens(
        access_token=result["AccessToken"],
        id_token=result["IdToken"],
        refresh_token=result["RefreshToken"],
        expires_in=result["ExpiresIn"],
    )
