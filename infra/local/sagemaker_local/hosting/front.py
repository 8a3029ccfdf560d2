"""The listening side: invocations are read here, all other requests go to the aiohttp application.

Which of the two a connection belongs to is decided by how a request begins. Calls of the runtime API
come from clients of their own, so a connection seldom changes sides, and only to aiohttp's; there the
same calls are answered too.
"""

import asyncio
import time
from collections.abc import Callable

from sagemaker_local.hosting.body_budget import BodyBudget
from sagemaker_local.hosting.calls import CallHandler
from sagemaker_local.hosting.front_connection import Connection

_SWEEP_EVERY_S = 1.0
_MAX_BODIES_BYTES = 512 * 1024 * 1024


class Front:
    """All connections of the engine's port."""

    def __init__(
        self,
        handler: CallHandler,
        other: Callable[[], asyncio.Protocol],
        *,
        max_body_bytes: int,
        max_bodies_bytes: int = _MAX_BODIES_BYTES,
    ) -> None:
        self._handler = handler
        self._other = other
        self._max_body_bytes = max_body_bytes
        self._budget = BodyBudget(max_bodies_bytes)
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.connections: set[Connection] = set()

    async def start(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()

        def make() -> Connection:
            return Connection(
                self.connections, loop, self._handler, self._other, self._max_body_bytes, self._budget
            )

        self._server = await loop.create_server(make, host, port, backlog=1024, reuse_address=True)
        self._sweeper = asyncio.create_task(self._sweep())

    @property
    def port(self) -> int:
        """The port it listens on, also when any free one was asked for."""
        if self._server is None:
            raise RuntimeError("the front does not listen")
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self, grace_s: float) -> None:
        """Listen no more, let the calls in progress end, then close what is left."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.finish()
        deadline = time.monotonic() + grace_s
        while self.connections and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self.connections):
            connection.abort()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.check_deadline(now)
