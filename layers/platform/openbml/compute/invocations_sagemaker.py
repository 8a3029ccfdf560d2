"""SageMaker adapter of `Invoker`."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import (
    InvocationDeniedError,
    InvocationReply,
    InvocationTimeoutError,
    ModelFailedError,
    ModelNotReadyError,
)
from openbml.compute.names import ComputeNames

_TIMEOUT_TEXTS = ("timed out", "timeout")
_DENIED = frozenset({"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"})


class SageMakerInvoker:
    """Calls endpoints.

    Args:
        client_for: gives the `sagemaker-runtime` client whose read timeout is the given seconds; botocore
            binds timeouts to clients.
    """

    def __init__(self, client_for: Callable[[float], Any], *, names: ComputeNames) -> None:
        self._client_for = client_for
        self._names = names

    def invoke(self, deployment_id: str, body: bytes, content_type: str, timeout_s: float) -> InvocationReply:
        try:
            reply = self._client_for(timeout_s).invoke_endpoint(
                EndpointName=self._names.endpoint(deployment_id), Body=body, ContentType=content_type
            )
            return InvocationReply(
                body=reply["Body"].read(), content_type=reply.get("ContentType", "application/json")
            )
        except ClientError as error:
            raise _meaning(error, deployment_id) from error
        except (ReadTimeoutError, ConnectTimeoutError) as error:
            raise InvocationTimeoutError(deployment_id=deployment_id) from error
        except BotoCoreError as error:
            raise ModelNotReadyError(deployment_id=deployment_id) from error


def _meaning(
    error: ClientError, deployment_id: str
) -> (
    HostingNotFoundError
    | ModelFailedError
    | ModelNotReadyError
    | InvocationTimeoutError
    | InvocationDeniedError
):
    code = error.response.get("Error", {}).get("Code", "")
    text = str(error.response.get("Error", {}).get("Message", "")).lower()
    if code == "ModelError":
        status = int(str(error.response.get("OriginalStatusCode", 0)))
        if status == 0 and any(part in text for part in _TIMEOUT_TEXTS):
            return InvocationTimeoutError(deployment_id=deployment_id)
        return ModelFailedError(deployment_id=deployment_id, status=status)
    if code in _DENIED:
        return InvocationDeniedError(deployment_id=deployment_id)
    if code in ("ValidationError", "ValidationException") and "not found" in text:
        return HostingNotFoundError(deployment_id=deployment_id)
    return ModelNotReadyError(deployment_id=deployment_id)
