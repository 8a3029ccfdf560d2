"""One client: its requests are answered in their order, each when the one before it is."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from openbml_kit.http_server.exchange import Exchange, Reply, written_head
from openbml_kit.http_server.limits import HttpLimits
from openbml_kit.http_server.request_reader import BodyBudget, Progress, Refusal, RequestReader

Handler = Callable[[Exchange], None]

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_TEXT = b"text/plain; charset=utf-8"
# A larger answer is not copied behind its head.
_SMALL_REPLY_BYTES = 64 * 1024
_NEVER = float("inf")

_log = logging.getLogger("openbml_kit.http_server")


class Host(Protocol):
    """What a connection knows of its server.

    Attributes:
        now: seconds, a moment ago; deadlines are no more exact than that.
    """

    now: float
    limits: HttpLimits
    budget: BodyBudget
    handler: Handler

    def opened(self, connection: "Connection") -> bool:
        """Count a connection; False where there are too many."""
        ...

    def closed(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    __slots__ = (
        "_current",
        "_deadline",
        "_host",
        "_is_at_end",
        "_is_going_on",
        "_is_last",
        "_is_lingering",
        "_is_reading_paused",
        "_is_write_paused",
        "_reader",
        "_transport",
        "_waiting",
    )

    def __init__(self, host: Host) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self._reader = RequestReader(self, host.limits, host.budget)
        self._current: Exchange | None = None
        self._waiting: deque[Exchange | Refusal] = deque()
        self._deadline = _NEVER
        self._is_last = False  # no request is taken after those that were
        self._is_at_end = False  # of what the client sends
        self._is_lingering = False
        self._is_going_on = False
        self._is_reading_paused = False
        self._is_write_paused = False

    # -- called by the server ------------------------------------------------------------

    def finish(self) -> None:
        """Answer what was begun and take no further request."""
        self._is_last = True
        if self._is_idle and self._reader.progress is Progress.BETWEEN and self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def check_deadline(self, now: float) -> None:
        if now > self._deadline:
            self.abort()

    # -- called by the loop --------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has the same methods, not the base
        if self._host.opened(self):
            self._deadline = self._host.now + self._host.limits.idle_timeout_s
        else:
            self._is_at_end = True  # it must not stay for what it may be sending
            self._refuse(Refusal(503, "too many connections"))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._reader.release()
        if self._current is not None:
            self._abandon(self._current)
        self._drop_waiting()
        self._host.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._is_lingering or (self._is_last and self._reader.progress is Progress.BETWEEN):
            return
        before = self._reader.progress
        try:
            self._reader.take(data)
        except Refusal as refusal:
            self._is_last = True
            self._reader.give_up()
            if refusal.status:
                self._waiting.append(refusal)
        if not self._is_idle:
            self._go_on()
        elif (progress := self._reader.progress) is not before:
            self._deadline = self._host.now + self._time_for(progress)

    def eof_received(self) -> bool:
        """The client sends no more; it may still read an answer."""
        self._is_at_end = True
        self._is_last = True
        if self._current is not None:
            self._current.may_be_gone = True
        return not self._is_idle and not self._is_lingering

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self._deadline = self._host.now + self._host.limits.write_timeout_s

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self._current is None and not self._is_lingering:
            self._deadline = self._host.now + self._time_for(self._reader.progress)
            self._go_on()

    # -- called by the reader ------------------------------------------------------------

    def continue_wanted(self) -> None:
        if self._is_idle and self._transport is not None:
            self._transport.write(_CONTINUE)

    def request_read(self, reader: RequestReader) -> None:
        keeps_alive = reader.keeps_alive and not reader.is_body_unread
        self._waiting.append(
            Exchange(
                self,
                reader.method,
                reader.path,
                reader.headers,
                body=reader.body,
                body_state=reader.body_state,
                held_bytes=reader.held_bytes,
                keeps_alive=keeps_alive,
                says_keep_alive=keeps_alive and reader.is_of_http_1_0,
            )
        )
        reader.held_bytes = 0
        if not keeps_alive:
            self._is_last = True

    # -- answering -----------------------------------------------------------------------

    @property
    def _is_idle(self) -> bool:
        return self._current is None and not self._waiting

    def _time_for(self, progress: Progress) -> float:
        limits = self._host.limits
        if progress is Progress.HEAD:
            return limits.head_timeout_s
        return limits.body_timeout_s if progress is Progress.BODY else limits.idle_timeout_s

    def _go_on(self) -> None:
        """Have the next requests answered: one, or several as long as they are answered at once."""
        if self._is_going_on:
            return
        self._is_going_on = True
        try:
            while self._waiting and self._current is None and not self._is_write_paused:
                self._have_answered(self._waiting.popleft())
        finally:
            self._is_going_on = False
        self._read_or_wait()

    def _have_answered(self, first: Exchange | Refusal) -> None:
        if isinstance(first, Refusal):
            self._refuse(first)
            return
        self._current = first
        self._deadline = _NEVER
        try:
            self._host.handler(first)
        except Exception:  # noqa: BLE001 - one request's failure ends no server
            _log.exception("the handler failed")
            first.answer(Reply(500, closing=True))

    def _read_or_wait(self) -> None:
        """Who sends the next request before the answer has it read once the answer is there."""
        must_wait = bool(self._waiting)
        if must_wait is self._is_reading_paused or self._transport is None or self._transport.is_closing():
            return
        self._is_reading_paused = must_wait
        if must_wait:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def write_reply(self, exchange: Exchange, reply: Reply) -> None:
        self._give_back(exchange)
        transport = self._transport
        if transport is None:
            return
        if reply.closing:
            self._is_last = True
            self._drop_waiting()
        is_last = not exchange.keeps_alive or (self._is_last and not self._waiting)
        head = written_head(reply, keeps_alive=not is_last, says_keep_alive=exchange.says_keep_alive)
        if exchange.method == b"HEAD":
            transport.write(head)
        elif len(reply.body) <= _SMALL_REPLY_BYTES:
            transport.write(head + reply.body)
        else:
            transport.writelines([head, reply.body])
        self._current = None
        if is_last:
            self._end(transport)
            return
        if not self._is_write_paused:
            self._deadline = self._host.now + self._time_for(self._reader.progress)
        if self._waiting or self._is_reading_paused:
            self._go_on()

    def _drop_waiting(self) -> None:
        for waiting in self._waiting:
            if isinstance(waiting, Exchange):
                self._abandon(waiting)
        self._waiting.clear()

    def _abandon(self, exchange: Exchange) -> None:
        exchange.is_abandoned = True
        self._give_back(exchange)

    def _give_back(self, exchange: Exchange) -> None:
        self._host.budget.give_back(exchange.held_bytes)
        exchange.held_bytes = 0

    def _refuse(self, refusal: Refusal) -> None:
        if self._transport is None:
            return
        reply = Reply(refusal.status, f"{refusal}\n".encode(), _TEXT)
        self._transport.write(written_head(reply, keeps_alive=False, says_keep_alive=False) + reply.body)
        self._is_last = True
        self._reader.is_body_unread = True
        self._drop_waiting()
        self._end(self._transport)

    def _end(self, transport: asyncio.Transport) -> None:
        """Close, but not under the answer of a client that still sends: it would not read it."""
        if not self._reader.is_body_unread or self._is_at_end:
            self._deadline = self._host.now + self._host.limits.write_timeout_s
            transport.close()
            return
        self._is_lingering = True
        self._deadline = self._host.now + self._host.limits.linger_s
        self._read_or_wait()
        transport.write_eof()
