"""InvokeEndpoint: from the caller to a worker and back (contract section 6.3)."""

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Mapping

import aiohttp
from aiohttp import web
from botocore.model import ServiceModel, StringShape

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
_CONNECT_S = 0.25
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")

logger = logging.getLogger(__name__)


class InvocationRoute:
    def __init__(self, fleet: Fleet, model: ServiceModel, settings: Settings) -> None:
        self._fleet = fleet
        self._settings = settings
        self._timeout = aiohttp.ClientTimeout(
            total=settings.invocation_timeout_s, connect=None, sock_connect=_CONNECT_S
        )
        members = model.operation_model("InvokeEndpoint").input_shape
        self._headers = {
            shape.serialization["name"]: shape
            for shape in (members.members.values() if members is not None else ())
            if shape.serialization.get("location") == "header"
        }

    async def handle(self, request: web.Request) -> web.Response:
        request_id = str(uuid.uuid4())
        try:
            reply = await self._invoke(request)
        except RuntimeApiError as error:
            reply = _error_reply(error)
        except Exception:
            logger.exception("invocation failed, request id %s", request_id)
            reply = _error_reply(
                RuntimeApiError("InternalFailure", 500, f"engine fault, request {request_id}", {})
            )
        reply.headers["x-amzn-RequestId"] = request_id
        return reply

    async def refuse(self, request: web.Request) -> web.Response:
        operation = request.match_info["operation"]
        return _error_reply(
            runtime_validation_error(f"The operation {operation} is not supported yet by sagemaker-local.")
        )

    async def _invoke(self, request: web.Request) -> web.Response:
        scope = scope_of(
            request.headers.get("Authorization"),
            account_id=self._settings.account_id,
            default_region=self._settings.region,
        )
        route = self._route(scope, request.match_info["name"])
        self._check_headers(request.headers)
        body = await self._body(request)
        target = Target.of_headers(request.headers)
        try:
            variant = route.pool(target)
        except RoutingError as error:
            raise runtime_validation_error(str(error)) from error
        if variant.body_limit is not None and len(body) > variant.body_limit:
            raise runtime_validation_error(f"The request body is larger than {variant.body_limit} bytes.")
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        headers |= route.headers(target)
        return await self._forward(scope, route, variant, target, headers, body)

    def _route(self, scope: Scope, name: str) -> EndpointRoute:
        route = self._fleet.route(scope.arn(ENDPOINT, name)) if _NAME.fullmatch(name) else None
        if route is None:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} not found.")
        if not route.takes_requests:
            raise runtime_validation_error(f"Endpoint {name} of account {scope.account_id} is not InService.")
        return route

    def _check_headers(self, headers: Mapping[str, str]) -> None:
        for name, shape in self._headers.items():
            value = headers.get(name)
            if value is None or not isinstance(shape, StringShape):
                continue
            problem = next(violations(shape, value, name), None)
            if problem is not None:
                raise runtime_validation_error(f"1 validation error detected: {problem}")

    async def _body(self, request: web.Request) -> bytes:
        limit = self._settings.max_body_bytes
        if (request.content_length or 0) > limit:
            raise runtime_validation_error(f"The request body is larger than {limit} bytes.")
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise runtime_validation_error(f"The request body is larger than {limit} bytes.") from error
        if len(body) > limit:
            raise runtime_validation_error(f"The request body is larger than {limit} bytes.")
        return body

    async def _forward(
        self,
        scope: Scope,
        route: EndpointRoute,
        variant: WorkerPool,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        tried: list[Worker] = []
        # Let the loop see connections that a dead worker has closed, so that none of them is used.
        await asyncio.sleep(0)
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
                return await self._chain(worker, scope, route, variant, target, headers, body)
            except aiohttp.ClientConnectorError:
                tried.append(worker)  # nothing was sent yet, so another worker may have it
            finally:
                variant.release(worker)

    async def _chain(
        self,
        worker: Worker,
        scope: Scope,
        route: EndpointRoute,
        variant: WorkerPool,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        """Call the containers of a worker one after the other; the last reply is the caller's."""
        try:
            first, *rest = worker.hops(target)
        except RoutingError as error:
            raise runtime_validation_error(str(error)) from error
        reply = await self._call(first, scope, route, variant, headers, body)
        for address in rest:
            passed = {**headers, "Content-Type": reply.headers["Content-Type"]}
            reply = await self._call(address, scope, route, variant, passed, bytes(reply.body))  # type: ignore[arg-type]
        return reply

    async def _call(
        self,
        address: str,
        scope: Scope,
        route: EndpointRoute,
        variant: WorkerPool,
        headers: Mapping[str, str],
        body: bytes,
    ) -> web.Response:
        logs = f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:{variant.log_group}"
        try:
            async with self._fleet.http.post(
                f"{address}/invocations", data=body, headers=headers, timeout=self._timeout
            ) as answer:
                content = await answer.read()
        except aiohttp.ClientConnectorError:
            raise
        except TimeoutError as error:
            raise model_error(
                message=f"Invocation timed out while waiting for a response from container {variant.name}.",
                status=0,
                original=b"",
                log_stream_arn=logs,
            ) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise model_error(
                message=f"The container of variant {variant.name} closed the connection.",
                status=0,
                original=str(error).encode(),
                log_stream_arn=logs,
            ) from error
        if answer.status >= 400:
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
        return web.Response(body=content, headers=reply_headers)


def _error_reply(error: RuntimeApiError) -> web.Response:
    body = json.dumps({"Message": error.message, **error.members}).encode()
    return web.Response(
        status=error.status,
        body=body,
        headers={"Content-Type": "application/json", "x-amzn-ErrorType": error.name},
    )
