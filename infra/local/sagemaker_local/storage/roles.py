"""Short-lived credentials of the role that a job or a model names.

In the cloud SageMaker is a service principal and assumes the role itself. The emulator
offers ``sts:AssumeRole`` to users only, and with its policy evaluator on it refuses a role
that trusts just ``sagemaker.amazonaws.com``. Then the engine checks that trust itself and
asks for a federated session limited to exactly the role's policies.
"""

import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.storage.aws_clients import AwsClients, Credentials

_SERVICE = "sagemaker.amazonaws.com"
_DURATION_S = 3600
_FRESH_S = 600
_SESSION_POLICY_LIMIT = 2048
_FIRST_SERVER_FAULT = 500


class RolesUnavailable(Exception):  # noqa: N818 - a state that passes
    """The emulator's STS or IAM cannot be reached now."""


class RoleError(Exception):
    """The role cannot be assumed by SageMaker."""


class RoleCredentials:
    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._cache: dict[str, Credentials] = {}
        self._lock = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}

    def get(self, role_arn: str) -> Credentials:
        """Ask once per role, however many jobs begin with it; a slow answer holds up no other role."""
        with self._lock:
            asking = self._asking.setdefault(role_arn, threading.Lock())
        with asking:
            known = self._cache.get(role_arn)
            if known is None or (known.expires_at or 0) - time.time() < _FRESH_S:
                known = self._cache[role_arn] = self._assume(role_arn)
            return known

    def forget(self, role_arn: str) -> None:
        """Drop credentials the emulator no longer knows (it lost its sessions in a restart)."""
        with self._lock:
            self._cache.pop(role_arn, None)

    def _assume(self, role_arn: str) -> Credentials:
        try:
            return self._ask(role_arn)
        except BotoCoreError as error:
            raise RolesUnavailable(f"the role {role_arn} cannot be assumed now: {error}") from error

    def _ask(self, role_arn: str) -> Credentials:
        try:
            answer = self._clients.own("sts", self._clients.beside(role_arn)).assume_role(
                RoleArn=role_arn, RoleSessionName="SageMaker", DurationSeconds=_DURATION_S
            )
        except ClientError as error:
            _raise_if_transient(error)
            if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
                raise RoleError(f"the role {role_arn} cannot be assumed: {error}") from error
            return self._federate(role_arn)
        return _credentials(answer["Credentials"])

    def _federate(self, role_arn: str) -> Credentials:
        scope = self._clients.beside(role_arn)
        iam = self._clients.own("iam", scope)
        name = role_arn.rsplit("/", 1)[-1]
        try:
            role = iam.get_role(RoleName=name)["Role"]
            if not _trusts_service(_document(role["AssumeRolePolicyDocument"])):
                raise RoleError(f"the role {role_arn} does not trust {_SERVICE}")
            inline = [
                _document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
                for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
            ]
            attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            request = _federation_request(role_arn, inline, [policy["PolicyArn"] for policy in attached])
            answer = self._clients.own("sts", scope).get_federation_token(**request)
        except ClientError as error:
            _raise_if_transient(error)
            raise RoleError(f"the role {role_arn} cannot be used: {error}") from error
        return _credentials(answer["Credentials"])


def _raise_if_transient(error: ClientError) -> None:
    if int(error.response["ResponseMetadata"].get("HTTPStatusCode", 0)) >= _FIRST_SERVER_FAULT:
        raise RolesUnavailable(str(error)) from error


def _federation_request(role_arn: str, inline: list[dict[str, Any]], attached: list[str]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "Name": role_arn.rsplit("/", 1)[-1][:32],
        "DurationSeconds": _DURATION_S,
        "PolicyArns": [{"arn": arn} for arn in attached],
    }
    statements = [statement for document in inline for statement in _statements(document)]
    if statements:
        for statement in statements:
            statement.pop("Sid", None)
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
        if len(policy) > _SESSION_POLICY_LIMIT:
            raise RoleError(
                f"the inline policies of {role_arn} have {len(policy)} characters; a session takes "
                f"{_SESSION_POLICY_LIMIT}, so move statements to managed policies"
            )
        request["Policy"] = policy
    if not statements and not attached:
        raise RoleError(f"the role {role_arn} has no policies")
    return request


def _document(value: Any) -> dict[str, Any]:
    return dict(json.loads(value) if isinstance(value, str) else value)


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document.get("Statement", [])
    return [dict(found)] if isinstance(found, dict) else [dict(one) for one in found]


def _trusts_service(document: dict[str, Any]) -> bool:
    return any(
        statement.get("Effect") == "Allow" and _SERVICE in _service_principals(statement)
        for statement in _statements(document)
    )


def _service_principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", {})
    if isinstance(principal, dict):
        services = principal.get("Service", [])
        yield from [services] if isinstance(services, str) else services


def _credentials(answer: dict[str, Any]) -> Credentials:
    expires = answer["Expiration"]
    if not isinstance(expires, datetime):
        raise RoleError("the emulator answered without an expiry time")
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=expires.timestamp(),
    )
