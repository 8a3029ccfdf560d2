"""What a server of the user's own functions answers."""

import json
import logging
from collections.abc import Mapping

from openbml_kit.script_serving.front import BodyError
from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.pool import NoWorkerFreeError, WorkerDiedError, WorkerPool
from openbml_kit.script_serving.replies import error_reply
from openbml_kit.script_serving.settings import ScriptServingSettings

_log = logging.getLogger("openbml_kit.serving")


class ScriptApplication:
    def __init__(self, settings: ScriptServingSettings, pool: WorkerPool[Request, Reply]) -> None:
        self._settings = settings
        self._pool = pool

    @property
    def max_body_bytes(self) -> int | None:
        return self._settings.max_body_bytes

    @property
    def is_ready(self) -> bool:
        return self._pool.is_ready

    @property
    def pages(self) -> Mapping[str, bytes]:
        """What a batch job reads before it starts; SageMaker limits the product to 100 MB."""
        megabytes = self._settings.max_payload_mb
        most = max(1, 100 // megabytes) if megabytes else 1
        parameters = {
            "MaxConcurrentTransforms": min(self._settings.workers, most),
            "BatchStrategy": self._settings.batch_strategy,
            "MaxPayloadInMB": megabytes,
        }
        return {"/execution-parameters": json.dumps(parameters).encode()}

    def answer(self, request: Request) -> Reply:
        if not self._pool.has_been_ready:
            return error_reply(503, "the model is not ready")
        try:
            return self._pool.answer(request)
        except NoWorkerFreeError as error:
            return error_reply(503, str(error))
        except WorkerDiedError as error:
            _log.error("%s", error)
            return error_reply(500, error)

    def refuse(self, error: BodyError, content_type: str) -> Reply:
        return error_reply(error.status, str(error))
