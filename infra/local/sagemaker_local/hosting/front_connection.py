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

from sagemaker_local.hosting.calls import PREFIX, Call, CallHandler, Headers, Reply

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


class BadRequest(Exception):  # noqa: N818 - the status it becomes
    """The request is not HTTP as we take it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection(asyncio.Protocol):
    """Reads one request, has it answered, writes the reply, and only then looks at the next one."""

    def __init__(
        self,
        open_connections: "set[Connection]",
        loop: asyncio.AbstractEventLoop,
        handler: CallHandler,
        other: Callable[[], asyncio.Protocol],
        max_body_bytes: int,
    ) -> None:
        self._open = open_connections
        self._loop = loop
        self._handler = handler
        self._other = other
        self._max_body_bytes = max_body_bytes
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
        self._parser: httptools.HttpRequestParser | None = None
        self._url = b""
        self._headers = Headers()
        self._body: list[bytes] = []
        self._size_bytes = 0
        self._missing_bytes = 0  # of a body of known length
        self._is_chunked = False
        self._has_head = False
        self._is_read = False
        self._deadline = time.monotonic() + _IDLE_S
        self._read_deadline = float("inf")

    # -- called by the front -------------------------------------------------------------

    def finish(self) -> None:
        """Take no further request."""
        self._is_last = True
        if self._call is None and self._parser is None:
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
        if self._call is not None and self._is_streaming:
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
        elif self._parser is None:
            if self._ahead:
                data = bytes(self._ahead + data)
                self._ahead.clear()
            self._start_request(data)
        elif self._is_chunked:
            self._progress()
            self._parser.feed_data(data)
            self._answer_if_read()
        else:
            self._progress()
            self._take_body(data)
            self._answer_if_read()

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
        self._parser = httptools.HttpRequestParser(self)
        self._progress()
        self._read_deadline = time.monotonic() + _READ_S
        self._parser.feed_data(data[:end])
        if not self._is_chunked:
            self._take_body(data[end:])
        elif end < len(data):
            self._parser.feed_data(data[end:])
        self._answer_if_read()

    def _take_body(self, data: bytes) -> None:
        if len(data) > self._missing_bytes:
            self._ahead += data[self._missing_bytes :]
            data = data[: self._missing_bytes]
        if data:
            self._missing_bytes -= len(data)
            self._size_bytes += len(data)
            self._body.append(data)
        self._is_read = not self._missing_bytes

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

    # -- called by the parser ------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        if self._is_read:
            self._is_last = True  # sent on the heels of a chunked body; the caller must ask again
        else:
            self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:
            self._headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        if self._has_head:
            return
        self._has_head = True
        headers = self._headers
        self._is_chunked = "transfer-encoding" in headers
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise BadRequest(400, "Content-Length is not a number")
        self._missing_bytes = 0 if self._is_chunked else int(length)
        expects = headers.get("expect", "").lower() == "100-continue"
        if expects and self._missing_bytes <= self._max_body_bytes and self._transport is not None:
            self._transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        if self._is_read:
            return
        self._size_bytes += len(part)
        if self._size_bytes <= self._max_body_bytes:
            self._body.append(part)
        else:  # the handler refuses it by its size
            self._body.clear()

    def on_message_complete(self) -> None:
        if self._is_chunked:
            self._is_read = True

    # -- answering -----------------------------------------------------------------------

    def _answer_if_read(self) -> None:
        parser = self._parser
        if parser is None:
            return
        too_long = not self._is_chunked and self._missing_bytes + self._size_bytes > self._max_body_bytes
        if too_long:
            self._discards, self._missing_bytes = self._missing_bytes, 0
            self._size_bytes += self._discards
            self._body.clear()
            self._is_read = True
        if not self._is_read:
            return
        if not parser.should_keep_alive() or (too_long and "expect" in self._headers):
            self._is_last = True
        self._read_deadline = float("inf")
        self._call = self._loop.create_task(self._answer(self._made_call()))

    def _made_call(self) -> Call:
        target = self._url.decode("latin-1")
        path = target.partition("?")[0].split("/")
        endpoint, operation = (path[2], path[3]) if len(path) == 4 else ("", "/".join(path[2:]))
        return Call(endpoint, operation, self._headers, self._body, self._size_bytes, target)

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
