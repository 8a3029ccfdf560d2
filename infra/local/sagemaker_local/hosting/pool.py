"""The workers that share the requests of one variant or of one inference component."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sagemaker_local.hosting.container_process import LogPlace, Prepare, WorkerId, WorkerServices
from sagemaker_local.hosting.model_plans import ModelPlan
from sagemaker_local.hosting.scaling import Load, LoadWatch, ScalingRule
from sagemaker_local.hosting.targets import ConcurrencyLimitError, NotReadyError, NoWorkerError
from sagemaker_local.hosting.worker import LeftProcesses, Worker
from sagemaker_local.hosting.worker_specs import WorkerSpecs

_LOOK_EVERY_S = 0.5

#: Notes a wish for another size; returns the size that the pool may have.
Move = Callable[[int], Awaitable[int]]


@dataclass(frozen=True)
class PoolPlan:
    """What a pool runs; nothing of it changes while the pool lives."""

    owner_arn: str
    generation: int
    variant: str
    model: ModelPlan
    specs: tuple[WorkerSpecs, ...]
    log: LogPlace
    is_random: bool = False
    body_limit: int | None = None
    prepare: Prepare | None = None


class WorkerPool:
    """Admits requests to healthy workers, and starts and retires workers as its size says.

    ``changed`` is set whenever the health of a worker changes.
    """

    def __init__(
        self,
        plan: PoolPlan,
        services: WorkerServices,
        changed: asyncio.Event,
        *,
        rule: ScalingRule,
        weight: float = 1.0,
        max_open: int | None = None,
    ) -> None:
        self.plan = plan
        self.name = plan.variant
        self.weight = weight
        self.max_open = max_open
        self.successor: WorkerPool | None = None  # takes the requests that come after this pool's end
        self.setup_s = 0.0  # how long the last start from zero took
        self.watch = LoadWatch(rule)
        self._services = services
        self._changed = changed
        self._workers: dict[int, Worker] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._health_waiters: set[asyncio.Event] = set()
        self._demand = asyncio.Event()
        self._has_no_room = False
        self._driver: asyncio.Task[None] | None = None

    @property
    def workers(self) -> list[Worker]:
        return list(self._workers.values())

    @property
    def instance_count(self) -> int:
        return len(self._workers)

    @property
    def body_limit(self) -> int | None:
        """Return the bytes an invocation may have, or None for the engine's own limit."""
        return self.plan.body_limit

    @property
    def log_group(self) -> str:
        return self.plan.log.group

    @property
    def has_capacity(self) -> bool:
        """False when there is no worker and none will come up for a request either."""
        return bool(self._workers) or self.watch.rule.maximum > 0

    # -- requests ------------------------------------------------------------------------

    async def admit(self, tried: Sequence[Worker] = ()) -> Worker:
        """Return the worker with the fewest open requests, ties at random; or just any.

        The caller calls ``release`` when its request has ended. When the pool was scaled to
        zero, this waits for a worker to come up.

        Raises:
            NoWorkerError: nothing healthy is left beside ``tried``.
            NotReadyError: a worker was started, but was not healthy within its startup timeout.
            ConcurrencyLimitError: as many requests are open as the variant takes.
        """
        if self.successor is not None:
            return await self.successor.admit(tried)
        if self.max_open is not None and self._open_requests + self._waiting >= self.max_open:
            raise ConcurrencyLimitError(self.name)
        healthy = [worker for worker in self._workers.values() if worker.healthy and worker not in tried]
        if not healthy:
            if tried or not self._is_waking:
                raise NoWorkerError(self.name)
            healthy = await self._woken()
        fewest = min(worker.outstanding for worker in healthy)
        best = [worker for worker in healthy if self.plan.is_random or worker.outstanding == fewest]
        chosen = random.choice(best)
        chosen.outstanding += 1
        return chosen

    def release(self, worker: Worker) -> None:
        worker.outstanding -= 1

    @property
    def _open_requests(self) -> int:
        return sum(worker.outstanding for worker in self._workers.values())

    @property
    def _is_waking(self) -> bool:
        """True when a worker comes up for a request: scaled to zero, or the first one is on its way."""
        is_first_start = not any(worker.setup_s for worker in self._workers.values())
        return self.watch.rule.moves and is_first_start

    async def _woken(self) -> list[Worker]:
        began = time.monotonic()
        limit_s = self.plan.model.startup_timeout_s
        waiter = asyncio.Event()
        self._health_waiters.add(waiter)
        self._waiting += 1
        self._has_no_room = False
        self._demand.set()
        try:
            async with asyncio.timeout(limit_s):
                while not (healthy := [one for one in self._workers.values() if one.healthy]):
                    if self._has_no_room:
                        raise NoWorkerError(self.name)
                    failed = next((one for one in self._workers.values() if one.has_failed), None)
                    if failed is not None:
                        raise NotReadyError(f"{self.name}: {failed.last_failure}")
                    waiter.clear()
                    await waiter.wait()
        except TimeoutError as error:
            raise NotReadyError(f"{self.name} was not ready within {limit_s} s") from error
        finally:
            self._waiting -= 1
            self._health_waiters.discard(waiter)
        self.setup_s = time.monotonic() - began
        return healthy

    # -- size ----------------------------------------------------------------------------

    def adopt(self, ordinal: int, left: LeftProcesses) -> None:
        self._new_worker(ordinal).begin(left)

    def resize(self, size: int) -> None:
        """Start what is missing, retire what is too much; the open requests of those end first."""
        for ordinal in range(size):
            if ordinal not in self._workers:
                self._new_worker(ordinal).begin()
        self._retire([ordinal for ordinal in self._workers if ordinal >= size], drain=True)

    async def end(self, *, drain: bool) -> None:
        """Stop scaling, then stop all workers."""
        if self._driver is not None:
            self._driver.cancel()
            await asyncio.gather(self._driver, return_exceptions=True)
        self._retire(list(self._workers), drain=drain)
        await asyncio.gather(*self._retiring)

    def drive(self, move: Move) -> None:
        """Watch the load from now on, and ask for other sizes with ``move``."""
        if self._driver is None:
            self._driver = asyncio.create_task(self._drive(move), name=f"scaling of {self.name}")

    async def _drive(self, move: Move) -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._demand.wait()
            except TimeoutError:
                pass
            self._demand.clear()
            if not self.watch.rule.moves:
                continue
            load = Load(len(self._workers), self._open_requests, self._waiting)
            wanted = self.watch.wanted(load, time.monotonic())
            if wanted != load.size:
                self.resize(await move(wanted))
                if load.waiting and not self._workers:
                    self._has_no_room = True
                    self._tell_waiting()

    def _new_worker(self, ordinal: int) -> Worker:
        plan = self.plan
        worker_id = WorkerId(plan.owner_arn, plan.generation, plan.variant, ordinal)
        worker = Worker(
            worker_id, plan.model, plan.specs, self._services, plan.log, self._on_health, plan.prepare
        )
        self._workers[ordinal] = worker
        return worker

    def _on_health(self) -> None:
        self._changed.set()
        self._tell_waiting()

    def _tell_waiting(self) -> None:
        for waiter in self._health_waiters:
            waiter.set()

    def _retire(self, ordinals: Sequence[int], *, drain: bool) -> None:
        for ordinal in ordinals:
            task = asyncio.create_task(self._workers.pop(ordinal).retire(drain=drain))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
