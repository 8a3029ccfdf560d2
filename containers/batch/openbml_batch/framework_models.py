"""Imported models: users' code and files, run by the framework host's workers.

The workers get no variables of this process and, in a container, another user: neither the job's credentials
nor this process's memory are theirs to read.
"""

import ctypes
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openbml_batch.items import Document, ItemError
from openbml_batch.models import payload_of
from openbml_batch.payloads import Payload
from openbml_catalog.errors import prediction_error
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import GarbageError, RefusedError
from openbml_kit.framework_serving.bodies import MAX_BODY_BYTES, read_object
from openbml_kit.framework_serving.loading import read_manifest
from openbml_kit.framework_serving.settings import WorkerSettings
from openbml_kit.framework_serving.workers import FrameworkWorkers, worker_pool

_JSON = "application/json"
_PR_SET_DUMPABLE = 4
# Requests in a row that no worker was there for; then none comes back.
_MOST_UNANSWERED = 20


class FrameworkModel:
    """
    Raises:
        UserFault: the model cannot be set up.
    """

    labels: Sequence[str] = ()
    quantiles: Sequence[str] = ()
    features: Sequence[str] = ()
    numbers: frozenset[str] = frozenset()

    def __init__(self, folder: Path) -> None:
        hide_from_others()
        manifest = read_manifest(folder)
        settings = WorkerSettings.from_env(folder)
        self.payload = (
            payload_of(manifest.task, "image_undecodable") if manifest.contract == "task" else Payload(None)
        )
        self.parallel = settings.size
        self.most_line_bytes = MAX_BODY_BYTES[manifest.contract]
        self._pool = worker_pool(folder, settings)
        self._pool.open()
        self._workers = FrameworkWorkers(self._pool)
        self._unanswered = 0
        self._lock = threading.Lock()
        try:
            self._workers.warm_up()
        except BaseException:
            self._pool.close()
            raise

    def read(self, body: bytes) -> Document:
        if len(body) > self.most_line_bytes:
            raise _error("size_invalid")
        try:
            return read_object(body, _JSON)
        except RefusedError as error:
            raise ItemError(error.code, error.message) from error

    def answer(self, document: Document) -> Mapping[str, Any]:
        try:
            reply = self._workers.answer(document)
        except RefusedError as error:
            self._count(error.code)
            raise ItemError(error.code, error.message) from error
        except GarbageError as error:
            raise _error("invalid_argument") from error
        self._count(None)
        return reply

    def close(self) -> None:
        self._pool.close()

    def _count(self, code: int | None) -> None:
        """Raises UserFault: the model's processes do not come back."""
        with self._lock:
            gone = code == prediction_error("model_unavailable").code
            self._unanswered = self._unanswered + 1 if gone else 0
            if self._unanswered >= _MOST_UNANSWERED:
                raise UserFault("the model's processes end again and again: the log says why")


def hide_from_others() -> None:
    """Keep this process's variables and memory from processes of the same user.

    Source: prctl(2), PR_SET_DUMPABLE; proc(5): the files of such a process are root's, to be traced only.
    """
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _error(name: str) -> ItemError:
    row = prediction_error(name)
    return ItemError(row.code, row.message)
