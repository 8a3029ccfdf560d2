"""What runs of endpoints, inference components and adapters share: their loop, and pools that end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from sagemaker_local.hosting.deployment import PoolKey
from sagemaker_local.hosting.pool import WorkerPool


class Resource(Protocol):
    @property
    def status(self) -> str: ...


R = TypeVar("R", bound=Resource)


class ResourceRun(ABC, Generic[R]):
    """Looks at the resource as it is stored, does what its status asks for, and waits for the next wish."""

    def __init__(self, arn: str, title: str, stored: Callable[[str], Awaitable[R | None]]) -> None:
        self.arn = arn
        self.title = title
        self._stored = stored
        self._wake = asyncio.Event()
        self._is_adopted = False

    @property
    def is_woken(self) -> bool:
        return self._wake.is_set()

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until the resource is deleted."""
        while True:
            self._wake.clear()
            resource = await self._stored(self.arn)
            if resource is None:
                return
            if not self._is_adopted:
                await self._adopt(resource)
                self._is_adopted = True
            if resource.status == "Deleting":
                await self._tear_down(resource)
                return
            if not await self._advance(resource):
                await self._wake.wait()

    @abstractmethod
    async def suspend(self) -> None:
        """Stop all processes, keep the resource: the next start brings them back."""

    @abstractmethod
    async def _adopt(self, resource: R) -> None:
        """Take over processes that are alive, end those nobody wants, start what is missing."""

    @abstractmethod
    async def _advance(self, resource: R) -> bool:
        """Do what the status asks for; False when that is nothing."""

    @abstractmethod
    async def _tear_down(self, resource: R) -> None:
        """End all processes, then remove the resource."""


class PooledRun(ResourceRun[R]):
    """A run with worker pools of its own."""

    def __init__(self, arn: str, title: str, stored: Callable[[str], Awaitable[R | None]]) -> None:
        super().__init__(arn, title, stored)
        self._pools: dict[PoolKey, WorkerPool] = {}
        self._health = asyncio.Event()
        self._ending: set[asyncio.Task[None]] = set()

    async def suspend(self) -> None:
        await asyncio.gather(*self._ending, *(pool.end(drain=False) for pool in self._pools.values()))

    def _end_pool(self, key: PoolKey, successor: WorkerPool | None) -> None:
        """Its open requests end first; later ones go to the successor."""
        pool = self._pools.pop(key)
        pool.successor = successor
        task = asyncio.create_task(pool.end(drain=True))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _all_ended(self) -> None:
        """Shielded: a clean stop of the engine that comes meanwhile waits for them in ``suspend``."""
        await asyncio.shield(asyncio.gather(*self._ending))
