"""One HTTP/1.1 connection to a container."""

import asyncio
import select
import time
from dataclasses import dataclass
from typing import cast

import httptools

from sagemaker_local.hosting.calls import Body, Headers

#: Shorter than the keep-alive of any server in use (gunicorn's is 2 s): what is reused is not a closed one.
_KEEP_IDLE_S = 1.5
_BUFFERED_STREAM_BYTES = 256 * 1024
_FIRST_FINAL_STATUS = 200
_NO_BODY_STATUSES = (204, 304)


class NotConnected(Exception):  # noqa: N818 - a state: nothing was sent, so another worker may have the request
    """The container takes no connection now."""


class ContainerClosed(Exception):  # noqa: N818 - what happened, seen from here
    """The container closed the connection before its answer was complete, or it sent no HTTP."""


class AnswerTooLarge(Exception):  # noqa: N818 - what happened
    """The container's answer is longer than a caller may get."""


@dataclass
class Answer:
    """What the container said; ``parts`` is empty when the body is streamed."""

    status: int
    headers: Headers
    parts: list[bytes]


class WorkerConnection(asyncio.Protocol):
    """One connection to a container: one exchange at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_answer_bytes: int) -> None:
        self._loop = loop
        self._max_answer_bytes = max_answer_bytes
        self._transport: asyncio.Transport | None = None
        self._poll = select.poll()
        self._rests_since = 0.0
        self._keep_idle_s = _KEEP_IDLE_S
        self._is_open = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reset(is_streamed=False)

    def _reset(self, *, is_streamed: bool) -> None:
        self._is_streamed = is_streamed
        self._parser = httptools.HttpResponseParser(self)
        self._headers = Headers()
        self._status = 0
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._has_head = False
        self._is_complete = False
        self._ends_with_connection = False
        self._may_stay = False
        self._is_paused = False
        self._failure: Exception | None = None

    # -- for the pool --------------------------------------------------------------------

    @property
    def is_fresh(self) -> bool:
        return self._is_open and self._may_stay and time.monotonic() - self._rests_since < self._keep_idle_s

    @property
    def is_usable(self) -> bool:
        """Whether the other side neither closed it nor said anything; the kernel knows that first."""
        return self.is_fresh and not self._poll.poll(0)

    def rest(self) -> bool:
        """Take no notice of what comes until the next exchange; False when it cannot be used again."""
        transport = self._transport
        if transport is None or not (self._is_open and self._may_stay) or transport.get_write_buffer_size():
            return False
        self._rests_since = time.monotonic()
        return True

    def abort(self) -> None:
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    # -- exchanges -----------------------------------------------------------------------

    async def exchange(self, head: bytes, body: Body, timeout_s: float) -> Answer:
        self._send(head, body, timeout_s, is_streamed=False)
        while not self._is_complete:
            await self._wait()
        self._stop_timer()
        return Answer(self._status, self._headers, self._parts)

    async def begin(self, head: bytes, body: Body, timeout_s: float) -> Answer:
        self._send(head, body, timeout_s, is_streamed=True)
        while not self._has_head:
            await self._wait()
        return Answer(self._status, self._headers, [])

    async def next_part(self) -> bytes | None:
        """Everything that came since the last call, or None at the end."""
        while not self._parts:
            if self._is_complete:
                self._stop_timer()
                return None
            await self._wait()
        part = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._size_bytes = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return part

    def _send(self, head: bytes, body: Body, timeout_s: float, *, is_streamed: bool) -> None:
        self._reset(is_streamed=is_streamed)
        transport = self._transport
        if transport is None or not self._is_open:
            raise ContainerClosed("the connection is closed")
        self._timer = self._loop.call_later(
            timeout_s, self._fail, TimeoutError(f"no answer within {timeout_s} s")
        )
        transport.writelines([head, *body])

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._failure is not None and not self._is_complete:
            raise self._failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: Exception) -> None:
        if not self._is_complete and self._failure is None:
            self._failure = failure
            self._wake()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # -- called by the loop --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the same methods, not the base
        self._is_open = True
        self._may_stay = True
        self._rests_since = time.monotonic()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN | select.POLLHUP)

    def data_received(self, data: bytes) -> None:
        if self._is_complete or self._failure is not None:
            self._may_stay = False  # more than was asked for
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._may_stay = False
            self._fail(ContainerClosed(f"the container's answer is not HTTP: {error}"))

    def eof_received(self) -> bool:
        self._end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        self._is_open = False
        if self._has_head and self._ends_with_connection and not self._is_complete:
            self._complete()
        self._fail(ContainerClosed("the container closed the connection before its answer was complete"))

    # -- called by the parser ------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._status < _FIRST_FINAL_STATUS:
            return
        headers = self._headers
        self._has_head = True
        self._ends_with_connection = (
            "content-length" not in headers
            and "transfer-encoding" not in headers
            and self._status not in _NO_BODY_STATUSES
        )
        if self._is_streamed:
            self._wake()

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)
        self._size_bytes += len(part)
        if self._is_streamed:
            if (
                self._size_bytes > _BUFFERED_STREAM_BYTES
                and not self._is_paused
                and self._transport is not None
            ):
                self._is_paused = True
                self._transport.pause_reading()
            self._wake()
        elif self._size_bytes > self._max_answer_bytes:
            self._fail(
                AnswerTooLarge(f"the container's answer is longer than {self._max_answer_bytes} bytes")
            )

    def on_message_complete(self) -> None:
        if self._status < _FIRST_FINAL_STATUS:  # an interim answer; the final one follows
            self._headers = Headers()
            return
        self._may_stay = not self._ends_with_connection and bool(self._parser.should_keep_alive())
        self._keep_idle_s = min(_KEEP_IDLE_S, _announced_idle_s(self._headers) / 2)
        self._complete()

    def _complete(self) -> None:
        if self._failure is not None:
            return
        self._is_complete = True
        self._wake()


def _announced_idle_s(headers: Headers) -> float:
    """What the server says about how long it keeps an idle connection."""
    if "keep-alive" not in headers:
        return 2 * _KEEP_IDLE_S
    for item in headers["keep-alive"].split(","):
        name, _, value = item.strip().partition("=")
        if name.lower() == "timeout" and value.isdigit():
            return float(value)
    return 2 * _KEEP_IDLE_S
