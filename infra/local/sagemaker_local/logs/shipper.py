"""Delivers the log files of all processes to CloudWatch Logs: in order, once, resumable."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Protocol

from sagemaker_local.logs.frames import Frame, read_frames
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.state import cursors
from sagemaker_local.state.cursors import LogCursor, OpenLog
from sagemaker_local.state.database import Database

_POLL_S = 0.4
_READ_BYTES = 900_000
_MAX_EVENTS = 10_000
_MAX_BATCH_BYTES = 1_000_000
_EVENT_OVERHEAD_BYTES = 26
_MAX_BACKOFF_S = 15.0
_STREAMS_AT_ONCE = 4

logger = logging.getLogger(__name__)


class LogServiceUnavailable(Exception):  # noqa: N818 - a state that passes
    """The log service cannot be reached or refuses now; whether the batch arrived is not known."""


class LogEvent(NamedTuple):
    at_ms: int
    message: str


class LogStreams(Protocol):
    """Port to CloudWatch Logs; no scope means the engine's own. ``put`` creates what is missing.

    Both raise LogServiceUnavailable.
    """

    def put(self, scope: Scope | None, group: str, stream: str, events: list[LogEvent]) -> None: ...
    def last(self, scope: Scope | None, group: str, stream: str) -> LogEvent | None: ...


class LogShipper:
    """The local file is the source; the cursor says how far the service has it.

    Before a batch is sent its end is stored as in flight. When the answer is not known
    afterwards (a crash, a broken connection), the last event of the stream tells whether
    the batch arrived, so no line is lost or doubled. Streams are delivered side by side,
    each in order; only those whose file has grown are looked at.
    """

    def __init__(self, database: Database, streams: LogStreams, runs_dir: Path) -> None:
        self._database = database
        self._streams = streams
        self._runs_dir = runs_dir
        self._at_once = asyncio.Semaphore(_STREAMS_AT_ONCE)
        self._locks: dict[str, asyncio.Lock] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._backoff_s = 0.0

    @property
    def is_available(self) -> bool:
        """Whether the service took the last thing it was sent."""
        return self._backoff_s == 0

    async def run(self) -> None:
        while True:
            try:
                await self.ship_all()
                self._backoff_s = 0.0
            except LogServiceUnavailable as error:
                self._backoff_s = min(max(1.0, self._backoff_s * 2), _MAX_BACKOFF_S)
                logger.warning("log delivery waits %.0f s: %s", self._backoff_s, error)
            await asyncio.sleep(max(_POLL_S, self._backoff_s))

    async def ship_all(self) -> None:
        logs = await self._database.read(cursors.open_logs)
        grown = await asyncio.to_thread(self._grown, logs)
        outcomes = await asyncio.gather(
            *(self._ship(one.cursor.process_id, has_ended=one.has_ended) for one in grown),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def finish(self, process_ids: list[str], timeout_s: float) -> bool:
        """Deliver what is left of ended processes; False when the service does not take it now.

        What is left then is delivered later; nobody has to wait for a service that is away.
        """
        if not self.is_available:
            return False
        tasks = {asyncio.create_task(self._ship(one, has_ended=True)) for one in process_ids}
        if not tasks:
            return True
        done, late = await asyncio.wait(tasks, timeout=timeout_s)
        self._late |= late  # a call under way is not given up: whether it arrived would not be known
        for task in late:
            task.add_done_callback(self._forget_late)
        for task in done:
            error = task.exception()
            if error is not None and not isinstance(error, LogServiceUnavailable):
                raise error
        return not late and all(task.exception() is None for task in done)

    def _forget_late(self, task: "asyncio.Task[None]") -> None:
        self._late.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.warning("log delivery: %s", task.exception())

    def _grown(self, logs: list[OpenLog]) -> list[OpenLog]:
        """Those that have something to send, to settle or to close."""
        found = []
        for one in logs:
            if one.has_ended or one.cursor.in_flight_offset is not None:
                found.append(one)
                continue
            try:
                size = self._file(one.cursor.process_id).stat().st_size
            except FileNotFoundError:
                continue
            if size > one.cursor.sent_offset:
                found.append(one)
        return found

    def _file(self, process_id: str) -> Path:
        return self._runs_dir / process_id / "log"

    async def _ship(self, process_id: str, *, has_ended: bool) -> None:
        """Send all there is of one stream, and close its cursor when no more can come."""
        lock = self._locks.setdefault(process_id, asyncio.Lock())
        async with lock, self._at_once:
            cursor = await self._database.read(lambda connection: cursors.log_of(connection, process_id))
            while cursor is not None and not cursor.closed:
                if cursor.in_flight_offset is not None:
                    cursor = await self._settle(cursor, cursor.in_flight_offset)
                    continue
                frames, end = await asyncio.to_thread(
                    read_frames, self._file(process_id), cursor.sent_offset, _READ_BYTES
                )
                batch = _cut(frames)
                if not batch and end == cursor.sent_offset:
                    break
                cursor = await self._send(cursor, batch, batch[-1].end_offset if batch else end)
        if has_ended:
            if cursor is not None and not cursor.closed:
                await self._database.run(lambda connection: cursors.close_log(connection, process_id))
            self._locks.pop(process_id, None)

    async def _send(self, cursor: LogCursor, batch: list[Frame], end: int) -> LogCursor:
        if batch:
            await self._database.run(lambda c: cursors.log_in_flight(c, cursor.process_id, end))
            await asyncio.to_thread(
                self._streams.put, cursor.scope, cursor.group_name, cursor.stream_name, _events(batch)
            )
        return await self._sent(cursor, end)

    async def _settle(self, cursor: LogCursor, end: int) -> LogCursor:
        """Find out whether the batch in flight arrived, from the last event the service has."""
        frames, _ = await asyncio.to_thread(
            read_frames, self._file(cursor.process_id), cursor.sent_offset, end - cursor.sent_offset
        )
        wanted = _events([frame for frame in frames if frame.end_offset <= end])
        last = await asyncio.to_thread(
            self._streams.last, cursor.scope, cursor.group_name, cursor.stream_name
        )
        arrived = not wanted or last == max(wanted, key=lambda event: event.at_ms) or last == wanted[-1]
        return await self._sent(cursor, end if arrived else cursor.sent_offset)

    async def _sent(self, cursor: LogCursor, offset: int) -> LogCursor:
        await self._database.run(lambda c: cursors.log_sent(c, cursor.process_id, offset))
        return replace(cursor, sent_offset=offset, in_flight_offset=None)


def _cut(frames: list[Frame]) -> list[Frame]:
    """The longest start of ``frames`` that one call takes."""
    size = 0
    for number, frame in enumerate(frames[:_MAX_EVENTS]):
        text = frame.text
        size += (len(text) if text.isascii() else len(text.encode())) + _EVENT_OVERHEAD_BYTES
        if number and size > _MAX_BATCH_BYTES:
            return frames[:number]
    return frames[:_MAX_EVENTS]


def _events(frames: list[Frame]) -> list[LogEvent]:
    """In time order, as the service wants them; it takes no empty message."""
    events = [LogEvent(frame.at_ms, frame.text or " ") for frame in frames]
    return sorted(events, key=lambda event: event.at_ms)
