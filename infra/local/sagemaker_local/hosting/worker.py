"""One instance of a variant: its process, its health, its replacement."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from sagemaker_local.hosting.endpoints import VariantPlan
from sagemaker_local.hosting.ports import WorkerPorts
from sagemaker_local.hosting.targets import RoutingError, Target
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord

_PING_TIMEOUT = aiohttp.ClientTimeout(total=2.0, connect=0.25)
_STARTUP_POLL_S = 0.05
_SLOW_STARTUP_POLL_S = 0.25
_FAST_POLLS_S = 5.0
_PINGS_TO_REPLACE = 3
_STARTS_TO_FAIL = 3
_MAX_BACKOFF_S = 30.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerId:
    endpoint_arn: str
    generation: int
    variant: str
    ordinal: int


@dataclass(frozen=True)
class WorkerServices:
    database: Database
    supervisor: Supervisor
    ports: WorkerPorts
    http: aiohttp.ClientSession
    ping_interval_s: float
    drain_s: float
    log_group: str


class Worker:
    """Keeps one process of a variant alive until it is retired.

    ``changed`` is set whenever health changes, so that a deployment can wait for it.
    """

    def __init__(
        self,
        worker_id: WorkerId,
        plan: VariantPlan,
        make_spec: Callable[[ProcessRecord], ProcessSpec],
        services: WorkerServices,
        changed: asyncio.Event,
    ) -> None:
        self.worker_id = worker_id
        self.plan = plan
        self.outstanding = 0
        self.healthy = False
        self.address = ""
        self.failed_starts = 0
        self.last_failure = ""
        self._make_spec = make_spec
        self._services = services
        self._changed = changed
        self._record: ProcessRecord | None = None
        self._child: ChildProcess | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.identity.pid if self._child else None

    @property
    def has_failed(self) -> bool:
        return self.failed_starts >= _STARTS_TO_FAIL

    def hops(self, target: Target) -> list[str]:
        """Return the addresses to call one after the other; the reply of each is the next one's body.

        Raises:
            RoutingError: the target names a container or a model that this model does not have.
        """
        if target.model is not None:
            raise RoutingError("Target model header is only valid for multi-model endpoints.")
        if target.container is not None:
            raise RoutingError(
                "Target container header is only valid for endpoints whose containers run in Direct mode."
            )
        return [self.address]

    def begin(self, record: ProcessRecord | None = None, child: ChildProcess | None = None) -> None:
        """Start, or go on with a process that an earlier server left."""
        self._record, self._child = record, child
        if record is not None and record.port is not None:
            self._services.ports.claim(record.port)
            self.address = f"http://127.0.0.1:{record.port}"
        self._task = asyncio.create_task(self._keep_alive())

    async def retire(self, *, drain: bool) -> None:
        """Take no more requests, let the open ones end, then stop the process."""
        self.healthy = False
        deadline = time.monotonic() + self._services.drain_s
        while drain and self.outstanding and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await self._end_task()
        await self._stop_process()

    async def detach(self) -> None:
        await self._end_task()
        if self._child is not None:
            self._child.detach()

    async def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_alive(self) -> None:
        backoff_s = 0.2
        while True:
            try:
                child = self._child or await self._start()
                if await self._until_healthy(child):
                    backoff_s = 0.2
                    await self._monitor(child)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                logger.exception("worker %s", self.worker_id)
                self._note_failure(f"{type(error).__name__}: {error}")
            self.healthy = False
            self._changed.set()
            await self._stop_process()
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    async def _start(self) -> ChildProcess:
        port = self._services.ports.take()
        worker = self.worker_id
        record = self._services.supervisor.new_record(
            owner_arn=worker.endpoint_arn,
            group=str(worker.generation),
            variant=worker.variant,
            ordinal=worker.ordinal,
            port=port,
            role_arn=None if self.plan.isolated else self.plan.role_arn,
        )
        self._record = record
        stream = f"{worker.variant}/i-{record.process_id[:17]}"

        def work(connection: sqlite3.Connection) -> None:
            processes.save(connection, record)
            cursors.open_log(connection, record.process_id, self._services.log_group, stream)

        await self._services.database.run(work)
        self.address = f"http://127.0.0.1:{port}"
        spec = await asyncio.to_thread(self._make_spec, record)
        self._child = await self._services.supervisor.start(record, spec)
        return self._child

    async def _until_healthy(self, child: ChildProcess) -> bool:
        began = time.monotonic()
        while time.monotonic() - began < self.plan.startup_timeout_s:
            if not child.is_alive:
                self._note_failure(_describe(await child.wait()))
                return False
            if await self._ping():
                self.healthy = True
                self.failed_starts = 0
                self._changed.set()
                return True
            is_early = time.monotonic() - began < _FAST_POLLS_S
            await asyncio.sleep(_STARTUP_POLL_S if is_early else _SLOW_STARTUP_POLL_S)
        self.failed_starts = _STARTS_TO_FAIL
        self._note_failure(
            f"the container did not pass the ping health check within {self.plan.startup_timeout_s} s"
        )
        return False

    async def _monitor(self, child: ChildProcess) -> None:
        """Return when the worker must be replaced: it died, or failed three pings in a row."""
        death = asyncio.create_task(child.wait())
        failures = 0
        try:
            while failures < _PINGS_TO_REPLACE:
                done, _ = await asyncio.wait({death}, timeout=self._services.ping_interval_s)
                if done:
                    logger.warning("worker %s ended: %s", self.worker_id, _describe(death.result()))
                    return
                failures = 0 if await self._ping() else failures + 1
            logger.warning("worker %s failed %d pings and is replaced", self.worker_id, failures)
        finally:
            death.cancel()
            await asyncio.gather(death, return_exceptions=True)

    async def _ping(self) -> bool:
        try:
            async with self._services.http.get(f"{self.address}/ping", timeout=_PING_TIMEOUT) as reply:
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _stop_process(self) -> None:
        if self._child is not None:
            self._child.stop()
            await self._child.wait()
            self._child = None
        if self._record is not None:
            await self._services.supervisor.ended(self._record)
            self._services.ports.free(self._record.port)
            self._record = None

    def _note_failure(self, reason: str) -> None:
        self.failed_starts += 1
        self.last_failure = reason
        self._changed.set()


def _describe(ended: ProcessExit) -> str:
    if ended.setup_error is not None:
        return f"the container could not be started: {ended.setup_error}"
    if ended.lost:
        return "the container is gone"
    if ended.signal is not None:
        return f"the container was ended by signal {ended.signal}"
    return f"the container ended with exit code {ended.exit_code}"
