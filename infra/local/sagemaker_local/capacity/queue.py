"""The queue for batch slots: first come, first served, all nodes of a job together."""

import asyncio
from collections import deque
from dataclasses import dataclass

from sagemaker_local.capacity.machine import Machine


@dataclass(frozen=True)
class Claim:
    """What a job holds while it runs; a job of several nodes shares the machine's cores."""

    owner: str
    cpus: int
    memory_mib: int


class SlotQueue:
    """Admits a job when fewer than ``max_jobs`` run and its cores and memory are free.

    A claim is cut to the machine, so one job always fits when nothing else runs. Endpoints
    are not queued: they may share cores with jobs.
    """

    def __init__(self, machine: Machine, max_jobs: int) -> None:
        self._machine = machine
        self._max_jobs = max_jobs
        self._running: dict[str, Claim] = {}
        self._waiting: deque[tuple[Claim, asyncio.Future[None]]] = deque()

    def claim(self, owner: str, *, nodes: int, cpus: int, memory_mib: int) -> Claim:
        return Claim(
            owner, min(nodes * cpus, self._machine.cpus), min(nodes * memory_mib, self._machine.memory_mib)
        )

    def try_acquire(self, claim: Claim) -> bool:
        if claim.owner in self._running:
            return True
        if self._waiting or not self._fits(claim):
            return False
        self._running[claim.owner] = claim
        return True

    def take(self, claim: Claim) -> None:
        """Count a job that is running already, found again after a restart."""
        self._running[claim.owner] = claim

    async def acquire(self, claim: Claim) -> None:
        if self.try_acquire(claim):
            return
        admitted = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, admitted))
        try:
            await admitted
        except asyncio.CancelledError:
            self._waiting = deque(entry for entry in self._waiting if entry[1] is not admitted)
            self.release(claim.owner)
            raise

    def release(self, owner: str) -> None:
        self._running.pop(owner, None)
        while self._waiting and self._fits(self._waiting[0][0]):
            claim, admitted = self._waiting.popleft()
            if not admitted.done():
                self._running[claim.owner] = claim
                admitted.set_result(None)

    @property
    def running(self) -> tuple[Claim, ...]:
        return tuple(self._running.values())

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def _fits(self, claim: Claim) -> bool:
        if not self._running:
            return True
        return (
            len(self._running) < self._max_jobs
            and sum(one.cpus for one in self._running.values()) + claim.cpus <= self._machine.cpus
            and sum(one.memory_mib for one in self._running.values()) + claim.memory_mib
            <= self._machine.memory_mib
        )
