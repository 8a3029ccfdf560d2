"""Runs that drive one resource each for as long as it lives, and begin again after an error."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

_MAX_BACKOFF_S = 30.0

logger = logging.getLogger(__name__)


class Run(Protocol):
    """What drives one resource; ``title`` is for logs."""

    arn: str
    title: str

    def wake(self) -> None: ...
    async def run(self) -> None: ...
    async def suspend(self) -> None: ...


R = TypeVar("R", bound=Run)


class GuardedRuns(Generic[R]):
    """Each run in a task of its own; ``ended`` is told of one that has returned and is no longer here."""

    def __init__(self, ended: Callable[[R], Awaitable[None]]) -> None:
        self._ended = ended
        self._runs: dict[str, R] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def get(self, arn: str) -> R | None:
        return self._runs.get(arn)

    def wake(self, arn: str) -> bool:
        """False when nothing drives this resource."""
        run = self._runs.get(arn)
        if run is not None:
            run.wake()
        return run is not None

    def begin(self, run: R) -> None:
        self._runs[run.arn] = run
        self._tasks[run.arn] = asyncio.create_task(self._guarded(run), name=run.title)

    async def suspend(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await asyncio.gather(*(run.suspend() for run in self._runs.values()))

    async def _guarded(self, run: R) -> None:
        backoff_s = 1.0
        while True:
            try:
                await run.run()
                break
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("%s; trying again in %.0f s", run.title, backoff_s)
                await asyncio.sleep(backoff_s)
                backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
        del self._runs[run.arn], self._tasks[run.arn]
        await self._ended(run)
