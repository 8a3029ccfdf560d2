"""The control plane's route: JSON 1.1 at ``POST /``, one operation per target header."""

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.errors import (
    ApiError,
    InternalFailure,
    SerializationException,
    UnknownOperationException,
)
from sagemaker_local.protocol.service_model import ServiceModels
from sagemaker_local.protocol.signature import scope_of
from sagemaker_local.protocol.validate import check_input, violations

JSON_1_1 = "application/x-amz-json-1.1"
_TARGET_PREFIX = "SageMaker."

#: One operation: the call's scope and the checked request; None answers with an empty body.
Handler = Callable[[Scope, Mapping[str, Any]], Awaitable[dict[str, Any] | None]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ControlPlane:
    models: ServiceModels
    handlers: Mapping[str, Handler]
    account_id: str
    default_region: str
    checks_replies: bool

    async def handle(self, request: web.Request) -> web.Response:
        request_id = str(uuid.uuid4())
        try:
            reply = await self._answer(request)
        except ApiError as error:
            return _reply(error.status, {"__type": error.name, "message": error.message}, request_id)
        except Exception:
            logger.exception("control call failed, request id %s", request_id)
            fault = InternalFailure(f"The engine failed on this request; its log names request {request_id}.")
            return _reply(fault.status, {"__type": fault.name, "message": fault.message}, request_id)
        return _reply(200, reply, request_id)

    async def _answer(self, request: web.Request) -> dict[str, Any] | None:
        target = request.headers.get("X-Amz-Target", "")
        name = target.removeprefix(_TARGET_PREFIX)
        operation = self.models.operation(name) if target.startswith(_TARGET_PREFIX) else None
        handler = self.handlers.get(name)
        if operation is None or handler is None:
            shown = name if operation is not None else (target or "(no X-Amz-Target header)")
            raise UnknownOperationException(f"The operation {shown} is not implemented by sagemaker-local.")
        document = _parse(await request.read())
        check_input(operation.input_shape, document)
        scope = scope_of(
            request.headers.get("Authorization"),
            account_id=self.account_id,
            default_region=self.default_region,
        )
        reply = await handler(scope, _without_nulls(document))
        if self.checks_replies:
            self._check_reply(name, reply)
        return reply

    def _check_reply(self, name: str, reply: dict[str, Any] | None) -> None:
        shape = self.models.control.operation_model(name).output_shape
        if shape is None or reply is None:
            if shape is not None or reply is not None:
                raise RuntimeError(f"{name}: reply and model disagree on whether there is a body")
            return
        problems = list(violations(shape, reply, ""))
        if problems:
            raise RuntimeError(f"{name}: reply does not fit the service model: {problems[:3]}")


def _without_nulls(value: Any) -> Any:
    """Null means absent in JSON 1.1."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SerializationException("The request body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise SerializationException("The request body must be a JSON object.")
    return document


def _reply(status: int, document: dict[str, Any] | None, request_id: str) -> web.Response:
    body = b"" if document is None else json.dumps(document).encode()
    return web.Response(
        status=status, body=body, headers={"Content-Type": JSON_1_1, "x-amzn-RequestId": request_id}
    )


def epoch(at: float) -> float:
    """A time value on the wire: seconds with milliseconds as the fraction."""
    return round(at, 3)
