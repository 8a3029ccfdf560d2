"""One connection of a caller: reads one call after the other, has it answered, writes the reply.

Requests that are no calls of the runtime API go to another protocol, and the connection with them.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import cast

import httptools

from sagemaker_local.hosting.body_budget import BodyBudget
from sagemaker_local.hosting.calls import PREFIX, Call, CallHandler, Reply
from sagemaker_local.hosting.incoming_request import BadRequest, IncomingRequest

_MAX_HEAD_BYTES = 64 * 1024
_HEAD_S = 30.0
_STALL_S = 60.0
_IDLE_S = 75.0
_READ_S = 600.0
_LINGER_S = 5.0
_MAX_AHEAD_BYTES = 64 * 1024
_HEAD_END = b"\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SMALL_REPLY_BYTES = 64 * 1024
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}

logger = logging.getLogger(__name__)


class Connection(asyncio.Protocol):
    """Reads one request, has it answered, writes the reply, and only then looks at the next one."""

    def __init__(
        self,
        open_connections: "set[Connection]",
        loop: asyncio.AbstractEventLoop,
        handler: CallHandler,
        other: Callable[[], asyncio.Protocol],
        max_body_bytes: int,
        budget: BodyBudget,
    ) -> None:
        self._open = open_connections
        self._loop = loop
        self._handler = handler
        self._other = other
        self._max_body_bytes = max_body_bytes
        self._budget = budget
        self._transport: asyncio.Transport | None = None
        self._ahead = bytearray()  # bytes of the next request or of a head that is not complete
        self._call: asyncio.Task[None] | None = None
        self._may_write: asyncio.Future[None] | None = None
        self._is_reading_paused = False
        self._is_last = False
        self._is_at_end = False  # of what the caller sends
        self._is_streaming = False
        self._discards = 0
        self._reset()

    def _reset(self) -> None:
        self._request: IncomingRequest | None = None
        self._deadline = time.monotonic() + _IDLE_S
        self._read_deadline = float("inf")

    # -- called by the front -------------------------------------------------------------

    def finish(self) -> None:
        """Take no further request."""
        self._is_last = True
        if self._call is None and self._request is None:
            self.abort()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def check_deadline(self, now: float) -> None:
        waits_for_caller = self._call is None or self._may_write is not None
        if waits_for_caller and now > min(self._deadline, self._read_deadline):
            self.abort()

    # -- called by the loop --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the same methods, not the base
        self._open.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        self._transport = None
        self.resume_writing()
        if self._call is None:
            self._release()
        elif self._is_streaming:
            self._call.cancel()  # the rest of the stream is for nobody

    def eof_received(self) -> bool:
        """The caller sends no more. It may still read an answer; one that leaves a stream just goes."""
        self._is_at_end = True
        return self._call is not None and not self._is_streaming

    def pause_writing(self) -> None:
        self._may_write = self._loop.create_future()
        self._deadline = time.monotonic() + _STALL_S

    def resume_writing(self) -> None:
        if self._may_write is not None and not self._may_write.done():
            self._may_write.set_result(None)
        self._may_write = None

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except BadRequest as problem:
            self._refuse(problem.status, str(problem))
        except httptools.HttpParserError as problem:
            cause = problem.__context__
            known = (
                cause if isinstance(cause, BadRequest) else BadRequest(400, f"malformed request: {problem}")
            )
            self._refuse(known.status, str(known))

    # -- reading -------------------------------------------------------------------------

    def _take(self, data: bytes) -> None:
        if self._discards:
            data = self._discard(data)
        if self._call is not None:
            self._keep_for_later(data)
        elif self._request is None:
            if self._ahead:
                data = bytes(self._ahead + data)
                self._ahead.clear()
            self._start_request(data)
        else:
            self._progress()
            self._take_body(self._request, data)

    def _discard(self, data: bytes) -> bytes:
        skipped = min(len(data), self._discards)
        self._discards -= skipped
        is_over = self._is_last and self._call is None and not self._discards
        if is_over and self._transport is not None:
            self._transport.close()
        return data[skipped:]

    def _progress(self) -> None:
        self._deadline = time.monotonic() + _STALL_S

    def _keep_for_later(self, data: bytes) -> None:
        self._ahead += data
        if (
            len(self._ahead) > _MAX_AHEAD_BYTES
            and self._transport is not None
            and not self._is_reading_paused
        ):
            self._is_reading_paused = True
            self._transport.pause_reading()

    def _start_request(self, data: bytes) -> None:
        if not data.startswith(PREFIX):
            if PREFIX.startswith(data):
                self._ahead += data
            else:
                self._hand_over(data)
            return
        end = data.find(_HEAD_END, 0, _MAX_HEAD_BYTES)
        if end < 0:
            if len(data) >= _MAX_HEAD_BYTES:
                raise BadRequest(431, "the head of the request is too long")
            self._ahead += data
            self._deadline = min(self._deadline, time.monotonic() + _HEAD_S)
            return
        end += len(_HEAD_END)
        self._request = request = IncomingRequest(self._max_body_bytes, self._budget)
        self._progress()
        self._read_deadline = time.monotonic() + _READ_S
        request.take_head(data[:end])
        if request.expects_continue and not request.is_announced_too_long and self._transport is not None:
            self._transport.write(_CONTINUE)
        self._take_body(request, data[end:])

    def _take_body(self, request: IncomingRequest, data: bytes) -> None:
        if request.is_announced_too_long:
            size_bytes = request.skip_body()
            self._discards = max(0, size_bytes - len(data))
            self._ahead += data[size_bytes:]
            self._is_last = self._is_last or request.expects_continue  # that caller does not send it
        else:
            self._ahead += request.take(data)
        if not request.is_read:
            return
        self._is_last = self._is_last or not request.keeps_connection
        self._read_deadline = float("inf")
        self._call = self._loop.create_task(self._answer(request.call()))

    def _release(self) -> None:
        if self._request is not None:
            self._request.release()

    def _hand_over(self, data: bytes) -> None:
        """The request is for the aiohttp application, and so is the connection from now on."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        self._open.discard(self)
        other = self._other()
        transport.set_protocol(other)
        other.connection_made(transport)
        other.data_received(data)

    # -- answering -----------------------------------------------------------------------

    async def _answer(self, call: Call) -> None:
        try:
            reply = await self._handler(call)
            if reply.stream is None:
                self._write(reply)
            else:
                await self._write_stream(reply, reply.stream)
            while self._may_write is not None:
                await self._may_write
        except ConnectionError:
            self.abort()
        except Exception:
            logger.exception("a reply could not be written")
            self.abort()
        finally:
            self._call = None
            self._release()
        self._next()

    def _write(self, reply: Reply) -> None:
        transport = self._transport
        if transport is None:
            return
        size = sum(map(len, reply.body))
        head = self._reply_head(reply, f"Content-Length: {size}\r\n")
        if size <= _SMALL_REPLY_BYTES:
            transport.write(b"".join((head, *reply.body)))
        else:
            transport.writelines([head, *reply.body])

    def _reply_head(self, reply: Reply, framing: str) -> bytes:
        lines = [_STATUS_LINES.get(reply.status, f"HTTP/1.1 {reply.status} Status\r\n"), framing]
        lines += [f"{name}: {value}\r\n" for name, value in reply.headers.items()]
        is_last = self._is_last or (self._is_at_end and not self._ahead)
        lines.append("Connection: close\r\n\r\n" if is_last else "\r\n")
        return "".join(lines).encode("latin-1", "replace")

    async def _write_stream(self, reply: Reply, stream: AsyncGenerator[bytes, None]) -> None:
        self._is_streaming = True
        try:
            async with aclosing(stream):
                self._send([self._reply_head(reply, "Transfer-Encoding: chunked\r\n")])
                async for part in stream:
                    self._send([b"%x\r\n" % len(part), part, b"\r\n"])
                    while self._may_write is not None:
                        await self._may_write
            self._send([b"0\r\n\r\n"])
        finally:
            self._is_streaming = False

    def _send(self, parts: Sequence[bytes]) -> None:
        if self._transport is None:
            raise ConnectionAbortedError("the caller has gone")
        self._transport.writelines(parts)

    def _refuse(self, status: int, message: str) -> None:
        """Answer what cannot be read as a request, and read no more of it."""
        if self._transport is None:
            return
        self._is_last = True
        self._ahead.clear()
        self._release()
        text = message.encode("utf-8", "replace")
        self._write(Reply(status, {"Content-Type": "text/plain"}, [text]))
        self._transport.close()
        self._transport = None

    def _next(self) -> None:
        transport = self._transport
        if transport is None:
            return
        if self._is_last:
            self._linger_and_close(transport)
            return
        self._reset()
        if self._is_reading_paused:
            self._is_reading_paused = False
            transport.resume_reading()
        if self._ahead:
            self.data_received(b"")
        if self._is_at_end and self._call is None:
            transport.close()

    def _linger_and_close(self, transport: asyncio.Transport) -> None:
        """A caller that still sends would lose the reply if the connection closed under it."""
        if not self._discards:
            transport.close()
            return
        self._loop.call_later(_LINGER_S, transport.abort)
        if transport.can_write_eof():
            transport.write_eof()
