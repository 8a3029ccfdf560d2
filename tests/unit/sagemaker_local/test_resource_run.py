"""A clean stop of the engine lets no worker pool get lost, wherever a deletion is."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from sagemaker_local.hosting.resource_run import PooledRun


@dataclass
class Deleted:
    status: str = "Deleting"


class SlowPool:
    """Takes until it is let go to end."""

    def __init__(self) -> None:
        self.successor = None
        self.is_ending = asyncio.Event()
        self.may_end = asyncio.Event()
        self.has_ended = False

    async def end(self, *, drain: bool) -> None:
        self.is_ending.set()
        await self.may_end.wait()
        self.has_ended = True


class OnePool(PooledRun[Deleted]):
    def __init__(self, pool: SlowPool) -> None:
        super().__init__("arn", "run", self._stored_now)
        self._pools = {(1, "main"): cast(Any, pool)}

    async def _stored_now(self, _: str) -> Deleted:
        return Deleted()

    async def _adopt(self, _: Deleted) -> None:
        return

    async def _advance(self, _: Deleted) -> bool:
        return False

    async def _tear_down(self, _: Deleted) -> None:
        self._end_pool((1, "main"), successor=None)
        await self._all_ended()


def test_a_pool_that_ends_for_a_deletion_is_waited_for_by_a_clean_stop() -> None:
    async def scene() -> bool:
        pool = SlowPool()
        run = OnePool(pool)
        task = asyncio.create_task(run.run())
        await pool.is_ending.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        pool.may_end.set()
        await run.suspend()
        return pool.has_ended

    assert asyncio.run(scene())
