"""A model in processes of its own, asked like one in this process: what a batch runs users' code with."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.answers import RefusedError, refused, written
from openbml_kit.framework_serving.settings import WorkerSettings
from openbml_kit.framework_serving.worker_process import FrameworkWorker
from openbml_kit.script_serving.pool import NoWorkerFreeError, QueueFullError, WorkerDiedError, WorkerPool

Pool = WorkerPool[bytes, bytes]


def worker_pool(folder: Path, settings: WorkerSettings, env: Mapping[str, str] = os.environ) -> Pool:
    """Return the model's workers, none of them started yet."""
    return WorkerPool(
        lambda: FrameworkWorker(folder.resolve(), settings, env),
        size=settings.size,
        timeout_s=settings.timeout_s,
        max_waiting=settings.max_waiting,
    )


class FrameworkWorkers:
    """Answers from several threads at once, as many together as there are workers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def answer(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the reply's fields.

        Raises:
            RefusedError: the call is wrong, the user's code refuses it, or the worker did not live through
                it (336000); the next call meets another one.
            GarbageError: the document is no JSON.
        """
        try:
            reply: dict[str, Any] = orjson.loads(self._pool.answer(written(document)))
        except WorkerDiedError as error:
            raise refused("internal", str(error)) from error
        except (NoWorkerFreeError, QueueFullError) as error:
            raise refused("model_unavailable") from error
        if "error_code" in reply:
            raise RefusedError(reply["error_code"], reply["error_msg"])
        return reply

    def warm_up(self) -> None:
        """A worker is warm before it is there.

        Raises:
            UserFault: the model cannot be set up.
        """
        self._pool.wait_until_ready()
        if self._pool.failure is not None:
            raise UserFault(self._pool.failure)


@contextmanager
def framework_workers(
    folder: Path, settings: WorkerSettings | None = None, env: Mapping[str, str] = os.environ
) -> Iterator[FrameworkWorkers]:
    """Start workers for a model's folder and end them in the end.

    Args:
        settings: None takes what the variables and the machine say.

    Raises:
        UserFault: the model cannot be set up, or a variable has no usable value.
    """
    pool = worker_pool(folder, settings or WorkerSettings.from_env(folder, env), env)
    pool.open()
    try:
        workers = FrameworkWorkers(pool)
        workers.warm_up()
        yield workers
    finally:
        pool.close()
