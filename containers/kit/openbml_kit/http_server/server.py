"""Listens, counts, keeps the deadlines, and ends without losing an answer."""

import asyncio
import time

from openbml_kit.http_server.connection import Connection, Handler
from openbml_kit.http_server.limits import HttpLimits, connections_allowed
from openbml_kit.http_server.request_reader import BodyBudget

_BACKLOG = 4096
_TICK_S = 0.5


class HttpServer:
    """
    Attributes:
        now: seconds of `time.monotonic`, at most half a second old.
        refused: connections that were one too many, since the start.
    """

    def __init__(self, handler: Handler, limits: HttpLimits) -> None:
        self.handler = handler
        self.limits = limits
        self.budget = BodyBudget(limits.body_budget_bytes)
        self.now = time.monotonic()
        self.is_draining = False
        self.refused = 0
        self._max_connections = connections_allowed(limits.max_connections)
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Event = asyncio.Event()

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    async def listen(self, host: str, port: int) -> int:
        """Accept connections from now on; return the port.

        Raises:
            OSError: the address is in use, or none of this machine.
        """
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self), host, port, backlog=_BACKLOG, reuse_address=True
        )
        self._tick()
        address: tuple[str, int] = self._listener.sockets[0].getsockname()
        return address[1]

    async def drain(self, timeout_s: float) -> None:
        """Take no further connection, answer the requests that were begun, then end; cut off what is left."""
        self.is_draining = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.finish()
        try:
            if self._connections:
                self._emptied.clear()
                async with asyncio.timeout(timeout_s):
                    await self._emptied.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
        finally:
            if self._ticking is not None:
                self._ticking.cancel()

    # -- called by connections -----------------------------------------------------------

    def opened(self, connection: Connection) -> bool:
        self._connections.add(connection)
        if self.is_draining:
            connection.finish()
            return True
        if len(self._connections) > self._max_connections:
            self.refused += 1
            return False
        return True

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._emptied.set()

    def _tick(self) -> None:
        self.now = time.monotonic()
        for connection in list(self._connections):
            connection.check_deadline(self.now)
        self._ticking = asyncio.get_running_loop().call_later(_TICK_S, self._tick)
