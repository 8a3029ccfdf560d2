"""Exchanges with containers of every manner."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sagemaker_local.hosting.worker_connections import (
    AnswerTooLarge,
    ContainerClosed,
    NotConnected,
    WorkerConnections,
)

pytestmark = pytest.mark.asyncio
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LIMIT = 1000
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def says(*answers: bytes, closes: bool = False) -> Behaviour:
    """A server that gives these answers to the requests of one connection, in turn."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await head_of(reader)
            writer.write(answer)
            await writer.drain()
        if not closes:
            await reader.read()

    return behave


@asynccontextmanager
async def container(behave: Behaviour) -> AsyncIterator[tuple[str, list[int]]]:
    opened = [0]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened[0] += 1
        try:
            await behave(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", opened
    server.close()


async def ask(connections: WorkerConnections, address: str, timeout_s: float = 20) -> tuple[int, bytes]:
    answer = await connections.request(address, "/invocations", [("A", "b")], [b""], timeout_s)
    return answer.status, b"".join(answer.parts)


def plain(body: bytes, *lines: bytes) -> bytes:
    return b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *lines, b"", body))


@pytest.mark.parametrize(
    ("answer", "closes", "body"),
    [
        (plain(b"hello"), False, b"hello"),
        (CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", False, b"hello"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", True, b"hello"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", True, b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + plain(b"hello"), False, b"hello"),
        (b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n" + plain(b"hello"), False, b"hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", False, b""),
    ],
)  # fmt: skip
async def test_every_way_to_end_an_answer_is_understood(answer: bytes, closes: bool, body: bytes) -> None:
    connections = WorkerConnections(LIMIT)
    async with container(says(answer, closes=closes)) as (address, _):
        assert await ask(connections, address) == (200, body)
    connections.close()


async def test_a_connection_is_used_again_unless_the_container_says_otherwise() -> None:
    connections = WorkerConnections(LIMIT)
    behave = says(plain(b"1"), plain(b"2", b"Connection: close"), closes=True)
    async with container(behave) as (address, opened):
        assert [(await ask(connections, address))[1] for _ in range(4)] == [b"1", b"2", b"1", b"2"]
        assert opened == [2]
    connections.close()


async def test_a_connection_the_container_has_closed_meanwhile_is_not_used() -> None:
    connections = WorkerConnections(LIMIT)
    async with container(says(plain(b"1"), closes=True)) as (address, opened):
        for _ in range(20):
            assert await ask(connections, address) == (200, b"1")
            await asyncio.sleep(0.005)  # the container's FIN must be there
        assert opened == [20]
    connections.close()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"", ContainerClosed),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", ContainerClosed),
        (CHUNKED + b"5\r\nhel", ContainerClosed),
        (b"this is not HTTP\r\n\r\n", ContainerClosed),
        (plain(b"x" * (LIMIT + 1)), AnswerTooLarge),
    ],
)
async def test_an_answer_that_does_not_come_whole_is_an_error(
    answer: bytes, failure: type[Exception]
) -> None:
    connections = WorkerConnections(LIMIT)
    async with container(says(answer, closes=True)) as (address, _):
        with pytest.raises(failure):
            await ask(connections, address)
    connections.close()


async def test_silence_is_a_timeout_and_ends_the_connection() -> None:
    connections = WorkerConnections(LIMIT)
    ended = asyncio.Event()

    async def behave(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await head_of(reader)
        try:
            await reader.read()
        finally:
            ended.set()

    async with container(behave) as (address, _):
        with pytest.raises(TimeoutError):
            await ask(connections, address, timeout_s=0.05)
        await asyncio.wait_for(ended.wait(), 20)
    connections.close()


async def test_nobody_at_the_address_is_told_before_anything_is_sent() -> None:
    connections = WorkerConnections(LIMIT)
    async with container(says(plain(b""))) as (address, _):
        pass
    with pytest.raises(NotConnected):
        await connections.reach(address)


async def test_a_stream_that_nobody_reads_stops_the_container() -> None:
    connections = WorkerConnections(LIMIT)
    written = [0]

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            written[0] += 65536

    async with container(behave) as (address, _):
        answer, body = await connections.stream(address, "/invocations", [], [b""], 20)
        assert answer.status == 200
        last = -1
        while written[0] != last:  # until the buffers on the way are full
            last = written[0]
            await asyncio.sleep(0.2)
        assert written[0] < 50_000_000
        assert len(await anext(body)) > 0
        await body.aclose()
    connections.close()
