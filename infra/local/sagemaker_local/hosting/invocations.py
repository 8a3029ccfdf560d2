"""The runtime API: what is called, by whom, on which endpoint (contract section 6.3)."""

import json
import logging
import re
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import lru_cache

from botocore.model import ServiceModel, StringShape

from sagemaker_local.hosting import event_stream
from sagemaker_local.hosting.async_operations import AsyncOperations
from sagemaker_local.hosting.calls import Call, Headers, Reply
from sagemaker_local.hosting.data_capture import DataCapture
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.proxy import ATTRIBUTES, Invocation, Proxy, passed_headers, reply_headers
from sagemaker_local.hosting.routing import EndpointRoute, RoutingError, Target, WorkerPool
from sagemaker_local.hosting.worker_connections import ContainerClosed
from sagemaker_local.protocol.arns import ENDPOINT, Scope
from sagemaker_local.protocol.errors import RuntimeApiError, runtime_validation_error, service_unavailable
from sagemaker_local.protocol.signature import scope_of
from sagemaker_local.protocol.validate import violations
from sagemaker_local.settings import Settings

_SAGEMAKER = "X-Amzn-SageMaker-"
_SAME_NAME = tuple(
    (name, name)
    for name in (
        ATTRIBUTES,
        f"{_SAGEMAKER}Inference-Id",
        f"{_SAGEMAKER}Session-Id",
        f"{_SAGEMAKER}Target-Model",
        f"{_SAGEMAKER}Prefix-Aware-Id",
    )
)
_PASSED = (("Content-Type", "Content-Type"), ("Accept", "Accept"), *_SAME_NAME)
_PASSED_TO_STREAM = (("Content-Type", "Content-Type"), (f"{_SAGEMAKER}Accept", "Accept"), *_SAME_NAME)
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_FAULT_MESSAGE_LIMIT = 2048
_MAX_DIGITS = 9
_SERVING = ("InService", "Updating", "RollingBack", "SystemUpdating")

logger = logging.getLogger(__name__)

Operation = Callable[[Call, Scope, EndpointRoute], Awaitable[Reply]]


class Invocations:
    """Finds endpoint and variant of a call, checks it, and has it answered."""

    def __init__(
        self,
        fleet: Fleet,
        model: ServiceModel,
        settings: Settings,
        proxy: Proxy,
        asynchronous: AsyncOperations,
        capture: DataCapture,
    ) -> None:
        self._fleet = fleet
        self._settings = settings
        self._proxy = proxy
        self._capture = capture
        self._operations: Mapping[str, tuple[str, Operation]] = {
            "invocations": ("InvokeEndpoint", self._invoke),
            "invocations-response-stream": ("InvokeEndpointWithResponseStream", self._invoke_streamed),
            "async-invocations": ("InvokeEndpointAsync", asynchronous.invoke),
        }
        self._checks = {name: header_check(model, name) for name, _ in self._operations.values()}

    async def answer(self, call: Call) -> Reply:
        request_id = str(uuid.uuid4())
        try:
            reply = await self._answer(call)
        except RuntimeApiError as error:
            reply = error_reply(error)
        except Exception:
            logger.exception("invocation failed, request id %s", request_id)
            fault = f"The engine failed on this request; its log names request {request_id}."
            reply = error_reply(RuntimeApiError("InternalFailure", 500, fault, {}))
        reply.headers["x-amzn-RequestId"] = request_id
        return reply

    async def _answer(self, call: Call) -> Reply:
        found = self._operations.get(call.operation)
        if found is None:
            raise RuntimeApiError(
                "UnknownOperationException", 404, f"There is no operation at {call.operation}.", {}
            )
        name, operation = found
        scope = scope_of(
            call.headers.get("Authorization"),
            account_id=self._settings.account_id,
            default_region=self._settings.region,
        )
        route = self._route(scope, call.endpoint)
        self._checks[name](call.headers)
        return await operation(call, scope, route)

    def _route(self, scope: Scope, name: str) -> EndpointRoute:
        route = self._fleet.route(scope.arn(ENDPOINT, name)) if _NAME.fullmatch(name) else None
        if route is None and not self._fleet.is_recovered:
            raise service_unavailable("The engine has just started and brings its endpoints back.")
        if route is None:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} not found.")
        if not route.takes_requests and route.status in _SERVING:
            raise service_unavailable(f"Endpoint {name} is being brought back after a restart.")
        if not route.takes_requests:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} is not InService.")
        return route

    async def _invoke(self, call: Call, scope: Scope, route: EndpointRoute) -> Reply:
        invocation = self._invocation(call, scope, route, _PASSED, self._settings.invocation_timeout_s)
        answer = await self._proxy.send(invocation)
        self._capture.offer(invocation, answer)
        return Reply(200, reply_headers(answer, invocation.pool.name), answer.parts)

    async def _invoke_streamed(self, call: Call, scope: Scope, route: EndpointRoute) -> Reply:
        limit_s = self._settings.stream_timeout_s
        invocation = self._invocation(call, scope, route, _PASSED_TO_STREAM, limit_s)
        answer, body = await self._proxy.stream(invocation)
        headers = reply_headers(answer, invocation.pool.name, f"{_SAGEMAKER}Content-Type")
        headers["Content-Type"] = event_stream.CONTENT_TYPE
        return Reply(200, headers, stream=_frames(body, limit_s))

    def _invocation(
        self,
        call: Call,
        scope: Scope,
        route: EndpointRoute,
        passed: Sequence[tuple[str, str]],
        timeout_s: float,
    ) -> Invocation:
        began_at = time.perf_counter()
        if route.async_config is not None:
            raise runtime_validation_error(
                f"Endpoint {route.name} is an asynchronous inference endpoint; call InvokeEndpointAsync."
            )
        if f"{_SAGEMAKER}Enable-Explanations" in call.headers:
            raise runtime_validation_error(
                f"Endpoint {route.name} has no explainer, so EnableExplanations cannot be used."
            )
        target = Target.of_headers(call.headers)
        try:
            pool = route.pool(target)
        except RoutingError as error:
            raise runtime_validation_error(str(error)) from error
        self._check_size(call, pool)
        return Invocation(
            scope=scope,
            route=route,
            pool=pool,
            target=target,
            headers=[*passed_headers(call.headers, passed), *route.headers(target).items()],
            body=call.body,
            timeout_s=timeout_s,
            began_at=began_at,
        )

    def _check_size(self, call: Call, pool: WorkerPool) -> None:
        limit = min(self._settings.max_body_bytes, pool.body_limit or self._settings.max_body_bytes)
        if call.size_bytes > limit:
            raise runtime_validation_error(
                f"The request body has {call.size_bytes} bytes, more than the {limit} that are taken."
            )


async def _frames(body: AsyncGenerator[bytes, None], limit_s: float) -> AsyncGenerator[bytes, None]:
    """The container's answer as event frames; what goes wrong on the way becomes the last frame."""
    async with aclosing(body):
        try:
            async for part in body:
                for frame in event_stream.payload_parts(part):
                    yield frame
        except TimeoutError:
            members = {
                "Message": f"The model did not end its response within {limit_s:g} seconds.",
                "ErrorCode": "ModelInvocationTimeExceeded",
            }
            yield event_stream.failure("ModelStreamError", members)
        except ContainerClosed as error:
            members = {"Message": str(error)[:_FAULT_MESSAGE_LIMIT], "ErrorCode": "StreamBroken"}
            yield event_stream.failure("ModelStreamError", members)
        except Exception:
            logger.exception("a response stream failed")
            members = {"Message": "The engine failed on this stream; its log has the reason."}
            yield event_stream.failure("InternalStreamFailure", members)


def header_check(model: ServiceModel, operation: str) -> Callable[[Headers], None]:
    """Return what checks the header members of an operation against the service model."""
    members = model.operation_model(operation).input_shape
    shapes = {
        shape.serialization["name"]: shape
        for shape in (members.members.values() if members is not None else ())
        if shape.serialization.get("location") == "header"
    }

    @lru_cache(maxsize=4096)  # callers repeat themselves
    def problem(name: str, value: str) -> str | None:
        shape = shapes[name]
        if isinstance(shape, StringShape):
            return next(violations(shape, value, name), None)
        if not value.isascii() or not value.isdigit() or len(value) > _MAX_DIGITS:
            return f"Value '{value[:_MAX_DIGITS]}' at '{name}' is not a number"
        return next(violations(shape, int(value), name), None)

    def check(headers: Headers) -> None:
        for name in shapes:
            value = headers.get(name)
            found = None if value is None else problem(name, value)
            if found is not None:
                raise runtime_validation_error(f"1 validation error detected: {found}")

    return check


def error_reply(error: RuntimeApiError) -> Reply:
    body = json.dumps({"Message": error.message, **error.members}).encode()
    return Reply(error.status, {"Content-Type": "application/json", "x-amzn-ErrorType": error.name}, [body])
