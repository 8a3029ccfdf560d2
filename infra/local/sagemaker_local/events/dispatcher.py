"""Empties the event outbox into EventBridge: at least once, in order per resource."""

import asyncio
import logging
import time
from typing import Protocol

from sagemaker_local.cancellation import uninterrupted
from sagemaker_local.state import outbox
from sagemaker_local.state.database import Database
from sagemaker_local.state.outbox import OutboxEvent

_BATCH = 10
_POLL_S = 5.0
#: A call takes ten events; so long after the first one, others may still join it.
_GATHER_S = 0.03
_MAX_BACKOFF_S = 10.0
_KEEP_SENT_S = 24 * 3600
_PURGE_EVERY_S = 3600

logger = logging.getLogger(__name__)


class BusUnavailable(Exception):  # noqa: N818 - a state that passes
    """The event bus cannot be reached now."""


class EventsRefused(Exception):  # noqa: N818 - a state that passes
    """The bus answers, but did not take all events now."""


class EventBus(Protocol):
    """Port: returns the ids of the events the bus took. Raises BusUnavailable."""

    def put(self, events: list[OutboxEvent]) -> list[int]: ...


class EventDispatcher:
    def __init__(self, database: Database, bus: EventBus) -> None:
        self._database = database
        self._bus = bus
        self._wake = asyncio.Event()
        self._purged_at = 0.0
        database.on_commit(self._wake.set)

    async def run(self) -> None:
        backoff_s = 0.0
        while True:
            self._wake.clear()
            more = False
            try:
                more = await self._send_batch()
                backoff_s = 0.0
            except EventsRefused as error:
                backoff_s = 1.0
                logger.warning("events wait %.1f s: %s", backoff_s, error)
            except BusUnavailable as error:
                backoff_s = min(max(0.5, backoff_s * 2), _MAX_BACKOFF_S)
                logger.warning("event delivery waits %.1f s: %s", backoff_s, error)
            if backoff_s:
                await asyncio.sleep(backoff_s)
                continue
            await self._purge()
            if not more:
                await self._rest()
                await asyncio.sleep(_GATHER_S)

    async def _send_batch(self) -> bool:
        """Return whether more may be waiting."""
        events = await self._database.read(lambda connection: outbox.next_batch(connection, _BATCH))
        if not events:
            return False
        await uninterrupted(self._deliver(events))  # what the bus has taken must not be sent again
        return True

    async def _deliver(self, events: list[OutboxEvent]) -> None:
        taken = await asyncio.to_thread(self._bus.put, events)
        if taken:
            await self._database.run(lambda connection: outbox.mark_sent(connection, taken, time.time()))
        if len(taken) < len(events):
            raise EventsRefused(f"the bus took {len(taken)} of {len(events)}")

    async def _rest(self) -> None:
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the wake-up.
        try:
            async with asyncio.timeout(_POLL_S):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _purge(self) -> None:
        if time.monotonic() - self._purged_at > _PURGE_EVERY_S:
            before = time.time() - _KEEP_SENT_S
            await self._database.run(lambda connection: outbox.purge_sent_before(connection, before))
            self._purged_at = time.monotonic()
