"""SageMaker adapters of `Invoker`: of endpoints, of inference components, and of both in turn."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from openbml.compute.component_places import ComponentPlaces
from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import (
    InvocationDeniedError,
    InvocationReply,
    InvocationTimeoutError,
    Invoker,
    ModelFailedError,
    ModelNotReadyError,
)
from openbml.compute.jobs import RuntimeBusyError
from openbml.compute.names import ComputeNames

_TIMEOUT_TEXTS = ("timed out", "timeout")
_DENIED = frozenset({"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"})
# A repeat after more than this would come too late for the caller, whose gateway waits for 29 s.
_REPEATED_WITHIN_S = 3.0

ClientFor = Callable[[float], Any]


class EndpointInvoker:
    """Calls endpoints of hostings.

    Args:
        client_for: gives the `sagemaker-runtime` client whose read timeout is the given seconds; botocore
            binds timeouts to clients.
    """

    def __init__(self, client_for: ClientFor, *, names: ComputeNames) -> None:
        self._client_for = client_for
        self._names = names

    def invoke(
        self,
        deployment_id: str,
        body: bytes,
        content_type: str,
        timeout_s: float,
        revision: int | None = None,
    ) -> InvocationReply:
        endpoint = self._names.endpoint(deployment_id)
        return _answered(
            self._client_for(timeout_s),
            deployment_id,
            EndpointName=endpoint,
            Body=body,
            ContentType=content_type,
        )


class ComponentInvoker:
    """Calls inference components on the endpoints that projects share."""

    def __init__(self, client_for: ClientFor, *, places: ComponentPlaces) -> None:
        self._client_for = client_for
        self._places = places

    def invoke(
        self,
        deployment_id: str,
        body: bytes,
        content_type: str,
        timeout_s: float,
        revision: int | None = None,
    ) -> InvocationReply:
        try:
            place = self._places.of(deployment_id, revision)
        except RuntimeBusyError as error:
            raise ModelNotReadyError(deployment_id=deployment_id) from error
        if place is None:
            raise HostingNotFoundError(deployment_id=deployment_id)
        try:
            return _answered(
                self._client_for(timeout_s),
                deployment_id,
                EndpointName=place.endpoint,
                InferenceComponentName=place.component,
                Body=body,
                ContentType=content_type,
            )
        except HostingNotFoundError:
            self._places.forget(deployment_id)
            raise


class FirstKnownInvoker:
    """Asks the first of several that knows the hosting."""

    def __init__(self, invokers: Sequence[Invoker]) -> None:
        self._invokers = invokers

    def invoke(
        self,
        deployment_id: str,
        body: bytes,
        content_type: str,
        timeout_s: float,
        revision: int | None = None,
    ) -> InvocationReply:
        for invoker in self._invokers[:-1]:
            try:
                return invoker.invoke(deployment_id, body, content_type, timeout_s, revision)
            except HostingNotFoundError:
                continue
        return self._invokers[-1].invoke(deployment_id, body, content_type, timeout_s, revision)


def _answered(client: Any, deployment_id: str, **members: Any) -> InvocationReply:
    began = time.monotonic()
    try:
        return _called(client, deployment_id, **members)
    except ModelFailedError as error:
        if error.status != 0 or time.monotonic() - began > _REPEATED_WITHIN_S:
            raise
    return _called(client, deployment_id, **members)


def _called(client: Any, deployment_id: str, **members: Any) -> InvocationReply:
    try:
        reply = client.invoke_endpoint(**members)
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
