"""The connections to all containers: reused while they are fresh, one exchange at a time on each."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import urlsplit

from sagemaker_local.hosting.calls import Body
from sagemaker_local.hosting.worker_connection import (
    Answer,
    AnswerTooLarge,
    ContainerClosed,
    NotConnected,
    WorkerConnection,
)

__all__ = ["Answer", "AnswerTooLarge", "ContainerClosed", "NotConnected", "WorkerConnections"]

_CONNECT_S = 0.25


class WorkerConnections:
    """Keeps idle connections per address, the last used first."""

    def __init__(self, max_answer_bytes: int) -> None:
        self._max_answer_bytes = max_answer_bytes
        self._idle: dict[str, deque[WorkerConnection]] = {}

    async def reach(self, address: str) -> None:
        """Make sure that the next exchange there, begun without a pause, has a connection.

        Raises:
            NotConnected: the container takes none.
        """
        connection = await self._connection(address)
        self._idle.setdefault(address, deque()).append(connection)

    async def request(
        self,
        address: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: Body,
        timeout_s: float,
    ) -> Answer:
        """Send one POST and return the whole answer.

        Raises:
            NotConnected: nothing was sent.
            ContainerClosed: it may have been worked on.
            TimeoutError: no whole answer within ``timeout_s``.
            AnswerTooLarge: the answer was cut off.
        """
        connection = await self._connection(address)
        try:
            answer = await connection.exchange(_head(address, path, headers, body), body, timeout_s)
        except BaseException:
            connection.abort()
            raise
        self._give_back(address, connection)
        return answer

    async def stream(
        self,
        address: str,
        path: str,
        headers: Sequence[tuple[str, str]],
        body: Body,
        timeout_s: float,
    ) -> tuple[Answer, AsyncGenerator[bytes, None]]:
        """Like ``request``, but return as soon as the head of the answer is there; then the body as it comes.

        ``timeout_s`` is for the whole exchange. Closing the generator early ends the container's request.
        """
        connection = await self._connection(address)
        try:
            answer = await connection.begin(_head(address, path, headers, body), body, timeout_s)
        except BaseException:
            connection.abort()
            raise
        return answer, self._parts(address, connection)

    async def _parts(self, address: str, connection: WorkerConnection) -> AsyncGenerator[bytes, None]:
        try:
            while (part := await connection.next_part()) is not None:
                yield part
        except BaseException:
            connection.abort()
            raise
        self._give_back(address, connection)

    async def close_idle(self) -> None:
        """Until cancelled, close connections that were idle for too long."""
        while True:
            await asyncio.sleep(1.0)
            for address, idle in list(self._idle.items()):
                while idle and not idle[0].is_fresh:
                    idle.popleft().abort()
                if not idle:
                    del self._idle[address]

    def close(self) -> None:
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()

    async def _connection(self, address: str) -> WorkerConnection:
        idle = self._idle.get(address)
        while idle:
            connection = idle.pop()
            if connection.is_usable:
                return connection
            connection.abort()
        return await self._connect(address)

    async def _connect(self, address: str) -> WorkerConnection:
        try:
            return await self._connect_once(address)
        except TimeoutError:
            pass  # a loop that got no processor sees its timer before the connection, so ask again
        try:
            return await self._connect_once(address)
        except TimeoutError as error:
            raise NotConnected(f"{address} takes no connection within {_CONNECT_S} s") from error

    async def _connect_once(self, address: str) -> WorkerConnection:
        loop = asyncio.get_running_loop()

        def make() -> WorkerConnection:
            return WorkerConnection(loop, self._max_answer_bytes)

        place = urlsplit(address)
        try:
            async with asyncio.timeout(_CONNECT_S):
                if place.scheme == "unix":
                    _, connection = await loop.create_unix_connection(make, place.path)
                else:
                    _, connection = await loop.create_connection(make, place.hostname or "", place.port or 80)
        except TimeoutError:  # an OSError too
            raise
        except OSError as error:
            raise NotConnected(f"{address}: {error}") from error
        return connection

    def _give_back(self, address: str, connection: WorkerConnection) -> None:
        if connection.rest():
            self._idle.setdefault(address, deque()).append(connection)
        else:
            connection.abort()


def _head(address: str, path: str, headers: Sequence[tuple[str, str]], body: Body) -> bytes:
    host = address.partition("://")[2] if address.startswith("http") else "localhost"
    lines = [f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {sum(map(len, body))}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers]
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")
