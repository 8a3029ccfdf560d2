"""One server process of a worker: started, kept healthy, replaced when it is not."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sagemaker_local.cancellation import uninterrupted
from sagemaker_local.hosting.ports import WorkerPorts
from sagemaker_local.hosting.relay_front import RelayFront
from sagemaker_local.hosting.worker_specs import WorkerSpecs
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit
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
    owner_arn: str
    generation: int
    variant: str
    ordinal: int


def instance_id(record: ProcessRecord) -> str:
    """Return how logs call the machine of a process."""
    return f"i-{record.process_id[:17]}"


@dataclass(frozen=True)
class LogPlace:
    """Where the output of a worker's containers goes."""

    group: str
    stream: Callable[[WorkerId, ProcessRecord, str], str]  # the last one is the container's host name


@dataclass(frozen=True)
class WorkerServices:
    database: Database
    supervisor: Supervisor
    ports: WorkerPorts
    http: aiohttp.ClientSession
    ping_interval_s: float
    drain_s: float


class ContainerProcess:
    """Keeps one process alive until it is ended; ``on_health`` is called whenever health changes."""

    def __init__(
        self,
        worker_id: WorkerId,
        position: int,
        specs: WorkerSpecs,
        services: WorkerServices,
        log: LogPlace,
        on_health: Callable[[], None],
        prepare: "Prepare | None" = None,
    ) -> None:
        self.specs = specs
        self.healthy = False
        self.address = ""
        self.failed_starts = 0
        self.last_failure = ""
        self._worker_id = worker_id
        self._position = position
        self._services = services
        self._log = log
        self._on_health = on_health
        self._prepare = prepare
        self._record: ProcessRecord | None = None
        self._child: ChildProcess | None = None
        self._front: RelayFront | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def run_dir(self) -> Path:
        if self._record is None:
            raise RuntimeError(f"worker {self._worker_id} has no process")
        return Path(self._record.run_dir)

    @property
    def has_failed(self) -> bool:
        return self.failed_starts >= _STARTS_TO_FAIL

    def begin(self, record: ProcessRecord | None = None, child: ChildProcess | None = None) -> None:
        """Start, or go on with a process that an earlier server left."""
        self._record, self._child = record, child
        if record is not None and record.port is not None:
            self._services.ports.claim(record.port)
            self.address = f"http://127.0.0.1:{record.port}"
        self._task = asyncio.create_task(self._keep_alive())

    async def end(self) -> None:
        self.healthy = False
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._stop_process()

    async def _keep_alive(self) -> None:
        backoff_s = 0.2
        while True:
            try:
                child = self._child or await self._start()
                await self._open_front()
                if await self._until_healthy(child):
                    backoff_s = 0.2
                    await self._monitor(child)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                logger.exception("worker %s", self._worker_id)
                self._note_failure(f"{type(error).__name__}: {error}")
            self.healthy = False
            self._on_health()
            await self._stop_process()
            await asyncio.sleep(backoff_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    async def _start(self) -> ChildProcess:
        """Start the process; when that is given up meanwhile, know it first, so that it can be ended."""
        return await uninterrupted(self._launch())

    async def _launch(self) -> ChildProcess:
        port = self._services.ports.take()
        worker = self._worker_id
        record = self._services.supervisor.new_record(
            owner_arn=worker.owner_arn,
            group=str(worker.generation),
            variant=worker.variant,
            ordinal=worker.ordinal,
            port=port,
            role_arn=self.specs.role_arn,
        ).model_copy(update={"container": self._position})
        self._record = record
        stream = self._log.stream(worker, record, self.specs.container.hostname)

        def work(connection: sqlite3.Connection) -> None:
            processes.save(connection, record)
            cursors.open_log(connection, record.process_id, self._log.group, stream)

        await self._services.database.run(work)
        self.address = f"http://127.0.0.1:{port}"
        spec = await asyncio.to_thread(self.specs.spec, record)
        self._child = await self._services.supervisor.start(record, spec)
        return self._child

    async def _open_front(self) -> None:
        if self.specs.is_relayed and self._record is not None and self._front is None:
            self._front = await RelayFront.open(self.specs.relay_folder(self._record), self._record.port or 0)

    async def _until_healthy(self, child: ChildProcess) -> bool:
        began = time.monotonic()
        limit_s = self.specs.startup_timeout_s
        while time.monotonic() - began < limit_s:
            if not child.is_alive:
                self._note_failure(_describe(await child.wait()))
                return False
            if await self._ping():
                if self._prepare is not None:
                    await self._prepare(self)
                self.healthy = True
                self.failed_starts = 0
                self._on_health()
                return True
            is_early = time.monotonic() - began < _FAST_POLLS_S
            await asyncio.sleep(_STARTUP_POLL_S if is_early else _SLOW_STARTUP_POLL_S)
        self.failed_starts = _STARTS_TO_FAIL
        self._note_failure(f"the container did not pass the ping health check within {limit_s} s")
        return False

    async def _monitor(self, child: ChildProcess) -> None:
        """Return when the process must be replaced: it died, or failed three pings in a row."""
        death = asyncio.create_task(child.wait())
        failures = 0
        try:
            while failures < _PINGS_TO_REPLACE:
                done, _ = await asyncio.wait({death}, timeout=self._services.ping_interval_s)
                if done:
                    logger.warning("worker %s ended: %s", self._worker_id, _describe(death.result()))
                    return
                failures = 0 if await self._ping() else failures + 1
            logger.warning("worker %s failed %d pings and is replaced", self._worker_id, failures)
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
        if self._front is not None:
            await self._front.close()
            self._front = None
        if self._record is not None:
            await self._services.supervisor.ended(self._record)
            self._services.ports.free(self._record.port)
            self._record = None

    def _note_failure(self, reason: str) -> None:
        self.failed_starts += 1
        self.last_failure = reason
        self._on_health()


#: What a container must be told after it came up and before it gets requests.
Prepare = Callable[[ContainerProcess], Awaitable[None]]


def _describe(ended: ProcessExit) -> str:
    if ended.setup_error is not None:
        return f"the container could not be started: {ended.setup_error}"
    if ended.lost:
        return "the container is gone"
    if ended.limit is not None:
        return f"the container was ended: {ended.limit}"
    if ended.signal is not None:
        return f"the container was ended by signal {ended.signal}"
    return f"the container ended with exit code {ended.exit_code}"
