"""InvokeEndpoint: from the caller to a worker and back (contract section 6.3)."""

import json
import logging
import re
import uuid
from collections.abc import Callable, Sequence
from functools import lru_cache

from botocore.model import ServiceModel, StringShape

from sagemaker_local.hosting.calls import Call, Headers, Reply
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.routing import (
    ConcurrencyLimitError,
    EndpointRoute,
    NotReadyError,
    NoWorkerError,
    RoutingError,
    Target,
    WorkerPool,
)
from sagemaker_local.hosting.worker import Worker
from sagemaker_local.hosting.worker_connections import (
    AnswerTooLarge,
    ContainerClosed,
    NotConnected,
    WorkerConnections,
)
from sagemaker_local.protocol.arns import ENDPOINT, Scope
from sagemaker_local.protocol.errors import (
    RuntimeApiError,
    model_error,
    runtime_validation_error,
    service_unavailable,
)
from sagemaker_local.protocol.signature import scope_of
from sagemaker_local.protocol.validate import violations
from sagemaker_local.settings import Settings

_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
_PASSED = (
    "Content-Type",
    "Accept",
    _ATTRIBUTES,
    "X-Amzn-SageMaker-Inference-Id",
    "X-Amzn-SageMaker-Session-Id",
)
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_FIRST_ERROR_STATUS = 400

logger = logging.getLogger(__name__)


class Invocations:
    def __init__(self, fleet: Fleet, model: ServiceModel, settings: Settings) -> None:
        self._fleet = fleet
        self._settings = settings
        self._connections = WorkerConnections(settings.max_body_bytes)
        self._check = header_check(model, "InvokeEndpoint")

    async def answer(self, call: Call) -> Reply:
        request_id = str(uuid.uuid4())
        try:
            reply = await self._answer(call)
        except RuntimeApiError as error:
            reply = error_reply(error)
        except Exception:
            logger.exception("invocation failed, request id %s", request_id)
            reply = error_reply(
                RuntimeApiError("InternalFailure", 500, f"engine fault, request {request_id}", {})
            )
        reply.headers["x-amzn-RequestId"] = request_id
        return reply

    async def _answer(self, call: Call) -> Reply:
        if call.operation == "invocations":
            return await self._invoke(call)
        raise runtime_validation_error(
            f"The operation {call.operation} is not supported yet by sagemaker-local."
        )

    async def _invoke(self, call: Call) -> Reply:
        scope = self._scope(call)
        route = self._route(scope, call.endpoint)
        self._check(call.headers)
        target = Target.of_headers(call.headers)
        try:
            variant = route.pool(target)
        except RoutingError as error:
            raise runtime_validation_error(str(error)) from error
        limit = min(self._settings.max_body_bytes, variant.body_limit or self._settings.max_body_bytes)
        if call.size_bytes > limit:
            raise runtime_validation_error(f"The request body is larger than {limit} bytes.")
        headers = [(name, call.headers[name]) for name in _PASSED if name in call.headers]
        return await self._forward(scope, route, variant, target, headers, call.body)

    def _scope(self, call: Call) -> Scope:
        return scope_of(
            call.headers.get("Authorization"),
            account_id=self._settings.account_id,
            default_region=self._settings.region,
        )

    def _route(self, scope: Scope, name: str) -> EndpointRoute:
        route = self._fleet.route(scope.arn(ENDPOINT, name)) if _NAME.fullmatch(name) else None
        if route is None:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} not found.")
        if not route.takes_requests:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} is not InService.")
        return route

    async def _forward(
        self,
        scope: Scope,
        route: EndpointRoute,
        variant: WorkerPool,
        target: Target,
        headers: Sequence[tuple[str, str]],
        body: Sequence[bytes],
    ) -> Reply:
        tried: list[Worker] = []
        while True:
            try:
                worker = await variant.admit(tried)
            except NoWorkerError as error:
                raise service_unavailable(
                    f"Endpoint {route.name} has no healthy instance of variant {variant.name}."
                ) from error
            except ConcurrencyLimitError as error:
                raise service_unavailable(
                    f"Variant {variant.name} of endpoint {route.name} has as many open requests as its "
                    "MaxConcurrency allows."
                ) from error
            except NotReadyError as error:
                raise RuntimeApiError("ModelNotReadyException", 429, str(error), {}) from error
            try:
                return await self._chain(worker, scope, variant, target, headers, body)
            except NotConnected:
                tried.append(worker)  # nothing was sent yet, so another worker may have it
            finally:
                variant.release(worker)

    async def _chain(
        self,
        worker: Worker,
        scope: Scope,
        variant: WorkerPool,
        target: Target,
        headers: Sequence[tuple[str, str]],
        body: Sequence[bytes],
    ) -> Reply:
        """Call the containers of a worker one after the other; the last reply is the caller's."""
        try:
            first, *rest = worker.hops(target)
        except RoutingError as error:
            raise runtime_validation_error(str(error)) from error
        reply = await self._call(first, scope, variant, headers, body)
        for address in rest:
            passed = [one for one in headers if one[0] != "Content-Type"]
            passed.append(("Content-Type", reply.headers["Content-Type"]))
            reply = await self._call(address, scope, variant, passed, reply.body)
        return reply

    async def _call(
        self,
        address: str,
        scope: Scope,
        variant: WorkerPool,
        headers: Sequence[tuple[str, str]],
        body: Sequence[bytes],
    ) -> Reply:
        logs = f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:{variant.log_group}"
        try:
            answer = await self._connections.request(
                address, "/invocations", headers, body, self._settings.invocation_timeout_s
            )
        except TimeoutError as error:
            raise model_error(
                message=f"Invocation timed out while waiting for a response from container {variant.name}.",
                status=0,
                original=b"",
                log_stream_arn=logs,
            ) from error
        except (ContainerClosed, AnswerTooLarge) as error:
            raise model_error(
                message=f"The container of variant {variant.name} gave no answer: {error}.",
                status=0,
                original=str(error).encode(),
                log_stream_arn=logs,
            ) from error
        if answer.status >= _FIRST_ERROR_STATUS:
            content = b"".join(answer.parts)
            kind = "client" if answer.status < 500 else "server"
            text = content[:512].decode("utf-8", "replace")
            raise model_error(
                message=f'Received {kind} error ({answer.status}) from primary with message "{text}". '
                f"See {logs} for more information.",
                status=answer.status,
                original=content,
                log_stream_arn=logs,
            )
        reply_headers = {
            "Content-Type": answer.headers.get("Content-Type", "application/octet-stream"),
            "x-Amzn-Invoked-Production-Variant": variant.name,
        }
        if _ATTRIBUTES in answer.headers:
            reply_headers[_ATTRIBUTES] = answer.headers[_ATTRIBUTES]
        return Reply(200, reply_headers, answer.parts)


def header_check(model: ServiceModel, operation: str) -> Callable[[Headers], None]:
    """Return what checks the header members of an operation against the service model."""
    members = model.operation_model(operation).input_shape
    shapes = {
        shape.serialization["name"]: shape
        for shape in (members.members.values() if members is not None else ())
        if shape.serialization.get("location") == "header" and isinstance(shape, StringShape)
    }

    @lru_cache(maxsize=4096)  # callers repeat themselves
    def problem(name: str, value: str) -> str | None:
        return next(violations(shapes[name], value, name), None)

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
