"""Runs the queued asynchronous calls, as many at a time as each endpoint takes, and delivers the results."""

import asyncio
import contextlib
import logging
import mmap
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sagemaker_local.hosting import async_queue
from sagemaker_local.hosting.async_queue import AsyncCall, Outcome
from sagemaker_local.hosting.async_results import AsyncResults, failed
from sagemaker_local.hosting.calls import Body
from sagemaker_local.hosting.fleet import Fleet
from sagemaker_local.hosting.proxy import Invocation, Proxy, no_answer
from sagemaker_local.hosting.routing import EndpointRoute, RoutingError, Target
from sagemaker_local.hosting.traffic_metrics import TrafficMetrics
from sagemaker_local.hosting.worker_connections import ContainerClosed
from sagemaker_local.protocol.arns import Scope, parse_arn
from sagemaker_local.protocol.errors import RuntimeApiError
from sagemaker_local.state import resources
from sagemaker_local.state.database import Database
from sagemaker_local.storage.aws_clients import AwsClients
from sagemaker_local.storage.objects_s3 import (
    ObjectStoreError,
    ObjectStoreUnavailable,
    parse_s3_uri,
)
from sagemaker_local.storage.roles import RoleCredentials, RoleError

_MAX_INPUT_BYTES = 1024**3
_DEFAULT_CONCURRENCY = 4  # per instance
_LOOK_EVERY_S = 0.5
_MAX_ATTEMPTS = 2  # of a call whose container closes the connection
_PASSING = ("ServiceUnavailable", "ModelNotReadyException")

logger = logging.getLogger(__name__)


class TryLater(Exception):  # noqa: N818 - a state that passes
    """The call cannot be worked on now and stays queued."""


@dataclass
class Progress:
    """What is measured of a call on its way."""

    started_at: float
    download_s: float = 0.0
    model_s: float = 0.0


@dataclass(frozen=True)
class AsyncServices:
    database: Database
    fleet: Fleet
    proxy: Proxy
    clients: AwsClients
    roles: RoleCredentials
    folder: Path


class AsyncRunner:
    def __init__(self, services: AsyncServices) -> None:
        self._services = services
        self._folder = services.folder
        self._results = AsyncResults(services.database, services.clients, services.roles, services.folder)
        self._wake = asyncio.Event()
        self._running: dict[str, AsyncCall] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._attempts: dict[str, int] = {}
        self._measured: set[str] = set()
        self._is_suspended = False

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self._remove_strays()
        while True:
            self._wake.clear()
            try:
                has_work = await self._start_calls()
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("the asynchronous queue; looking again")
                has_work = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S if has_work else None):
                    await self._wake.wait()

    async def suspend(self) -> None:
        """Let go of the calls in progress; they are still queued for the next start."""
        self._is_suspended = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def measure(self, metrics: TrafficMetrics, every_s: float) -> None:
        """Until cancelled, note how many calls of each endpoint wait or are worked on, once it had some."""
        while True:
            await asyncio.sleep(every_s)
            waiting = await self._services.database.read(async_queue.backlog)
            self._measured |= waiting.keys()
            for arn in list(self._measured):
                route = self._services.fleet.route(arn)
                if route is None:
                    self._measured.discard(arn)
                    continue
                backlog = waiting.get(arn, 0)
                metrics.gauge(parse_arn(arn).scope, route.name, "ApproximateBacklogSize", backlog)

    # -- starting ------------------------------------------------------------------------

    async def _start_calls(self) -> bool:
        if self._is_suspended:
            return False
        database = self._services.database
        for call, outcome in await database.read(async_queue.decided):
            if call.call_id not in self._running:
                self._spawn(call, "decided", partial(self._results.settle, call, outcome))
        now = time.time()
        for call in await database.read(lambda connection: async_queue.expired(connection, now)):
            if call.call_id not in self._running:
                expire = partial(self._fail, call, "ClientError: The request expired in the queue.")
                self._spawn(call, "queued", expire)
        waiting = await database.read(async_queue.backlog)
        for arn in waiting:
            await self._start_calls_of(arn)
        return bool(waiting or self._running)

    async def _start_calls_of(self, arn: str) -> None:
        database = self._services.database
        route = self._services.fleet.route(arn)
        mine = sum(call.endpoint_arn == arn for call in self._running.values())
        if route is None:
            free = 100
            if await database.read(lambda connection: resources.get(connection, arn)) is not None:
                return  # the engine is only just starting
        else:
            free = _concurrency(route) - mine if route.takes_requests else 0
        if free <= 0:
            return
        for call in await database.read(lambda connection: async_queue.oldest(connection, arn, free + mine)):
            if call.call_id in self._running:
                continue
            work = (
                partial(self._fail, call, "ClientError: The endpoint was deleted.")
                if route is None
                else partial(self._process, call, route)
            )
            self._spawn(call, "queued", work)

    def _spawn(self, call: AsyncCall, state: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do what a call in this state needs, unless it has left the state since it was read."""
        self._running[call.call_id] = call

        async def guarded() -> None:
            try:
                if await self._services.database.read(
                    lambda connection: async_queue.is_in(connection, call.call_id, state)
                ):
                    await work()
            except TryLater as reason:
                logger.info("asynchronous call %s waits: %s", call.call_id, reason)
                await asyncio.sleep(_LOOK_EVERY_S)
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("asynchronous call %s; trying again", call.call_id)
                await asyncio.sleep(_LOOK_EVERY_S)
            finally:
                self._running.pop(call.call_id, None)
                self._wake.set()

        task = asyncio.create_task(guarded(), name=f"async call {call.call_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- one call ------------------------------------------------------------------------

    async def _process(self, call: AsyncCall, route: EndpointRoute) -> None:
        progress = Progress(time.time())
        try:
            with contextlib.ExitStack() as stack:
                body = await self._body(call, stack, progress)
                outcome = await self._invoke(call, route, body, progress)
        except (ObjectStoreError, RoleError) as error:
            outcome = failed(f"ClientError: {error}")
        except ObjectStoreUnavailable as error:
            raise TryLater(str(error)) from error
        await self._decide(call, outcome)

    async def _body(self, call: AsyncCall, stack: contextlib.ExitStack, progress: Progress) -> Body:
        if call.input_location is None:
            found = await self._services.database.read(
                lambda connection: async_queue.body_of(connection, call.call_id)
            )
            return [found]
        began = time.monotonic()
        file = self._results.file(call, "in")
        await asyncio.to_thread(self._download, call, file)
        progress.download_s = time.monotonic() - began
        return stack.enter_context(mapped(file))

    def _download(self, call: AsyncCall, file: Path) -> None:
        store, uri = self._results.store(call), parse_s3_uri(call.input_location or "")
        info = store.head(uri)
        if info.size_bytes > _MAX_INPUT_BYTES:
            raise ObjectStoreError(f"{uri} has {info.size_bytes} bytes; {_MAX_INPUT_BYTES} are taken")
        store.download(uri.bucket, uri.key, file)

    async def _invoke(self, call: AsyncCall, route: EndpointRoute, body: Body, progress: Progress) -> Outcome:
        target = Target()
        try:
            pool = route.pool(target)
        except RoutingError as error:
            raise TryLater(str(error)) from error
        scope = Scope(region=call.region, account_id=call.account_id)
        invocation = Invocation(scope, route, pool, target, call.headers, body, call.timeout_s)
        began = time.monotonic()
        try:
            answer, parts = await self._services.proxy.stream(invocation)
            try:
                await self._keep(call, parts)
            except (TimeoutError, ContainerClosed) as error:
                raise no_answer(invocation, error) from error
        except RuntimeApiError as error:
            return self._refused(call, error, pool.name)
        progress.model_s = time.monotonic() - began
        return Outcome(
            status="Completed",
            decided_at=time.time(),
            content_type=answer.headers.get("Content-Type", "application/octet-stream"),
            variant=pool.name,
            log_line=_success_line(call, progress),
        )

    def _refused(self, call: AsyncCall, error: RuntimeApiError, variant: str) -> Outcome:
        if error.name in _PASSING:
            raise TryLater(error.message)
        attempts = self._attempts[call.call_id] = self._attempts.get(call.call_id, 0) + 1
        if isinstance(error.__cause__, ContainerClosed) and attempts < _MAX_ATTEMPTS:
            raise TryLater(error.message)
        return failed(f"ClientError: {error.message}", variant)

    async def _keep(self, call: AsyncCall, parts: AsyncGenerator[bytes, None]) -> None:
        file = self._results.file(call, "out")
        with file.open("wb") as output:
            async with aclosing(parts):
                async for part in parts:
                    await asyncio.to_thread(output.write, part)
            await asyncio.to_thread(_sync, output)

    async def _fail(self, call: AsyncCall, reason: str) -> None:
        await self._decide(call, failed(reason))

    async def _decide(self, call: AsyncCall, outcome: Outcome) -> None:
        self._attempts.pop(call.call_id, None)
        await self._results.decide(call, outcome)

    async def _remove_strays(self) -> None:
        known = await self._services.database.read(async_queue.call_ids)
        for file in self._folder.iterdir():
            if file.stem not in known:
                file.unlink()


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _concurrency(route: EndpointRoute) -> int:
    config = (route.async_config or {}).get("ClientConfig", {})
    try:
        instances = max(1, route.pool(Target()).instance_count)
    except RoutingError:
        instances = 1
    return int(config.get("MaxConcurrentInvocationsPerInstance", _DEFAULT_CONCURRENCY)) * instances


def _success_line(call: AsyncCall, progress: Progress) -> str:
    return (
        f"Inference request succeeded. ModelLatency: {progress.model_s * 1e6:.0f} us, "
        f"RequestDownloadLatency: {progress.download_s * 1e6:.0f} us, "
        f"TimeInBacklog: {(progress.started_at - call.received_at) * 1e3:.0f} ms, "
        f"TotalProcessingTime: {(time.time() - progress.started_at) * 1e3:.0f} ms"
    )


@contextlib.contextmanager
def mapped(file: Path) -> Iterator[Body]:
    """The content of a file as a body, without reading it into memory."""
    if not file.stat().st_size:
        yield []
        return
    with file.open("rb") as source:
        content = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        yield [memoryview(content)]  # unmapped with its last view: a transport may still hold one
