"""What is asked of a job that is being driven, and how its steps notice."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from sagemaker_local.storage.objects_s3 import Cancelled, ObjectStoreUnavailable

Result = TypeVar("Result")
_MAX_BACKOFF_S = 15.0

logger = logging.getLogger(__name__)


class RunSignals:
    """A stop is committed before it is told here; an engine stop and an interruption are told only."""

    def __init__(self) -> None:
        self.nudge = asyncio.Event()
        self.cancel_transfer = threading.Event()
        self.suspended = False
        self.interrupted = False

    def stop(self) -> None:
        self.cancel_transfer.set()
        self.nudge.set()

    def suspend(self) -> None:
        self.suspended = True
        self.stop()

    def interrupt(self) -> None:
        self.interrupted = True
        self.stop()

    def rearm(self) -> None:
        self.interrupted = False
        self.nudge.clear()
        self.cancel_transfer.clear()

    async def unless_nudged(self, task: "asyncio.Task[Any]", timeout: float | None) -> bool:
        """Wait for a task; False when something is asked meanwhile, or the time is over."""
        nudged = asyncio.create_task(self.nudge.wait())
        done, _ = await asyncio.wait({task, nudged}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        nudged.cancel()
        await asyncio.gather(nudged, return_exceptions=True)
        return task in done

    async def until_available(self, work: Callable[[], Result], who: str) -> Result:
        """Run blocking ``work``, waiting out an S3 that cannot be reached: the job is not to blame.

        Raises:
            Cancelled: the wait is no longer wanted.
        """
        backoff_s = 0.5
        while True:
            try:
                return await asyncio.to_thread(work)
            except ObjectStoreUnavailable as error:
                if self.suspended or self.cancel_transfer.is_set():
                    raise Cancelled from error
                logger.warning("%s waits %.1f s for S3: %s", who, backoff_s, error)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
