"""Delivers the log files of all processes to CloudWatch Logs: in order, once, resumable."""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sagemaker_local.logs.frames import Frame, read_frames
from sagemaker_local.state import cursors, processes
from sagemaker_local.state.cursors import LogCursor
from sagemaker_local.state.database import Database

_POLL_S = 0.4
_READ_BYTES = 900_000
_MAX_EVENTS = 10_000
_MAX_BATCH_BYTES = 1_000_000
_EVENT_OVERHEAD_BYTES = 26
_MAX_BACKOFF_S = 15.0

logger = logging.getLogger(__name__)


class LogServiceUnavailable(Exception):  # noqa: N818 - a state that passes
    """The log service cannot be reached or refuses now; whether the batch arrived is not known."""


@dataclass(frozen=True)
class LogEvent:
    at_ms: int
    message: str


class LogStreams(Protocol):
    """Port to CloudWatch Logs. Raises LogServiceUnavailable; put creates what is missing."""

    def put(self, group: str, stream: str, events: list[LogEvent]) -> None: ...
    def last(self, group: str, stream: str) -> LogEvent | None: ...


class LogShipper:
    """The local file is the source; the cursor says how far the service has it.

    Before a batch is sent its end is stored as in flight. When the answer is not known
    afterwards (a crash, a broken connection), the last event of the stream tells whether
    the batch arrived, so no line is lost or doubled.
    """

    def __init__(self, database: Database, streams: LogStreams, runs_dir: Path) -> None:
        self._database = database
        self._streams = streams
        self._runs_dir = runs_dir
        self._pass = asyncio.Lock()
        self._backoff_s = 0.0

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
        async with self._pass:
            for cursor in await self._database.read(cursors.open_logs):
                while await self._ship(cursor):
                    found = await self._cursor(cursor.process_id)
                    if found is None or found.closed:
                        break
                    cursor = found

    async def finish(self, process_ids: list[str], timeout_s: float) -> bool:
        """Deliver what is left of ended processes; False when the service did not take it in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                await self.ship_all()
            except LogServiceUnavailable:
                await asyncio.sleep(0.5)
                continue
            found = [await self._cursor(one) for one in process_ids]
            if all(cursor is None or cursor.closed for cursor in found):
                return True
            await asyncio.sleep(0.05)
        return False

    async def _cursor(self, process_id: str) -> LogCursor | None:
        return await self._database.read(lambda connection: cursors.log_of(connection, process_id))

    async def _ship(self, cursor: LogCursor) -> bool:
        """Send one batch; False when there is nothing more for now."""
        log = self._runs_dir / cursor.process_id / "log"
        if cursor.in_flight_offset is not None:
            await self._settle(cursor, log, cursor.in_flight_offset)
            return True
        process = await self._database.read(lambda c: processes.get(c, cursor.process_id))
        has_ended = process is None or process.state == "ended"
        frames, _ = await asyncio.to_thread(read_frames, log, cursor.sent_offset, _READ_BYTES)
        batch = _cut(frames)
        if not batch:
            if has_ended:
                await self._database.run(lambda c: cursors.close_log(c, cursor.process_id))
            return False
        end = batch[-1].end_offset
        await self._database.run(lambda c: cursors.log_in_flight(c, cursor.process_id, end))
        await asyncio.to_thread(self._streams.put, cursor.group_name, cursor.stream_name, _events(batch))
        await self._database.run(lambda c: cursors.log_sent(c, cursor.process_id, end))
        return True

    async def _settle(self, cursor: LogCursor, log: Path, end: int) -> None:
        """Find out whether the batch in flight arrived; if not, it will be sent again."""
        frames, _ = await asyncio.to_thread(read_frames, log, cursor.sent_offset, end - cursor.sent_offset)
        wanted = _events([frame for frame in frames if frame.end_offset <= end])
        last = await asyncio.to_thread(self._streams.last, cursor.group_name, cursor.stream_name)
        arrived = not wanted or last == max(wanted, key=lambda event: event.at_ms) or last == wanted[-1]
        offset = end if arrived else cursor.sent_offset
        await self._database.run(lambda c: cursors.log_sent(c, cursor.process_id, offset))


def _cut(frames: list[Frame]) -> list[Frame]:
    """The longest start of ``frames`` that one call takes."""
    size = 0
    batch: list[Frame] = []
    for frame in frames[:_MAX_EVENTS]:
        size += len(frame.text.encode()) + _EVENT_OVERHEAD_BYTES
        if batch and size > _MAX_BATCH_BYTES:
            break
        batch.append(frame)
    return batch


def _events(frames: list[Frame]) -> list[LogEvent]:
    """In time order, as the service wants them; it takes no empty message."""
    events = [LogEvent(frame.at_ms, frame.text or " ") for frame in frames]
    return sorted(events, key=lambda event: event.at_ms)
