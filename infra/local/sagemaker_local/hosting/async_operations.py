"""InvokeEndpointAsync: a call is accepted once it is stored (contract section 6.3)."""

import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sagemaker_local.hosting import async_queue
from sagemaker_local.hosting.async_queue import AsyncCall
from sagemaker_local.hosting.calls import Call, Headers, Reply
from sagemaker_local.hosting.endpoints import Plan
from sagemaker_local.hosting.proxy import ATTRIBUTES, passed_headers
from sagemaker_local.hosting.routing import EndpointRoute
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import internal_dependency, runtime_validation_error, service_unavailable
from sagemaker_local.state.database import Database
from sagemaker_local.storage.objects_s3 import ObjectStoreError, S3Uri, parse_s3_uri

_SAGEMAKER = "X-Amzn-SageMaker-"
_CONTENT_TYPE, _ACCEPT = f"{_SAGEMAKER}Content-Type", f"{_SAGEMAKER}Accept"
_INFERENCE_ID = f"{_SAGEMAKER}Inference-Id"
_PASSED = ((_CONTENT_TYPE, "Content-Type"), (_ACCEPT, "Accept"), (ATTRIBUTES, ATTRIBUTES))
_MAX_INLINE_BYTES = 128_000
_DEFAULT_TTL_S = 6 * 3600
_DEFAULT_TIMEOUT_S = 15 * 60
_MAX_QUEUED = 100_000


class AsyncOperations:
    """``on_accept`` is told of every stored call."""

    def __init__(self, database: Database, on_accept: Callable[[], None]) -> None:
        self._database = database
        self._on_accept = on_accept

    async def invoke(self, call: Call, scope: Scope, route: EndpointRoute) -> Reply:
        config = route.async_config
        if config is None or route.plan is None:
            raise runtime_validation_error(
                f"Endpoint {route.name} is not an asynchronous inference endpoint; call InvokeEndpoint, or "
                "use an endpoint configuration with AsyncInferenceConfig."
            )
        role_arn = execution_role(route.plan)
        if not role_arn:
            raise runtime_validation_error(f"The models of endpoint {route.name} have no ExecutionRoleArn.")
        body = _inline_body(call)
        accepted = _accepted(call, scope, route.name, route.arn, config, role_arn)
        await self._store(accepted, body)
        self._on_accept()
        headers = {
            "Content-Type": "application/json",
            f"{_SAGEMAKER}OutputLocation": accepted.output_location,
        }
        if accepted.failure_location is not None:
            headers[f"{_SAGEMAKER}FailureLocation"] = accepted.failure_location
        return Reply(202, headers, [json.dumps({"InferenceId": accepted.inference_id}).encode()])

    async def _store(self, accepted: AsyncCall, body: bytes | None) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if async_queue.size(connection) >= _MAX_QUEUED:
                raise service_unavailable(f"{_MAX_QUEUED} asynchronous requests are queued already.")
            async_queue.insert(connection, accepted, body)

        try:
            await self._database.run(work)
        except sqlite3.OperationalError as error:
            raise internal_dependency(f"The engine's state takes no request now: {error}.") from error


def execution_role(plan: Plan) -> str:
    """The role whose credentials read inputs and write results."""
    roles = [one.model.role_arn for one in plan.variants if one.model is not None]
    return plan.role_arn or next((role for role in roles if role), "")


def _inline_body(call: Call) -> bytes | None:
    """Return the body that came with the call, or None when the call names one in S3."""
    has_location = f"{_SAGEMAKER}InputLocation" in call.headers
    if has_location == bool(call.size_bytes):
        raise runtime_validation_error("Give either InputLocation or a Body, and not both.")
    if call.size_bytes > _MAX_INLINE_BYTES:
        raise runtime_validation_error(
            f"The request body has {call.size_bytes} bytes; above {_MAX_INLINE_BYTES} put it into S3 and "
            "give its InputLocation."
        )
    return None if has_location else b"".join(call.body)


def _accepted(
    call: Call, scope: Scope, endpoint: str, arn: str, config: Mapping[str, Any], role_arn: str
) -> AsyncCall:
    headers, now = call.headers, time.time()
    call_id = str(uuid.uuid4())
    output, failure = _locations(headers, config["OutputConfig"], call_id)
    topics = config["OutputConfig"].get("NotificationConfig", {})
    inference_id = headers.get(_INFERENCE_ID, call_id)
    return AsyncCall(
        call_id=call_id,
        endpoint_arn=arn,
        endpoint=endpoint,
        region=scope.region,
        account_id=scope.account_id,
        inference_id=inference_id,
        input_location=_input_location(headers),
        content_type=headers.get(_CONTENT_TYPE),
        accept=headers.get(_ACCEPT),
        headers=(*passed_headers(headers, _PASSED), (_INFERENCE_ID, inference_id)),
        output_location=output,
        failure_location=failure,
        success_topic=topics.get("SuccessTopic"),
        error_topic=topics.get("ErrorTopic"),
        topics_with_response=tuple(topics.get("IncludeInferenceResponseIn", ())),
        role_arn=role_arn,
        received_at=now,
        expires_at=now + int(headers.get(f"{_SAGEMAKER}RequestTTLSeconds", _DEFAULT_TTL_S)),
        timeout_s=int(headers.get(f"{_SAGEMAKER}InvocationTimeoutSeconds", _DEFAULT_TIMEOUT_S)),
    )


def _input_location(headers: Headers) -> str | None:
    location = headers.get(f"{_SAGEMAKER}InputLocation")
    return None if location is None else str(_s3_uri(location, "InputLocation"))


def _locations(headers: Headers, output: Mapping[str, Any], call_id: str) -> tuple[str, str | None]:
    if not output.get("S3OutputPath"):
        raise runtime_validation_error("The endpoint's AsyncInferenceConfig has no S3OutputPath for results.")
    extension = headers.get(f"{_SAGEMAKER}S3OutputPathExtension", "").strip("/")
    if ".." in extension.split("/"):
        raise runtime_validation_error("S3OutputPathExtension must not lead upwards.")
    base = _s3_uri(output["S3OutputPath"], "S3OutputPath")
    folder = base.below(f"{extension}/") if extension else base
    name = headers.get(f"{_SAGEMAKER}Filename", f"{call_id}.out")
    failure_path = output.get("S3FailurePath")
    if not failure_path:
        return str(folder.below(name)), None
    failures = _s3_uri(failure_path, "S3FailurePath")
    return str(folder.below(name)), str(failures.below(f"{name.partition('.')[0]}-error.out"))


def _s3_uri(text: str, member: str) -> S3Uri:
    try:
        return parse_s3_uri(text)
    except ObjectStoreError as error:
        raise runtime_validation_error(f"{member} {text} must begin with s3://.") from error
