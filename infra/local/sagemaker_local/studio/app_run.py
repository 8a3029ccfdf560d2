"""Drives one app from Pending to Deleted or Failed.

A server that ends by itself is started again, with growing pauses; when it does not come up three times in a
row the app is Failed. Its home folder is never touched here.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from sagemaker_local.images.registry import ImageError
from sagemaker_local.processes.launcher import ChildProcess, ProcessExit, ProcessSpec
from sagemaker_local.processes.supervisor import Supervisor
from sagemaker_local.state.database import Database
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.storage.disk_use import used_bytes
from sagemaker_local.studio.app_server import (
    AppServer,
    ServerStatus,
    Upstream,
    describe_end,
    start_server,
)
from sagemaker_local.studio.app_store import AppStore
from sagemaker_local.studio.apps import App
from sagemaker_local.studio.memory import end_largest, memory_below

_MIB = 1024**2
_GIB = 1024**3
_ROOM_TO_CLEAR_BYTES = 64 * _MIB
_STARTUP_POLL_S = 0.2
_QUOTA_CHECK_S = 15.0
_STARTS_TO_FAIL = 3
_PROBES_TO_RESTART = 6
_MAX_BACKOFF_S = 10.0

logger = logging.getLogger(__name__)


class AppFailure(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The app cannot go on; the message becomes the failure reason."""


class StartFailure(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """This start came to nothing; another may not."""


@dataclass(frozen=True)
class AppServices:
    database: Database
    store: AppStore
    supervisor: Supervisor
    http: aiohttp.ClientSession
    make_spec: Callable[[App, ProcessRecord], ProcessSpec]  # blocking: may build an environment
    prepare_home: Callable[[str], Path]  # blocking
    memory_mib: Callable[[App], int]
    startup_timeout_s: float
    ping_interval_s: float


class AppRun:
    def __init__(self, app: App, services: AppServices) -> None:
        self.arn = app.arn
        self.title = f"app {app.arn}"
        self.last_status: ServerStatus | None = None
        self._is_healthy = False
        self._services = services
        self._server: AppServer | None = None
        self._wake = asyncio.Event()
        self._failed_starts = 0
        self._allowance_bytes = 0
        self._quota_checked_at = 0.0

    @property
    def upstream(self) -> Upstream | None:
        """None while the app cannot take requests."""
        return self._server.upstream if self._server is not None and self._is_healthy else None

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until the app is Deleted or Failed."""
        app = await self._services.store.get(self.arn)
        if app is not None:
            await self._adopt(app)
        while True:
            self._wake.clear()
            app = await self._services.store.get(self.arn)
            if app is None or app.status == "Failed":
                return
            if app.status == "Deleting":
                await self._stop_server()
                await self._move("Deleted", only_from=("Deleting",))
                return
            try:
                await self._serve(app)
            except AppFailure as failure:
                await self._fail(str(failure))
            except StartFailure as failure:
                await self._after_failed_start(str(failure))

    async def suspend(self) -> None:
        """Stop the process, keep the app: the next start brings it back."""
        await self._stop_server()
        for record in await self._services.supervisor.of_owner(self.arn):
            if record.state != "ended":  # its start was interrupted
                await self._end(record, await self._services.supervisor.find(record))

    # -- one life of the server ----------------------------------------------------------

    async def _adopt(self, app: App) -> None:
        for record in await self._services.supervisor.of_owner(self.arn):
            is_ours = self._server is not None and self._server.record.process_id == record.process_id
            if record.state == "ended" or is_ours:
                continue
            found = await self._services.supervisor.find(record)
            if isinstance(found, ChildProcess) and self._server is None:
                self._server = AppServer(app, record, found)
            else:
                await self._end(record, found)

    async def _end(self, record: ProcessRecord, found: ChildProcess | ProcessExit | None) -> None:
        if isinstance(found, ChildProcess):
            found.stop()
            await found.wait()
        await self._services.supervisor.ended(record)

    async def _serve(self, app: App) -> None:
        """Return when the app was changed by a request; raise when the server ended."""
        await self._measure_allowance(app)
        if self._server is None:
            await self._not_yet()
            self._server = await self._start(app)
        death = asyncio.create_task(self._server.child.wait())
        try:
            if await self._until_healthy(self._server, death):
                await self._watch(app, self._server, death)
        finally:
            self._is_healthy = False
            death.cancel()
            await asyncio.gather(death, return_exceptions=True)

    async def _start(self, app: App) -> AppServer:
        try:
            await asyncio.to_thread(self._services.prepare_home, app.plan.space_key)
            return await start_server(
                app,
                lambda record: self._services.make_spec(app, record),
                self._services.supervisor,
                self._services.database,
            )
        except ImageError as error:
            raise AppFailure(f"ClientError: {error}") from error

    async def _until_healthy(self, server: AppServer, death: asyncio.Task[object]) -> bool:
        """False when a request changed the app first."""
        deadline = time.monotonic() + self._services.startup_timeout_s
        while time.monotonic() < deadline:
            self.last_status = await server.status(self._services.http)
            if self.last_status is not None:
                self._is_healthy = True
                await self._move("InService", only_from=("Pending",))
                return not self._wake.is_set()
            if await self._pause(_STARTUP_POLL_S, death):
                return False
        raise StartFailure(f"the app did not answer within {self._services.startup_timeout_s:.0f} s")

    async def _watch(self, app: App, server: AppServer, death: asyncio.Task[object]) -> None:
        silent = 0
        while silent < _PROBES_TO_RESTART:
            if await self._pause(self._services.ping_interval_s, death):
                return
            status = await server.status(self._services.http)
            silent = 0 if status else silent + 1
            if status is not None:
                self._failed_starts = 0
                self.last_status = status
                await self._check_idle(app, status)
            await self._check_memory(app, server)
            await self._check_quota(app)
        raise StartFailure(f"the app did not answer {silent} times in a row")

    async def _pause(self, seconds: float, death: asyncio.Task[object]) -> bool:
        """True when a request changed the app. Raises StartFailure when the server has ended."""
        wake = asyncio.create_task(self._wake.wait())
        try:
            done, _ = await asyncio.wait({wake, death}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wake.cancel()
        if wake in done:
            return True
        if death in done and self._server is not None:
            raise StartFailure(describe_end(await self._server.child.wait()))
        return False

    # -- limits --------------------------------------------------------------------------

    async def _measure_allowance(self, app: App) -> None:
        """The owner of a home that is too full already must get in to clear it, and Jupyter writes itself."""
        home = await asyncio.to_thread(self._services.prepare_home, app.plan.space_key)
        used = await asyncio.to_thread(used_bytes, home)
        self._allowance_bytes = max(app.plan.volume_gib * _GIB, used + _ROOM_TO_CLEAR_BYTES)

    async def _check_memory(self, app: App, server: AppServer) -> None:
        use = await asyncio.to_thread(memory_below, server.child.identity.pid)
        limit_mib = self._services.memory_mib(app)
        if use.total_bytes > limit_mib * _MIB and end_largest(use):
            logger.warning(
                "app of space %s used %d MiB of %d: its largest process (%d MiB) was ended",
                app.space_name,
                use.total_bytes // _MIB,
                limit_mib,
                use.largest_bytes // _MIB,
            )

    async def _check_quota(self, app: App) -> None:
        if time.monotonic() - self._quota_checked_at < _QUOTA_CHECK_S:
            return
        home = await asyncio.to_thread(self._services.prepare_home, app.plan.space_key)
        used = await asyncio.to_thread(used_bytes, home)
        self._quota_checked_at = time.monotonic()
        if used > self._allowance_bytes:
            raise AppFailure(
                f"ClientError: the home folder holds {used / _GIB:.1f} GB, the space has "
                f"{app.plan.volume_gib} GB (EbsVolumeSizeInGb). Delete the app, enlarge the space with "
                "UpdateSpace or remove files in a new app."
            )

    async def _check_idle(self, app: App, status: ServerStatus) -> None:
        timeout_s = app.plan.idle_timeout_s
        if timeout_s is None or time.time() - status.active_at < timeout_s:
            return
        logger.info("app of space %s was idle for %.0f s and is deleted", app.space_name, timeout_s)
        await self._move("Deleting", only_from=("InService",))
        self._wake.set()

    # -- ends ----------------------------------------------------------------------------

    async def _not_yet(self) -> None:
        await self._move("Pending", only_from=("InService",))

    async def _after_failed_start(self, reason: str) -> None:
        self._failed_starts += 1
        logger.warning("app %s: %s", self.arn, reason)
        await self._stop_server()
        if self._failed_starts >= _STARTS_TO_FAIL:
            await self._fail(f"{reason}. Its log is in the group /aws/sagemaker/studio.")
            return
        await self._not_yet()
        pause_s = min(0.5 * 2**self._failed_starts, _MAX_BACKOFF_S)
        try:
            async with asyncio.timeout(pause_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _fail(self, reason: str) -> None:
        await self._stop_server()

        await self._move("Failed", only_from=("Pending", "InService"), reason=reason)

    async def _move(self, status: str, *, only_from: tuple[str, ...], reason: str | None = None) -> None:
        """A request that came in between, such as a deletion, wins."""
        await self._services.store.change(
            self.arn,
            lambda now: now.with_status(status, time.time(), reason) if now.status in only_from else now,
        )

    async def _stop_server(self) -> None:
        self._is_healthy = False
        self.last_status = None
        server, self._server = self._server, None
        if server is not None:
            server.child.stop()
            await server.child.wait()
            await self._services.supervisor.ended(server.record)
