"""The kit's HTTP server on a thread of its own, and clients that say exactly what they send."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import uvloop

from openbml_kit.http_server import BodyState, Exchange, HttpLimits, HttpServer, Reply

LIMITS = HttpLimits(
    max_body_bytes=1000,
    max_discarded_bytes=5000,
    max_head_bytes=2000,
    head_timeout_s=1,
    body_timeout_s=1,
    idle_timeout_s=1,
    write_timeout_s=1,
    linger_s=1,
)
LONGEST_S = 10.0


class RunningServer:
    """Answers `/echo` with what it read, `/large` with 20 MB, `/broken` not; `/later` when it is told to."""

    def __init__(self, limits: HttpLimits) -> None:
        self.later: list[Exchange] = []
        self.port = 0
        self._limits = limits
        self._loop: asyncio.AbstractEventLoop
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(LONGEST_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drain(0.1)
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(LONGEST_S)
        assert not self._thread.is_alive()

    def drain(self, timeout_s: float) -> None:
        asyncio.run_coroutine_threadsafe(self.server.drain(timeout_s), self._loop).result(LONGEST_S)

    def answer_later(self) -> None:
        """Answer all that asked for `/later`."""
        self.on_loop(lambda: [exchange.answer(Reply(200, b"later")) for exchange in self.later])

    def on_loop(self, work: Callable[[], object]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (work(), done.set()))
        assert done.wait(LONGEST_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        self.server = HttpServer(self._answer, self._limits)
        self.port = await self.server.listen("127.0.0.1", 0)
        self._started.set()
        await self._ending.wait()

    def _answer(self, exchange: Exchange) -> None:
        match exchange.path:
            case b"/later":
                self.later.append(exchange)
            case b"/broken":
                raise ValueError("the handler is broken")
            case b"/large":
                exchange.answer(Reply(200, bytes(20_000_000)))
            case _ if exchange.body_state is not BodyState.READ:
                exchange.answer(Reply(200, exchange.body_state.name.encode()))
            case _:
                exchange.answer(Reply(200, b"%b %b %b" % (exchange.method, exchange.path, exchange.body)))


@contextmanager
def http_server(**limits: float) -> Iterator[RunningServer]:
    with RunningServer(LIMITS.model_copy(update=limits)) as running:
        yield running


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """A socket; `rest` is what was read behind the last answer."""

    def __init__(self, port: int) -> None:
        self.rest = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, data: bytes) -> Answer:
        self.send(data)
        return self.answer()

    def answer(self, *, without_body: bool = False) -> Answer:
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = 0 if without_body else int(headers.get("content-length", "0"))
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        assert first.startswith("HTTP/1.1 ")
        return Answer(int(first.split()[1]), headers, body)

    def answer_sizes(self) -> int:
        """Read until the server's end of the connection is reached; return how many bytes there were."""
        size = len(self.rest)
        try:
            while part := self.socket.recv(1 << 20):
                size += len(part)
        except ConnectionResetError:
            return size
        return size

    def reset(self) -> None:
        """Go without a word, so that the server knows."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def is_closed(self) -> bool:
        """Wait until the server closes; False where it sends something first."""
        try:
            return self.rest == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found

    def _more(self) -> None:
        part = self.socket.recv(1 << 20)
        if not part:
            raise EOFError(f"the server closed after {self.rest[:200]!r}")
        self.rest += part


def request(path: str = "/echo", body: bytes = b"", *headers: str, version: str = "1.1") -> bytes:
    lines = [f"POST {path} HTTP/{version}", "Host: x", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
