"""The ASGI application: `GET /ping` and `POST /invocations`, nothing else.

Source: sagemaker-local contract section 6.2, docs/reference/contracts.md section 3.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openbml_serving.replies import RequestError, error_body, result_body
from openbml_serving.requests import IMAGE_BODY, is_json, read_object
from openbml_serving.settings import ServingSettings
from openbml_serving.tasks import ServedTask

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("openbml_serving")
# A body over the limit is read to its end, unless it is absurd: clients read no answer while they still send.
_MOST_DISCARDED = 32 * 1024 * 1024
_JSON = (b"content-type", b"application/json; charset=utf-8")


class BodyTooLargeError(Exception):
    """The body is larger than any valid request can be."""


class ClientGoneError(Exception):
    """The client closed the connection or sends too slowly; nobody waits for an answer."""


class Application:
    """Answers at once while the model is not set up: `/ping` 503, `/invocations` with 336100."""

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._task: ServedTask | None = None
        self._body_rules = IMAGE_BODY
        self._most_bytes = settings.max_body_bytes
        self._workers = ThreadPoolExecutor(settings.cores, thread_name_prefix="inference")
        self._accepted = 0

    def ready(self, task: ServedTask) -> None:
        self._body_rules = task.body
        self._most_bytes = min(self._most_bytes, task.body.most_bytes or self._most_bytes)
        self._task = task

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        match (scope["method"], scope["path"]):
            case ("GET" | "HEAD", "/ping"):
                await _reply(send, 503 if self._task is None else 200, b"")
            case ("POST", "/invocations"):
                await self._invocation(scope, receive, send)
            case (_, "/ping" | "/invocations"):
                await _reply(send, 405, b"")
            case _:
                await _reply(send, 404, b"")

    async def _invocation(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        try:
            body = await self._body(headers, receive)
        except BodyTooLargeError:
            error = self._body_rules.too_large if is_json(content_type) else "invalid_argument"
            await _reply(send, 200, error_body(error), closing=True)
            return
        except ClientGoneError:
            return
        await _reply(send, 200, await self._answer(body, content_type))

    async def _answer(self, body: bytes, content_type: str) -> bytes:
        if self._task is None or self._accepted >= self._settings.max_waiting:
            return error_body("model_unavailable")
        alone = self._accepted == 0
        self._accepted += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._workers, answer, self._task, body, content_type, alone)
        finally:
            self._accepted -= 1

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        limit = self._most_bytes
        if int(headers.get(b"content-length", b"0")) > _MOST_DISCARDED:
            raise BodyTooLargeError
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientGoneError
                    part: bytes = message.get("body", b"")
                    size += len(part)
                    if size <= limit:
                        parts.append(part)
                    if size <= _MOST_DISCARDED and message.get("more_body", False):
                        continue
                    if size > limit:
                        raise BodyTooLargeError
                    return parts[0] if len(parts) == 1 else b"".join(parts)
        except TimeoutError as error:
            raise ClientGoneError from error


def answer(task: ServedTask, body: bytes, content_type: str, alone: bool) -> bytes:  # noqa: FBT001 - an executor passes by place
    """Return the reply's body; a fault of ours is told as the manual's internal error and logged."""
    try:
        document = read_object(body, content_type, task.body)
        return result_body(task.handler.answer(document, alone=alone))
    except RequestError as error:
        return error_body(error.name, error.detail)
    except Exception:  # noqa: BLE001 - the request's outermost frame: a client always gets the manual's body
        _log.exception("invocation failed")
        return error_body("internal")


async def _reply(send: Send, status: int, body: bytes, *, closing: bool = False) -> None:
    headers = [_JSON, (b"content-length", str(len(body)).encode())]
    if closing:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
