"""The queue for batch slots: by priority, first come first served inside one, all nodes of a job together."""

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from sagemaker_local.capacity.machine import Machine

#: After so long in the queue a job counts as one priority higher: nobody waits for ever.
AGING_S = 600.0
#: Jobs whose processes have ended upload without a slot, but not without bounds.
_FINISHING_PER_JOB = 4


class Priority(IntEnum):
    """The smaller goes first."""

    INTERACTIVE = 0  # notebooks and endpoints
    PROCESSING = 1
    TRAINING = 2
    TUNING = 3


@dataclass(frozen=True)
class Claim:
    """What a job holds while it runs; a job of several nodes holds the sum and starts whole or not."""

    owner: str
    cpus: int
    memory_mib: int
    priority: Priority = Priority.TRAINING


@dataclass(frozen=True)
class QueueView:
    """The queue as an operator sees it; ``waiting`` in the order of admission as it stands now."""

    running: tuple[Claim, ...]
    finishing: tuple[str, ...]
    waiting: tuple[Claim, ...]


@dataclass(frozen=True)
class _Entry:
    claim: Claim
    admitted: "asyncio.Future[None]"
    number: int
    since: float


class SlotQueue:
    """Admits a job when fewer than ``max_jobs`` run and its cores and memory are free.

    ``oversubscribe`` is how many times the machine may be given away; memory and cores are ceilings of a
    job, not what it uses all the time. A claim is cut to the machine, so one job always fits when nothing
    else runs. Nobody overtakes the first in line: a small job that would
    fit waits behind a big one, or the big one would starve. Endpoints are not queued.
    """

    def __init__(
        self,
        machine: Machine,
        max_jobs: int,
        *,
        oversubscribe: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine
        self._max_jobs = max_jobs
        self._cpus = machine.cpus * oversubscribe
        self._memory_mib = machine.memory_mib * oversubscribe
        self._clock = clock
        self._running: dict[str, Claim] = {}
        self._cores: dict[str, tuple[int, ...]] = {}
        self._finishing: set[str] = set()
        self._waiting: dict[Priority, deque[_Entry]] = {priority: deque() for priority in Priority}
        self._numbers = itertools.count()

    def claim(
        self,
        owner: str,
        *,
        nodes: int,
        cpus: int,
        memory_mib: int,
        priority: Priority = Priority.TRAINING,
    ) -> Claim:
        """Cut a wish to the machine."""
        return Claim(
            owner,
            min(nodes * cpus, self._machine.cpus),
            min(nodes * memory_mib, self._machine.memory_mib),
            priority,
        )

    def try_acquire(self, claim: Claim) -> bool:
        if claim.owner in self._running:
            return True
        if self.waiting or not self._fits(claim):
            return False
        self._hold(claim)
        return True

    def take(self, claim: Claim) -> None:
        """Count a job that is running already, found again after a restart."""
        self._finishing.discard(claim.owner)
        self._hold(claim)

    async def acquire(self, claim: Claim) -> None:
        if self.try_acquire(claim):
            return
        admitted = asyncio.get_running_loop().create_future()
        entry = _Entry(claim, admitted, next(self._numbers), self._clock())
        line = self._waiting[claim.priority]
        line.append(entry)
        self._admit()
        try:
            await admitted
        except asyncio.CancelledError:
            if entry in line:
                line.remove(entry)
            self.release(claim.owner)
            raise

    def finish(self, owner: str) -> None:
        """All processes of a job have ended: it gives its slot back and uploads without one."""
        self._let_go(owner)
        self._finishing.add(owner)
        self._admit()

    def release(self, owner: str) -> None:
        """The job holds nothing any more."""
        self._let_go(owner)
        self._finishing.discard(owner)
        self._admit()

    def cores_of(self, owner: str) -> tuple[int, ...]:
        """The cores a running job is to stay on; none means that it may use all."""
        cores = self._cores.get(owner, ())
        return cores if len(cores) < self._machine.cpus else ()

    @property
    def running(self) -> tuple[Claim, ...]:
        return tuple(self._running.values())

    @property
    def waiting(self) -> int:
        return sum(map(len, self._waiting.values()))

    def view(self) -> QueueView:
        order = sorted((entry for line in self._waiting.values() for entry in line), key=self._rank)
        return QueueView(self.running, tuple(self._finishing), tuple(entry.claim for entry in order))

    def _rank(self, entry: _Entry) -> tuple[float, int]:
        risen = int((self._clock() - entry.since) / AGING_S)
        return max(0, entry.claim.priority - risen), entry.number

    def _admit(self) -> None:
        """Admit the first in line for as long as it fits."""
        while heads := [line[0] for line in self._waiting.values() if line]:
            first = min(heads, key=self._rank)
            if not first.admitted.done() and not self._fits(first.claim):
                return
            self._waiting[first.claim.priority].popleft()
            if not first.admitted.done():  # else its waiter was cancelled and is about to say so
                self._hold(first.claim)
                first.admitted.set_result(None)

    def _hold(self, claim: Claim) -> None:
        """Give the job the cores that the fewest others have."""
        self._running[claim.owner] = claim
        if claim.owner not in self._cores:
            load = Counter(core for cores in self._cores.values() for core in cores)
            order = sorted(range(self._machine.cpus), key=lambda core: (load[core], core))
            self._cores[claim.owner] = tuple(sorted(order[: claim.cpus]))

    def _let_go(self, owner: str) -> None:
        self._running.pop(owner, None)
        self._cores.pop(owner, None)

    def _fits(self, claim: Claim) -> bool:
        if len(self._finishing) >= self._max_jobs * _FINISHING_PER_JOB:
            return False
        if not self._running:
            return True
        return (
            len(self._running) < self._max_jobs
            and sum(one.cpus for one in self._running.values()) + claim.cpus <= self._cpus
            and sum(one.memory_mib for one in self._running.values()) + claim.memory_mib <= self._memory_mib
        )
