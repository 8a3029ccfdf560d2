"""What a server of a framework's model answers: the manual's bodies, always with HTTP status 200."""

import logging
from collections.abc import Mapping
from typing import Literal

from openbml_kit.framework_serving.answers import RefusedError, error_document, refused, written
from openbml_kit.framework_serving.bodies import MAX_BODY_BYTES, read_object
from openbml_kit.framework_serving.workers import Pool
from openbml_kit.script_serving.content import JSON, media_type
from openbml_kit.script_serving.front import BodyError
from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.pool import NoWorkerFreeError, QueueFullError, WorkerDiedError

_CONTENT_TYPE = "application/json; charset=utf-8"

_log = logging.getLogger("openbml_kit.serving")


class FrameworkApplication:
    """A body that is wrong by itself never reaches the user's code."""

    def __init__(self, contract: Literal["framework", "task"], pool: Pool) -> None:
        self._most_bytes = MAX_BODY_BYTES[contract]
        self._pool = pool

    @property
    def max_body_bytes(self) -> int:
        return self._most_bytes

    @property
    def is_ready(self) -> bool:
        return self._pool.is_ready

    @property
    def pages(self) -> Mapping[str, bytes]:
        return {}

    def answer(self, request: Request) -> Reply:
        try:
            read_object(request.body, request.content_type)
            return Reply(200, _CONTENT_TYPE, self._answer(request.body))
        except RefusedError as error:
            return _refusal(error)

    def refuse(self, error: BodyError, content_type: str) -> Reply:
        is_too_large = error.status == 413 and media_type(content_type) == JSON
        return _refusal(refused("size_invalid" if is_too_large else "invalid_argument"))

    def _answer(self, body: bytes) -> bytes:
        if not self._pool.is_serving:
            raise refused("model_unavailable")
        try:
            return self._pool.answer(body)
        except (NoWorkerFreeError, QueueFullError) as error:
            raise refused("model_unavailable") from error
        except WorkerDiedError as error:
            _log.error("a call failed: %s", error)
            raise refused("internal") from error


def _refusal(error: RefusedError) -> Reply:
    return Reply(200, _CONTENT_TYPE, written(error_document(error)))
